import { expect, test } from "vitest";
import {
  batchNormBackward,
  batchNormForward,
  groupNormForward,
  instanceNormForward,
  layerNormBackward,
  layerNormForward,
  rmsNormBackward,
  rmsNormForward,
} from "../../src/reference/index.ts";

/** To 14 digits: what float64 leaves of a handful of operations. */
const close = (found: ArrayLike<number>, wanted: readonly number[]): void => {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(value))));
};

test("LayerNorm of [1, 3 | 2, 6]: means 2 and 4, variances 1 and 4", () => {
  const gamma = { data: [10, 20], shape: [2] };
  const { y, mean, variance, rstd } = layerNormForward({ data: [1, 3, 2, 6], shape: [2, 2] }, { eps: 0, gamma, beta: { data: [1, 2], shape: [2] } });
  close(mean, [2, 4]);
  close(variance, [1, 4]);
  close(rstd, [1, 0.5]);
  // (1 - 2) * 1 * 10 + 1, (3 - 2) * 1 * 20 + 2, (2 - 4) * 0.5 * 10 + 1, (6 - 4) * 0.5 * 20 + 2
  close(y, [-9, 22, -9, 22]);
});

test("LayerNorm backward of [1, 2, 3]: variance 2/3 and eps 1/3 make rstd 1, xhat [-1, 0, 1]", () => {
  const ones = { data: [1, 1, 1], shape: [3] };
  const { dx, dgamma, dbeta } = layerNormBackward({ data: [1, 0, 2], shape: [3] }, { data: [1, 2, 3], shape: [3] }, { eps: 1 / 3, gamma: ones, beta: ones });
  // mean(h) = 1, mean(h * xhat) = (-1 + 2) / 3: 1 - 1 + 1/3, 0 - 1 - 0, 2 - 1 - 1/3
  close(dx, [1 / 3, -1, 2 / 3]);
  close(dgamma!.data, [-1, 0, 2]);
  close(dbeta!.data, [1, 0, 2]);
});

test("LayerNorm without centring of [1, 3]: variance 1 about the mean 2 and eps 3 make rstd 1/2; the mean stays", () => {
  const x = { data: [1, 3], shape: [2] };
  close(layerNormForward(x, { eps: 3, center: false }).y, [0.5, 1.5]);
  // mean(h * xhat) = (0.5 + 1.5) / 2 = 1: 0.5 * (1 + 1 * 0.5 * 1), 0.5 * (1 - 1 * 0.5 * 1)
  close(layerNormBackward({ data: [1, 1], shape: [2] }, x, { eps: 3, center: false }).dx, [0.75, 0.25]);
});

test("LayerNorm over axes [0, 2] of [[1, 3], [0, 0]], [[5, 7], [0, 4]], gamma in the order of axes [2, 0]", () => {
  const x = { data: [1, 3, 0, 0, 5, 7, 0, 4], shape: [2, 2, 2] };
  const { mean, variance, y } = layerNormForward(x, { axes: [2, 0], parameterLayout: "axes", eps: 0, gamma: { data: [1, 2, 3, 4], shape: [2, 2] } });
  // Position 0 has 1, 3, 5, 7; position 1 has 0, 0, 0, 4. gamma[column][sample].
  close(mean, [4, 1]);
  close(variance, [5, 3]);
  const [a, b] = [Math.sqrt(5), Math.sqrt(3)];
  close(y, [-3 / a, -3 / a, -1 / b, -3 / b, 2 / a, 12 / a, -2 / b, 12 / b]);
});

test("RMSNorm of [3, 4]: mean square 12.5, and eps 12.5 makes rstd 1/5", () => {
  const x = { data: [3, 4], shape: [2] };
  const { y, variance, mean } = rmsNormForward(x, { eps: 12.5 });
  close(variance, [12.5]);
  close(mean, [0]);
  close(y, [0.6, 0.8]);
  // mean(h * xhat) = (3 + 8) / 2 = 5.5: (5 - 0.6 * 5.5) / 5, (10 - 0.8 * 5.5) / 5
  close(rmsNormBackward({ data: [5, 10], shape: [2] }, x, { eps: 12.5 }).dx, [0.34, 1.12]);
});

test("GroupNorm of [1, 3, 5, 9] in two groups: means 2 and 7, stds 1 and 2", () => {
  const { y, mean, rstd } = groupNormForward({ data: [1, 3, 5, 9], shape: [1, 4] }, { eps: 0, groups: 2, gamma: { data: [1, 2, 3, 4], shape: [4] } });
  close(mean, [2, 7]);
  close(rstd, [1, 0.5]);
  close(y, [-1, 2, -3, 4]);
});

test("GroupNorm NHWC: channels [1, 2 | 3, 9] and [3, 6 | 3, 5] at two positions, groups {1, 2, 3, 6} and {3, 9, 3, 5}", () => {
  const { mean, variance } = groupNormForward({ data: [1, 2, 3, 9, 3, 6, 3, 5], shape: [1, 2, 4] }, { eps: 0, groups: 2, layout: "nhwc" });
  close(mean, [3, 5]);
  // (4 + 1 + 0 + 9) / 4, (4 + 16 + 4 + 0) / 4
  close(variance, [3.5, 6]);
});

test("InstanceNorm NHWC of channels [1, 5] and [2, 2]: a constant channel gives beta", () => {
  const { y } = instanceNormForward({ data: [1, 2, 5, 2], shape: [1, 2, 2] }, { eps: 0, layout: "nhwc", beta: { data: [0, 7], shape: [2] } });
  close(y, [-1, 7, 1, 7]);
});

test("InstanceNorm of [1, 3] and [5, 9]: running statistics move towards the samples' average, 4.5 and the unbiased 2 * (1 + 4) / 2", () => {
  const x = { data: [1, 3, 5, 9], shape: [2, 1, 2] };
  const trained = instanceNormForward(x, { eps: 0, mean: [0], variance: [1] });
  close(trained.y, [-1, 1, -1, 1]);
  close(trained.runningMean!, [0.45]);
  close(trained.runningVariance!, [0.9 + 0.5]);
  // (x - 1) / sqrt(3 + 1)
  close(instanceNormForward(x, { eps: 1, training: false, mean: [1], variance: [3] }).y, [0, 1, 2, 4]);
});

test("BatchNorm of channel [1, 3, 5]: mean 3, biased variance 8/3, running variance towards the unbiased 4", () => {
  const x = { data: [1, 3, 5], shape: [3, 1] };
  const { mean, variance, runningMean, runningVariance } = batchNormForward(x, { training: true, mean: [0], variance: [1] });
  close(mean, [3]);
  close(variance, [8 / 3]);
  close(runningMean!, [0.3]);
  close(runningVariance!, [0.9 + 0.4]);
  const retained = batchNormForward(x, { training: true, mean: [0], variance: [1], momentum: 0.8, momentumConvention: "retain", runningVariance: "biased" });
  close(retained.runningMean!, [0.6]);
  close(retained.runningVariance!, [0.8 + (0.2 * 8) / 3]);
  const averaged = batchNormForward(x, { training: true, mean: [9], variance: [1], momentum: null, numBatchesTracked: 2 });
  // A third of the way: 9 + (3 - 9) / 3, 1 + (4 - 1) / 3
  close(averaged.runningMean!, [7]);
  close(averaged.runningVariance!, [2]);
  expect(batchNormForward(x, { training: true }).runningMean).toBeUndefined();
});

test("BatchNorm over channel axes [1, 2] of [1, 2 | 3, 6]: a statistic for each position", () => {
  const { mean, variance, y } = batchNormForward(
    { data: [1, 2, 3, 6], shape: [2, 1, 2] },
    { training: true, channelAxis: [1, 2], eps: 0, gamma: { data: [5, 7], shape: [1, 2] } },
  );
  close(mean, [2, 4]);
  close(variance, [1, 4]);
  close(y, [-5, -7, 5, 7]);
});

test("BatchNorm eval of 5 with mean 1, variance 3, eps 1: (5 - 1) / 2 * 2 + 1 = 5", () => {
  const x = { data: [5], shape: [1, 1] };
  const args = { training: false, mean: [1], variance: [3], eps: 1, gamma: { data: [2], shape: [1] }, beta: { data: [1], shape: [1] } };
  close(batchNormForward(x, args).y, [5]);
  expect(batchNormForward(x, args).runningMean).toBeUndefined();
  const { dx, dgamma, dbeta, dmean, dvariance } = batchNormBackward({ data: [1], shape: [1, 1] }, x, args);
  // rstd * gamma = 1; -1; -2 * (5 - 1) / 2^3 / 2 = -0.5; xhat = 2
  close(dx, [1]);
  close(dmean!, [-1]);
  close(dvariance!, [-0.5]);
  close(dgamma!.data, [2]);
  close(dbeta!.data, [1]);
});

test("the residual and its bias are added before the norm, the activation comes last", () => {
  const added = { residual: { data: [0, 1], shape: [2] }, residualBias: { data: [0, 1], shape: [2] } };
  const { y, sum } = layerNormForward({ data: [1, 1], shape: [2] }, { eps: 0, ...added, activation: "relu" });
  close(sum, [1, 3]);
  close(y, [0, 1]);
});

test("a residual [2] lies along the last axis, a residual bias [2] along the channels, where either would fit", () => {
  const x = { data: [0, 0, 0, 0], shape: [1, 2, 2] };
  const { sum } = groupNormForward(x, { groups: 1, residual: { data: [1, 2], shape: [2] }, residualBias: { data: [10, 20], shape: [2] } });
  close(sum, [11, 12, 21, 22]);
});

test("gamma [2] over axes [0] lies along the last axis, and along axis 0 in the order of axes", () => {
  const x = { data: [1, 2, 3, 6], shape: [2, 2] };
  const args = { axes: [0], eps: 0, gamma: { data: [1, 10], shape: [2] } };
  close(layerNormForward(x, args).y, [-1, -10, 1, 10]);
  close(layerNormForward(x, { ...args, parameterLayout: "axes" }).y, [-1, -1, 10, 10]);
});

test("rank 0 and no axes give beta", () => {
  const beta = { data: [7], shape: [] };
  close(layerNormForward({ data: [3], shape: [] }, { beta }).y, [7]);
  close(layerNormForward({ data: [3, 4], shape: [2] }, { axes: [], beta, eps: 0 }).y, [7, 7]);
});
