import { fromHalves, toHalves } from "../../src/core/half.ts";
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm, type Dtype, type ForwardResult, type Gpu, type Tensor } from "../../src/index.ts";
import {
  batchNormForward,
  groupNormForward,
  instanceNormForward,
  layerNormForward,
  rmsNormForward,
  type NdArray,
  type NormForward,
} from "../../src/reference/index.ts";
import { normal } from "../data.ts";
import type { ForwardCase } from "./forward-cases.ts";

type Name = "gamma" | "beta" | "residual" | "residualBias";

/** Storage types of a case's tensors: f32 where nothing is said. `fixed`: of the mean and variance that are given. */
export type CaseDtypes = Readonly<Partial<Record<"x" | "y" | "fixed" | Name, Dtype>>>;

/** Data of a case: x about 1.5, gamma about 1 and wide enough for activations to bend. */
function arraysOf(testCase: ForwardCase, dtypes: CaseDtypes): { x: NdArray; parameters: Partial<Record<Name, NdArray>> } {
  const make = (shape: readonly number[], seed: number, mean: number, std: number, dtype?: Dtype): NdArray => {
    const count = shape.reduce((a, b) => a * b, 1);
    return { data: stored(normal(count, seed, mean, std), dtype), shape };
  };
  const { gamma, beta, residual, residualBias } = testCase;
  return {
    x: make(testCase.shape, 1, 1.5, 2, dtypes.x),
    parameters: {
      ...(gamma && { gamma: make(gamma, 2, 1, 0.5, dtypes.gamma) }),
      ...(beta && { beta: make(beta, 3, 0, 1, dtypes.beta) }),
      ...(residual && { residual: make(residual, 4, 0, 1, dtypes.residual) }),
      ...(residualBias && { residualBias: make(residualBias, 5, 0, 1, dtypes.residualBias) }),
    },
  };
}

/** The values as a tensor of this type holds them. */
function stored(values: Float32Array, dtype: Dtype = "f32"): Float32Array {
  return dtype === "f16" ? fromHalves(toHalves(values)) : values;
}

/** Mean and variance for eval mode: one value a channel. */
function fixedStatistics(testCase: ForwardCase, dtype?: Dtype): { mean: Float32Array; variance: Float32Array } {
  const { channelAxis, layout } = testCase.options ?? {};
  const axes = channelAxis === undefined ? [layout === "nhwc" ? testCase.shape.length - 1 : 1] : [channelAxis].flat();
  const count = axes.reduce((product, axis) => product * testCase.shape[axis]!, 1);
  return { mean: stored(normal(count, 8, 1, 1), dtype), variance: stored(normal(count, 9, 4, 0.3), dtype) };
}

/** The reference of the values as they are stored. */
export function expectedOf(testCase: ForwardCase, dtypes: CaseDtypes = {}): NormForward {
  const { x, parameters } = arraysOf(testCase, dtypes);
  const { training = true, groups = 1, ...options } = testCase.options ?? {};
  const args = { ...options, ...parameters };
  if (testCase.layer === "layer") return layerNormForward(x, args);
  if (testCase.layer === "rms") return rmsNormForward(x, args);
  if (testCase.layer === "group") return groupNormForward(x, { ...args, groups });
  if (testCase.layer === "instance") return instanceNormForward(x, args);
  return batchNormForward(x, { ...args, training, ...(!training && fixedStatistics(testCase, dtypes.fixed)) });
}

/** The case through the public API. */
export function runCase(gpu: Gpu, testCase: ForwardCase, dtypes: CaseDtypes = {}, out: ForwardResult | undefined = undefined): ForwardResult {
  const { x, parameters } = arraysOf(testCase, dtypes);
  const { training = true, groups = 1, ...options } = testCase.options ?? {};
  const tensors = Object.fromEntries(
    Object.entries(parameters).map(([name, { data, shape }]) => [name, gpu.tensor(data, shape, { dtype: dtypes[name as Name] })]),
  ) as Partial<Record<Name, Tensor>>;
  const args = { ...options, ...tensors, dtype: dtypes.y, out };
  const input = gpu.tensor(x.data, x.shape, { dtype: dtypes.x });
  if (testCase.layer === "layer") return layerNorm(gpu, input, args);
  if (testCase.layer === "rms") return rmsNorm(gpu, input, args);
  if (testCase.layer === "group") return groupNorm(gpu, input, { ...args, groups });
  if (testCase.layer === "instance") return instanceNorm(gpu, input, args);
  const fixed = fixedStatistics(testCase, dtypes.fixed);
  const given = (values: Float32Array): Tensor => gpu.tensor(values, [values.length], { dtype: dtypes.fixed });
  return batchNorm(gpu, input, { ...args, training, ...(!training && { mean: given(fixed.mean), variance: given(fixed.variance) }) });
}
