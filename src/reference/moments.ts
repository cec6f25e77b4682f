import { ShapeError } from "../core/errors.ts";
import { formatShape, sizeOf, type Shape } from "../core/shape.ts";
import { axesStrides, indexMap } from "./nd-array.ts";
import { groupSums } from "./sums.ts";

/** Which elements share a statistic. */
export interface StatisticMap {
  /** For each element, the index of its statistic. */
  readonly statisticOf: Int32Array;
  /** How many statistics there are. */
  readonly statistics: number;
  /** How many values share one. */
  readonly count: number;
}

/** Statistics, flat, one value each. */
export interface Statistics {
  readonly mean: Float64Array;
  /** What the mean lacks for being a float64: x - mean is (x - mean) - meanRest. */
  readonly meanRest: Float64Array;
  /** Biased: the mean of squares about the mean. */
  readonly variance: Float64Array;
  /** 1 / sqrt(variance + eps); 0 where variance + eps is 0. */
  readonly rstd: Float64Array;
}

/** The map in which the axes in `reduced` share a statistic; statistics lie in row-major order of the other axes. */
export function statisticMap(shape: Shape, reduced: readonly number[]): StatisticMap {
  const kept = [...shape.keys()].filter((axis) => !reduced.includes(axis));
  return {
    statisticOf: indexMap(shape, axesStrides(shape, kept)),
    statistics: sizeOf(kept.map((axis) => shape[axis]!)),
    count: sizeOf(reduced.map((axis) => shape[axis]!)),
  };
}

/** Refuses a map in which a statistic has no value. @throws ShapeError */
export function checkReduced({ statistics, count }: StatisticMap, x: Shape, call: string): void {
  if (count === 0 && statistics > 0) throw new ShapeError(`${call}: x is ${formatShape(x)}; its statistics hold no value to take a mean of`);
}

/**
 * Mean and variance of each statistic. The sums are of differences from the statistic's first value, then from the mean, which keeps a
 * constant statistic exact and leaves a part of the mean (`meanRest`) that matters where the mean is 1e9 times the deviation.
 */
export function moments(x: Float64Array, map: StatisticMap, eps: number): Statistics {
  const { statisticOf, statistics, count } = map;
  const first = firstValues(x, map);
  const deviation = new Float64Array(x.length);
  subtract(x, statisticOf, first, deviation);
  const mean = groupSums(statistics, statisticOf, deviation).map((total, s) => first[s]! + total / count);
  subtract(x, statisticOf, mean, deviation);
  const meanRest = groupSums(statistics, statisticOf, deviation).map((total) => total / count);
  const variance = groupSums(statistics, statisticOf, deviation, deviation).map((total, s) => total / count - meanRest[s]! ** 2);
  return { mean, meanRest, variance, rstd: reciprocalDeviation(variance, eps) };
}

/** Mean square in the variance's place; the mean is 0. */
export function meanSquares(x: Float64Array, { statisticOf, statistics, count }: StatisticMap, eps: number): Statistics {
  const variance = groupSums(statistics, statisticOf, x, x).map((total) => total / count);
  return { mean: new Float64Array(statistics), meanRest: new Float64Array(statistics), variance, rstd: reciprocalDeviation(variance, eps) };
}

/** Statistics that were given. */
export function givenStatistics(mean: Float64Array, variance: Float64Array, eps: number): Statistics {
  return { mean, meanRest: new Float64Array(mean.length), variance, rstd: reciprocalDeviation(variance, eps) };
}

/** x - mean for each element; x itself where `subtracts` is false. */
export function centred(x: Float64Array, statisticOf: Int32Array, { mean, meanRest }: Statistics, subtracts = true): Float64Array {
  const values = new Float64Array(x);
  if (!subtracts) return values;
  for (let i = 0; i < values.length; i++) values[i] = x[i]! - mean[statisticOf[i]!]! - meanRest[statisticOf[i]!]!;
  return values;
}

function reciprocalDeviation(variance: Float64Array, eps: number): Float64Array {
  return variance.map((v) => (v + eps === 0 ? 0 : 1 / Math.sqrt(v + eps)));
}

/** A shift for each statistic: its first value, or 0 where that is not finite, so that an infinite value still gives an infinite mean. */
function firstValues(x: Float64Array, { statisticOf, statistics }: StatisticMap): Float64Array {
  const first = new Float64Array(statistics);
  for (let i = x.length - 1; i >= 0; i--) first[statisticOf[i]!] = Number.isFinite(x[i]!) ? x[i]! : 0;
  return first;
}

function subtract(x: Float64Array, statisticOf: Int32Array, shift: Float64Array, into: Float64Array): void {
  for (let i = 0; i < x.length; i++) into[i] = x[i]! - shift[statisticOf[i]!]!;
}
