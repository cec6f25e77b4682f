import { expect, test } from "vitest";
import { batchNormForward, groupNormForward, instanceNormForward, layerNormBackward, layerNormForward } from "../../src/reference/index.ts";
import { groupSums } from "../../src/reference/sums.ts";
import { normal } from "../data.ts";

test("2^21 values of mean 1e6 and std 1e-3: mean, variance and y to 1e-12 against whole numbers", () => {
  const count = 2 ** 21;
  // 1e6 + k * 2^-33 is a float64 for every whole k; the statistics of k are exact in integers.
  const unit = 2 ** -33;
  const steps = Float64Array.from(normal(count, 1, 0, 1e-3 / unit), (value) => Math.round(value) + 5);
  const { y, mean, variance } = layerNormForward({ data: steps.map((k) => 1e6 + k * unit), shape: [count] }, { eps: 0 });
  let total = 0n;
  let squares = 0n;
  for (const k of steps) {
    total += BigInt(k);
    squares += BigInt(k) ** 2n;
  }
  const average = Number(total) / count;
  const spread = Number(BigInt(count) * squares - total * total) / count ** 2;
  expect(mean[0]).toBe(1e6 + average * unit);
  expect(Math.abs(variance[0]! / (spread * unit ** 2) - 1)).toBeLessThan(1e-14);
  let worst = 0;
  for (let i = 0; i < count; i++) worst = Math.max(worst, Math.abs(y[i]! - (steps[i]! - average) / Math.sqrt(spread)));
  expect(worst).toBeLessThan(1e-12);
});

test("sums keep what plain addition loses", () => {
  const values = Float64Array.from({ length: 10_000 }, (_, i) => [1e16, 1, -1e16, 1][i % 4]!);
  expect(groupSums(1, new Int32Array(values.length), values)[0]).toBe(5000);
});

test.each([0.1, 1.9999999999999998, 1e-30, 1e6 + 1 / 3, -1e18])("a constant statistic of %d gives exactly beta and no gradient, with eps 0 too", (value) => {
  for (const length of [1, 3, 49, 107, 1000]) {
    const x = { data: new Float64Array(4 * length).fill(value), shape: [2, 2, length] };
    const beta = { data: [3, -4], shape: [2, 1] };
    const wanted = [3, -4, 3, -4].flatMap((b) => new Array<number>(length).fill(b));
    expect([...layerNormForward(x, { eps: 0, beta }).y]).toEqual(wanted);
    expect([...groupNormForward(x, { groups: 1, beta }).y]).toEqual(wanted);
    expect([...instanceNormForward(x, { eps: 0, beta }).y]).toEqual(wanted);
    expect([...batchNormForward(x, { training: true, eps: 0, beta }).y]).toEqual(wanted);
    const { rstd, variance } = layerNormForward(x, { eps: 0 });
    expect([...rstd, ...variance].every((v) => v === 0)).toBe(true);
    expect(layerNormBackward(x, x, { eps: 0 }).dx.every((v) => v === 0)).toBe(true);
  }
});

test("NaN and infinity stay in their own statistic", () => {
  const clean = normal(24, 3);
  for (const [bad, place] of [
    [NaN, 7],
    [Infinity, 6],
    [-Infinity, 9],
  ] as const) {
    const data = clean.slice();
    data[place] = bad;
    const shape = [4, 6];
    const { y, mean } = layerNormForward({ data, shape });
    expect(mean[1]).toBe(bad);
    const wanted = layerNormForward({ data: clean, shape }).y;
    y.forEach((value, i) => (i >= 6 && i < 12 ? expect(value).toBeNaN() : expect(value).toBe(wanted[i])));
  }
});

test("an empty batch gives empty outputs and moves no running statistic", () => {
  const x = { data: [], shape: [0, 3, 4] };
  expect(layerNormForward(x).y.length).toBe(0);
  expect(groupNormForward(x, { groups: 3 }).y.length).toBe(0);
  const batch = batchNormForward(x, { training: true, mean: [1, 2, 3], variance: [4, 5, 6] });
  expect([...batch.runningMean!, ...batch.runningVariance!]).toEqual([1, 2, 3, 4, 5, 6]);
  const instance = instanceNormForward(x, { mean: [1, 2, 3], variance: [4, 5, 6] });
  expect([...instance.runningMean!, ...instance.runningVariance!]).toEqual([1, 2, 3, 4, 5, 6]);
});
