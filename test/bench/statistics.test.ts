import { expect, test } from "vitest";
import { geometricMean, mean, quantile, spreadOf, standardDeviation } from "../../bench/statistics.ts";

test("a quantile lies between its neighbours by their distance, whatever the order", () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([4, 1, 2, 3], 0.5)).toBe(2.5);
  expect(quantile([10, 0], 0.1)).toBe(1);
  expect(quantile([7], 0.9)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});

test("a spread leaves the times as they were", () => {
  const times = [5, 1, 4, 2, 3, 100, 0, 6, 7, 8, 9];
  expect(spreadOf(times)).toEqual({ median: 5, p10: 1, p90: 9, n: 11 });
  expect(times[0]).toBe(5);
});

test("a geometric mean", () => {
  expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
  expect(geometricMean([])).toBeNaN();
});

test("a mean, and the standard deviation of a sample", () => {
  expect(mean([1, 2, 6])).toBe(3);
  expect(mean([])).toBeNaN();
  expect(standardDeviation([1, 3, 5])).toBe(2);
  expect(standardDeviation([4])).toBeNaN();
});
