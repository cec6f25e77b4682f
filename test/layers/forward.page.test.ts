import { describe } from "vitest";
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm, type ForwardResult, type Gpu, type Tensor } from "../../src/index.ts";
import {
  batchNormForward,
  groupNormForward,
  instanceNormForward,
  layerNormForward,
  rmsNormForward,
  type NdArray,
  type NormForward,
} from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { FORWARD_CASES, type ForwardCase } from "./forward-cases.ts";

type Name = "gamma" | "beta" | "residual" | "residualBias";

/** Data of a case: x about 1.5, gamma about 1 and wide enough for activations to bend. */
function arraysOf(testCase: ForwardCase): { x: NdArray; parameters: Partial<Record<Name, NdArray>> } {
  const make = (shape: readonly number[], seed: number, mean: number, std: number): NdArray => ({
    data: normal(
      shape.reduce((a, b) => a * b, 1),
      seed,
      mean,
      std,
    ),
    shape,
  });
  const { gamma, beta, residual, residualBias } = testCase;
  return {
    x: make(testCase.shape, 1, 1.5, 2),
    parameters: {
      ...(gamma && { gamma: make(gamma, 2, 1, 0.5) }),
      ...(beta && { beta: make(beta, 3, 0, 1) }),
      ...(residual && { residual: make(residual, 4, 0, 1) }),
      ...(residualBias && { residualBias: make(residualBias, 5, 0, 1) }),
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

function expected(testCase: ForwardCase): NormForward {
  const { x, parameters } = arraysOf(testCase);
  const { training = true, groups = 1, ...options } = testCase.options ?? {};
  const args = { ...options, ...parameters };
  if (testCase.layer === "layer") return layerNormForward(x, args);
  if (testCase.layer === "rms") return rmsNormForward(x, args);
  if (testCase.layer === "group") return groupNormForward(x, { ...args, groups });
  if (testCase.layer === "instance") return instanceNormForward(x, args);
  return batchNormForward(x, { ...args, training, ...(!training && fixedStatistics(testCase)) });
}

function onGpu(gpu: Gpu, testCase: ForwardCase): ForwardResult {
  const { x, parameters } = arraysOf(testCase);
  const { training = true, groups = 1, ...options } = testCase.options ?? {};
  const tensors = Object.fromEntries(Object.entries(parameters).map(([name, { data, shape }]) => [name, gpu.tensor(data, shape)])) as Partial<
    Record<Name, Tensor>
  >;
  const args = { ...options, ...tensors };
  const input = gpu.tensor(x.data, x.shape);
  if (testCase.layer === "layer") return layerNorm(gpu, input, args);
  if (testCase.layer === "rms") return rmsNorm(gpu, input, args);
  if (testCase.layer === "group") return groupNorm(gpu, input, { ...args, groups });
  if (testCase.layer === "instance") return instanceNorm(gpu, input, args);
  const fixed = fixedStatistics(testCase);
  return batchNorm(gpu, input, { ...args, training, ...(!training && { mean: gpu.tensor(fixed.mean), variance: gpu.tensor(fixed.variance) }) });
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const testCase of FORWARD_CASES) {
    gpuTest(
      `${testCase.layer} [${testCase.shape.join(", ")}]: ${testCase.why}`,
      async ({ gpu }) => {
        const { y, sum, saved } = onGpu(gpu, testCase);
        const wanted = expected(testCase);
        expectWithin(await y.read(), wanted.y);
        if (sum) expectWithin(await sum.read(), wanted.sum, "sum");
        if (saved!.mean) expectWithin(await saved!.mean.read(), wanted.mean, "mean");
        expectWithin(await saved!.rstd.read(), wanted.rstd, "rstd");
        expectWithin(await saved!.variance.read(), wanted.variance, "variance");
      },
      planAs,
    );
  }
});
