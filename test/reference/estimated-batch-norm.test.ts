import { describe, expect, test } from "vitest";
import { batchNormForward, estimatedBatchNormBackward, estimatedBatchNormForward, type EstimatedBatchNormArguments } from "../../src/reference/index.ts";
import { array, expectClose, expectRefusal, expectSlopes, weighted } from "./central-differences.ts";

const estimates = { mean: [0.1, -0.2, 0.3], variance: [1, 2, 0.5] };
const CASES: readonly [name: string, x: readonly number[], args: Omit<EstimatedBatchNormArguments, "mean" | "variance">][] = [
  ["training", [4, 3, 2], { training: true, movingSpeed: 0.3 }],
  ["training, channels last, an activation", [4, 2, 3], { training: true, movingSpeed: 0.3, layout: "nhwc", activation: "silu" }],
  ["eval", [4, 3, 2], { training: false, movingSpeed: 0.3 }],
];

describe.each(CASES)("%s", (_, shape, options) => {
  test("gradients agree with central differences about estimates that stay where the call moved them", () => {
    const x = array(shape, 1, 0.3);
    const dy = array(shape, 2);
    const args = { ...options, ...estimates, gamma: array([3], 3, 1), beta: array([3], 4), residual: array(shape, 5) };
    const { runningMean, runningVariance } = estimatedBatchNormForward(x, args);
    const held = { ...args, training: false, mean: runningMean, variance: runningVariance };
    const gradients = estimatedBatchNormBackward(dy, x, args);
    expectSlopes(gradients.dx, x.data, (data) => weighted(estimatedBatchNormForward({ data, shape }, held).y, dy.data));
    for (const name of ["gamma", "beta", "residual"] as const) {
      const moved = (data: Float64Array) => ({ ...held, [name]: { data, shape: args[name].shape } });
      expectSlopes(gradients[`d${name}`]!.data, args[name].data, (data) => weighted(estimatedBatchNormForward(x, moved(data)).y, dy.data));
    }
    expect(Object.keys(gradients).toSorted()).toEqual(["dbeta", "dgamma", "dresidual", "dx"]);
  });
});

test("channel [1, 3, 8] with estimates 2 and 1 at speed 1/4: mean 2.5, variance about the old mean 1 + (38/3 - 1) / 4, used at once", () => {
  const x = { data: [1, 3, 8], shape: [3, 1] };
  const args = { training: true, movingSpeed: 0.25, mean: [2], variance: [1], eps: 0 };
  const { y, mean, variance, runningMean, runningVariance } = estimatedBatchNormForward(x, args);
  expectClose(runningMean, [2.5]);
  expectClose(runningVariance, [1 + 35 / 12]);
  expectClose(mean, runningMean);
  expectClose(variance, runningVariance);
  const std = Math.sqrt(47 / 12);
  expectClose(y, [-1.5 / std, 0.5 / std, 5.5 / std]);
});

test("at speed 0 and in eval the estimates stay, and y is BatchNorm's in eval; at speed 1 about the batch's own mean it is BatchNorm's in training", () => {
  const x = array([4, 3, 2], 1, 0.3);
  const wanted = batchNormForward(x, { training: false, ...estimates }).y;
  for (const args of [{ training: true }, { training: false, movingSpeed: 0.5 }]) {
    const forward = estimatedBatchNormForward(x, { ...args, ...estimates });
    expectClose(forward.y, wanted);
    expect([...forward.runningMean]).toEqual(estimates.mean);
  }
  const batch = batchNormForward(x, { training: true });
  const whole = estimatedBatchNormForward(x, { training: true, movingSpeed: 1, mean: batch.mean, variance: [9, 9, 9] });
  expectClose(whole.y, batch.y);
  expectClose(whole.runningVariance, batch.variance);
});

test("an empty batch moves nothing", () => {
  const { runningMean } = estimatedBatchNormForward({ data: [], shape: [0, 3] }, { training: true, movingSpeed: 0.5, ...estimates });
  expect([...runningMean]).toEqual(estimates.mean);
});

test("what does not fit is refused", () => {
  const x = array([2, 3], 1);
  const refused = (args: Partial<EstimatedBatchNormArguments>, code: "shape" | "option", message: string): void =>
    expectRefusal(() => estimatedBatchNormForward(x, { training: true, ...estimates, ...args }), code, `estimatedBatchNormForward: ${message}`);
  refused({ movingSpeed: 2 }, "option", "movingSpeed is 2; wanted a number from 0 to 1");
  refused({ mean: null as never }, "option", "mean is missing; the estimates are needed in training too");
  refused({ variance: null as never }, "option", "variance is missing; the estimates are needed in training too");
  refused({ mean: [1] }, "shape", "mean has 1 values; x is [2, 3] with 3 channels");
});
