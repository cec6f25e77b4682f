import { describe, expect, test } from "vitest";
import {
  batchChannelNormBackward,
  batchChannelNormForward,
  batchNormForward,
  estimatedBatchNormForward,
  groupNormForward,
  type BatchChannelNormArguments,
  type NdArray,
} from "../../src/reference/index.ts";
import { array, expectClose, expectRefusal, expectSlopes, weighted } from "./central-differences.ts";

const running = { mean: [0.1, -0.2, 0.3, 0, 0, 1], variance: [1, 2, 0.5, 1, 1, 3] };
const parameters = { gamma: array([3], 3, 1), beta: array([3], 4), bnGamma: array([6], 5, 1), bnBeta: array([6], 6) };
const CASES: readonly [name: string, x: readonly number[], args: Partial<BatchChannelNormArguments>][] = [
  ["training", [3, 6, 2], { ...parameters }],
  [
    "training, channels last, two eps, fused",
    [3, 2, 6],
    { ...parameters, layout: "nhwc", eps: 0.3, bnEps: 0.6, activation: "silu", residual: array([3, 2, 6], 7) },
  ],
  ["training, gamma per channel", [3, 6, 2], { gamma: array([6], 3, 1), eps: 0.3 }],
  ["training, a scaled gamma", [3, 6, 2], { ...parameters, eps: 0.3, gammaScale: 0.7, gammaShift: 0.4 }],
  ["eval", [3, 6, 2], { ...parameters, ...running, training: false }],
  ["estimated", [3, 6, 2], { ...parameters, ...running, movingSpeed: 0 }],
  ["estimated, eval", [3, 6, 2], { ...parameters, ...running, training: false, movingSpeed: 0.3 }],
];

describe.each(CASES)("%s", (_, shape, options) => {
  test("gradients agree with central differences", () => {
    const x = array(shape, 1, 0.3);
    const dy = array(shape, 2);
    const args = { groups: 3, training: true, ...options };
    const gradients = batchChannelNormBackward(dy, x, args) as unknown as Record<string, Float64Array | { data: Float64Array }>;
    expectSlopes(gradients["dx"] as Float64Array, x.data, (data) => weighted(batchChannelNormForward({ data, shape }, args).y, dy.data));
    const inputs = ["gamma", "beta", "bnGamma", "bnBeta", "residual", "mean", "variance"] as const;
    for (const name of inputs) {
      const found = gradients[`d${name}`];
      const given = args[name];
      const isStatistic = name === "mean" || name === "variance";
      expect(found !== undefined, name).toBe(given !== undefined && !(isStatistic && args.movingSpeed !== undefined));
      if (!found) continue;
      const own = isStatistic ? null : (given as NdArray);
      const moved = (data: Float64Array): BatchChannelNormArguments => ({ ...args, [name]: own ? { data, shape: own.shape } : data });
      const at = own ? own.data : (given as readonly number[]);
      expectSlopes("data" in found ? found.data : found, at, (data) => weighted(batchChannelNormForward(x, moved(data)).y, dy.data));
    }
  });
});

test("it is BatchNorm, or the estimated one, and then GroupNorm, and moves running statistics as they do", () => {
  const x = array([3, 6, 2], 1, 0.3);
  const { bnGamma: gamma, bnBeta: beta } = parameters;
  const perChannel = (values: NdArray): NdArray => ({ data: [0, 0, 1, 1, 2, 2].map((group) => values.data[group]!), shape: [6] });
  const second = { groups: 3, gamma: perChannel(parameters.gamma), beta: perChannel(parameters.beta) };
  const first = batchNormForward(x, { training: true, gamma, beta, ...running, momentum: 0.2 });
  const found = batchChannelNormForward(x, { groups: 3, training: true, ...parameters, ...running, momentum: 0.2 });
  const wanted = groupNormForward({ data: first.y, shape: x.shape }, second);
  expectClose(found.y, wanted.y);
  expectClose(found.mean, wanted.mean);
  expectClose(found.runningMean!, first.runningMean!);
  expectClose(found.runningVariance!, first.runningVariance!);
  const estimated = estimatedBatchNormForward(x, { training: true, gamma, beta, ...running, movingSpeed: 0.4 });
  const moved = batchChannelNormForward(x, { groups: 3, training: true, ...parameters, ...running, movingSpeed: 0.4 });
  expectClose(moved.y, groupNormForward({ data: estimated.y, shape: x.shape }, second).y);
  expectClose(moved.runningVariance!, estimated.runningVariance);
});

test("without parameters the channel part undoes the scale of the batch part: one group is normalized to mean 0", () => {
  const { y } = batchChannelNormForward(array([2, 4, 3], 1, 5), { groups: 1, training: true, eps: 0 });
  for (const sample of [y.slice(0, 12), y.slice(12)]) {
    expect(Math.abs(sample.reduce((a, b) => a + b, 0))).toBeLessThan(1e-13);
    expect(Math.abs(sample.reduce((a, b) => a + b * b, 0) / 12 - 1)).toBeLessThan(1e-13);
  }
});

test("what does not fit is refused", () => {
  const x = array([3, 6, 2], 1);
  const call = (args: Partial<BatchChannelNormArguments>) => () => batchChannelNormForward(x, { groups: 3, training: true, ...args });
  expectRefusal(call({ groups: 4 }), "shape", "batchChannelNormForward: x is [3, 6, 2]; its 6 channels must be a multiple of groups (4)");
  expectRefusal(call({ gamma: array([4], 1) }), "shape", "batchChannelNormForward: gamma is [4]; it must broadcast to [3, 6, 2]");
  expectRefusal(call({ movingSpeed: 0.5 }), "option", "estimatedBatchNormForward: mean is missing; the estimates are needed in training too");
  expectRefusal(call({ training: false }), "option", "batchNormForward: training is false; mean and variance are needed");
});
