import { expect, test } from "vitest";
import { erf } from "../../src/reference/activation.ts";
import { batchNormForward, groupNormForward, instanceNormForward, layerNormForward, rmsNormForward } from "../../src/reference/index.ts";
import { groupSums } from "../../src/reference/nd-array.ts";
import { normal } from "../data.ts";

const close = (found: ArrayLike<number>, wanted: readonly number[]): void => {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(found[i]!).toBeCloseTo(value, 12));
};

test("LayerNorm of [1, 3 | 2, 6]: means 2 and 4, variances 1 and 4", () => {
  const { y, mean, variance, rstd } = layerNormForward({ data: [1, 3, 2, 6], shape: [2, 2] }, { eps: 0, gamma: { data: [10, 20], shape: [2] }, beta: { data: [1, 2], shape: [2] } });
  close(mean, [2, 4]);
  close(variance, [1, 4]);
  close(rstd, [1, 0.5]);
  // (1 - 2) * 1 * 10 + 1, (3 - 2) * 1 * 20 + 2, (2 - 4) * 0.5 * 10 + 1, (6 - 4) * 0.5 * 20 + 2
  close(y, [-9, 22, -9, 22]);
});

test("LayerNorm without centring of [1, 3]: x / std", () => {
  close(layerNormForward({ data: [1, 3], shape: [2] }, { eps: 0, center: false }).y, [1, 3]);
});

test("RMSNorm of [3, 4]: mean square 12.5", () => {
  const { y, variance } = rmsNormForward({ data: [3, 4], shape: [2] }, { eps: 0 });
  close(variance, [12.5]);
  close(y, [3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5)]);
});

test("GroupNorm of [1, 3, 5, 9] in two groups: means 2 and 7, stds 1 and 2", () => {
  close(groupNormForward({ data: [1, 3, 5, 9], shape: [1, 4] }, { eps: 0, groups: 2 }).y, [-1, 1, -1, 1]);
});

test("InstanceNorm NHWC of channels [1, 5] and [2, 2]: a constant channel gives beta", () => {
  const { y } = instanceNormForward({ data: [1, 2, 5, 2], shape: [1, 2, 2] }, { eps: 0, layout: "nhwc", beta: { data: [0, 7], shape: [2] } });
  close(y, [-1, 7, 1, 7]);
});

test("BatchNorm of channel [1, 3, 5]: mean 3, biased variance 8/3, running variance towards the unbiased 4", () => {
  const x = { data: [1, 3, 5], shape: [3, 1] };
  const { mean, variance, runningMean, runningVariance } = batchNormForward(x, { training: true, mean: [0], variance: [1] });
  close(mean, [3]);
  close(variance, [8 / 3]);
  close(runningMean!, [0.3]);
  close(runningVariance!, [0.9 + 0.4]);
  const retained = batchNormForward(x, { training: true, mean: [0], variance: [1], momentum: 0.9, momentumConvention: "retain", runningVariance: "biased" });
  close(retained.runningMean!, [0.3]);
  close(retained.runningVariance!, [0.9 + 0.8 / 3]);
  const averaged = batchNormForward(x, { training: true, mean: [9], variance: [1], momentum: null, numBatchesTracked: 2 });
  close(averaged.runningMean!, [9 + (3 - 9) / 3]);
});

test("BatchNorm eval: (5 - 1) / sqrt(3 + 1) * 2 + 1 = 5", () => {
  const args = { training: false, mean: [1], variance: [3], eps: 1, gamma: { data: [2], shape: [1] }, beta: { data: [1], shape: [1] } };
  close(batchNormForward({ data: [5], shape: [1, 1] }, args).y, [5]);
});

test("the residual and its bias are added before the norm", () => {
  const { y, sum } = layerNormForward({ data: [1, 1], shape: [2] }, { eps: 0, residual: { data: [0, 1], shape: [2] }, residualBias: { data: [0, 1], shape: [2] } });
  close(sum, [1, 3]);
  close(y, [-1, 1]);
});

test("erf at known points", () => {
  // Abramowitz & Stegun, table 7.1, and the value at 3.
  close([erf(0), erf(0.5), erf(-1), erf(2), erf(3)], [0, 0.5204998778130465, -0.8427007929497149, 0.9953222650189527, 0.9999779095030014]);
});

test("sums of 2^21 values about 1e6 keep their last bits", () => {
  const values = normal(2 ** 21, 1, 1e6, 1e-3);
  const exact = values.reduce<bigint>((total, value) => total + BigInt(Math.round(value * 16)), 0n);
  const [sum] = groupSums(1, new Int32Array(values.length), (i) => values[i]!);
  // f32 about 1e6 is a multiple of 1/16.
  expect(sum).toBe(Number(exact) / 16);
});
