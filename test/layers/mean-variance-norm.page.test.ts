import { describe, expect } from "vitest";
import { sizeOf, type Shape } from "../../src/core/shape.ts";
import {
  meanVarianceNorm,
  meanVarianceNormBackward,
  MeanVarianceNorm,
  OptionError,
  ShapeError,
  type Gpu,
  type MeanVarianceNormOptions,
} from "../../src/index.ts";
import { meanVarianceNormBackward as expectedBackward, meanVarianceNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const CASES: readonly (readonly [why: string, shape: Shape, options: MeanVarianceNormOptions])[] = [
  ["ONNX' defaults", [3, 4, 6, 5], {}],
  ["each sample and channel", [3, 4, 16, 5], { axes: [2, 3] }],
  ["rows, unbiased, large eps outside", [9, 77], { axes: [-1], correction: 1, eps: 0.6 }],
  ["rows, unbiased, large eps inside", [9, 64], { axes: [-1], correction: 1, eps: 0.6, epsMode: "insideVariance" }],
  ["columns, few and unbiased", [3, 37], { axes: [0], correction: 1, eps: 0.3 }],
  ["axes that alternate, an activation", [3, 4, 5, 6], { axes: [1, 3], correction: 1, eps: 0.3, activation: "silu" }],
  ["long rows in slices", [2, 40004], { axes: [1], correction: 1, eps: 0.3 }],
];

async function check(gpu: Gpu, shape: Shape, options: MeanVarianceNormOptions, mean: number): Promise<void> {
  const [x, dy] = [normal(sizeOf(shape), 1, mean), normal(sizeOf(shape), 2, 0.5)];
  const { y, saved } = meanVarianceNorm(gpu, gpu.tensor(x, shape), options);
  expectWithin(await y.read(), meanVarianceNormForward({ data: x, shape }, options).y);
  const { dx } = meanVarianceNormBackward(gpu, gpu.tensor(dy, shape), saved!, options);
  expectWithin(await dx.read(), expectedBackward({ data: dy, shape }, { data: x, shape }, options).dx, "dx");
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const [why, shape, options] of CASES) {
    for (const mean of [0.2, 1e4]) gpuTest(`[${shape.join(", ")}], mean ${mean}: ${why}`, ({ gpu }) => check(gpu, shape, options, mean), planAs);
  }
});

gpuTest("the class has no parameters, takes a call's gamma, and gives 0 for a constant", async ({ gpu }) => {
  const norm = new MeanVarianceNorm(gpu, { axes: [1] });
  await norm.prepare([2, 4]);
  expect(norm.parameters()).toEqual({});
  const x = gpu.tensor([5, 5, 5, 5, 1, 3, 1, 3], [2, 4]);
  const { y, saved } = norm.forward(x, { gamma: gpu.tensor([1, 1, 2, 2]) });
  expectWithin(await y.read(), [0, 0, 0, 0, -1, 1, -2, 2]);
  const { dx, dgamma } = norm.backward(gpu.tensor([0, 0, 0, 0, 1, 0, 0, 0], [2, 4]), saved!, { gamma: gpu.tensor([1, 1, 2, 2]) });
  expectWithin(await dgamma!.read(), [-1, 0, 0, 0], "dgamma");
  expectWithin(await dx.read(), [0, 0, 0, 0, 0.5, 0, -0.5, 0], "dx");
  norm.destroy();
});

gpuTest("what does not fit is refused by name", async ({ gpu }) => {
  const refused = (call: () => unknown, error: new (message: string) => Error, message: string): void => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  };
  const x = gpu.empty([2, 3]);
  refused(() => new MeanVarianceNorm(gpu, { epsMode: "in" as never }), OptionError, 'MeanVarianceNorm: epsMode is in; wanted "insideVariance" or "outsideStd"');
  refused(() => new MeanVarianceNorm(gpu, { correction: 2 as never }), OptionError, "MeanVarianceNorm: correction is 2; wanted 0 or 1");
  refused(() => new MeanVarianceNorm(gpu, { eps: -1 }), OptionError, "MeanVarianceNorm: eps is -1");
  refused(() => meanVarianceNorm(gpu, x, { axes: [2] }), OptionError, "meanVarianceNorm: axis is 2");
  refused(() => meanVarianceNorm(gpu, x, { axes: [], correction: 1 }), ShapeError, "meanVarianceNorm: x is [2, 3]; correction 1 needs more than 1 value");
});
