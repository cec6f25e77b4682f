import {
  batchNorm,
  batchNormBackward,
  groupNorm,
  groupNormBackward,
  instanceNorm,
  instanceNormBackward,
  layerNorm,
  layerNormBackward,
  rmsNorm,
  rmsNormBackward,
  type BackwardOptions,
  type BackwardResult,
  type Dtype,
  type Gpu,
  type Tensor,
} from "../../src/index.ts";
import {
  batchNormBackward as batchNormGradients,
  groupNormBackward as groupNormGradients,
  instanceNormBackward as instanceNormGradients,
  layerNormBackward as layerNormGradients,
  rmsNormBackward as rmsNormGradients,
  type NdArray,
} from "../../src/reference/index.ts";
import { normal } from "../data.ts";
import type { ForwardCase } from "./forward-cases.ts";

type Name = "gamma" | "beta" | "residual" | "residualBias";

/** Inputs of a forward and a backward call. */
export interface Arrays {
  readonly x: NdArray;
  readonly dy: NdArray;
  readonly parameters: Readonly<Partial<Record<Name, NdArray>>>;
}

/** Values of this shape, normally distributed. */
export function array(shape: readonly number[], seed: number, mean = 0, std = 1): NdArray {
  const count = shape.reduce((a, b) => a * b, 1);
  return { data: normal(count, seed, mean, std), shape };
}

/** Data of a case: x about 1.5, gamma about 1 and wide enough for activations to bend, dy about 0.3. */
export function arraysOf(testCase: ForwardCase): Arrays {
  const { gamma, beta, residual, residualBias } = testCase;
  return {
    x: array(testCase.shape, 1, 1.5, 2),
    dy: array(testCase.shape, 6, 0.3, 1),
    parameters: {
      ...(gamma && { gamma: array(gamma, 2, 1, 0.5) }),
      ...(beta && { beta: array(beta, 3) }),
      ...(residual && { residual: array(residual, 4) }),
      ...(residualBias && { residualBias: array(residualBias, 5) }),
    },
  };
}

/** Mean and variance for eval mode: one value a channel. */
function fixedStatistics(testCase: ForwardCase): { mean: Float32Array; variance: Float32Array } {
  const { channelAxis, layout } = testCase.options ?? {};
  const axes = channelAxis === undefined ? [layout === "nhwc" ? testCase.shape.length - 1 : 1] : [channelAxis].flat();
  const count = axes.reduce((product, axis) => product * testCase.shape[axis]!, 1);
  return { mean: normal(count, 8, 1, 1), variance: normal(count, 9, 4, 0.3) };
}

type Gradients = Partial<Record<keyof BackwardResult, ArrayLike<number>>>;

/** The float64 gradients of a case, flat. */
export function expectedGradients(testCase: ForwardCase, { x, dy, parameters }: Arrays): Gradients {
  const { training = true, groups = 1, ...options } = testCase.options ?? {};
  const args = { ...options, ...parameters };
  const gradients = ((): ReturnType<typeof layerNormGradients> => {
    if (testCase.layer === "layer") return layerNormGradients(dy, x, args);
    if (testCase.layer === "rms") return rmsNormGradients(dy, x, args);
    if (testCase.layer === "group") return groupNormGradients(dy, x, { ...args, groups });
    if (testCase.layer === "instance") return instanceNormGradients(dy, x, args);
    return batchNormGradients(dy, x, { ...args, training, ...(!training && fixedStatistics(testCase)) });
  })();
  return Object.fromEntries(Object.entries(gradients).map(([name, value]) => [name, "data" in value ? value.data : value]));
}

/** Forward and backward of a case on the GPU; x and dy are stored as `dtype`. */
export function backwardOnGpu(gpu: Gpu, testCase: ForwardCase, arrays: Arrays, more: BackwardOptions = {}, dtype: Dtype = "f32"): BackwardResult {
  const { training = true, groups = 1, ...options } = testCase.options ?? {};
  const tensors = Object.fromEntries(Object.entries(arrays.parameters).map(([name, { data, shape }]) => [name, gpu.tensor(data, shape)])) as Partial<
    Record<Name, Tensor>
  >;
  const x = gpu.tensor(arrays.x.data, arrays.x.shape, { dtype });
  const dy = gpu.tensor(arrays.dy.data, arrays.dy.shape, { dtype });
  const args = { ...options, ...tensors };
  const { gamma, beta } = tensors;
  const again = { ...options, ...more, gamma, beta };
  if (testCase.layer === "layer") return layerNormBackward(gpu, dy, layerNorm(gpu, x, args).saved!, again);
  if (testCase.layer === "rms") return rmsNormBackward(gpu, dy, rmsNorm(gpu, x, args).saved!, again);
  if (testCase.layer === "group") return groupNormBackward(gpu, dy, groupNorm(gpu, x, { ...args, groups }).saved!, { ...again, groups });
  if (testCase.layer === "instance") return instanceNormBackward(gpu, dy, instanceNorm(gpu, x, args).saved!, again);
  const fixed = fixedStatistics(testCase);
  const { saved } = batchNorm(gpu, x, { ...args, training, ...(!training && { mean: gpu.tensor(fixed.mean), variance: gpu.tensor(fixed.variance) }) });
  return batchNormBackward(gpu, dy, saved!, again);
}
