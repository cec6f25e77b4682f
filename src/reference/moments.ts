import type { Correction, EpsMode } from "../core/deviation.ts";
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
  /** 1 / sqrt(variance + eps), or as the rule says; 0 where its divisor is 0. */
  readonly rstd: Float64Array;
}

/** How a variance becomes 1 / std. Default: variance divided by n, eps added to it. */
export interface DeviationRule {
  readonly eps: number;
  readonly epsMode?: EpsMode;
  readonly correction?: Correction;
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
export function checkReduced({ statistics, count }: StatisticMap, x: Shape, call: string, name = "x"): void {
  if (count === 0 && statistics > 0) throw new ShapeError(`${call}: ${name} is ${formatShape(x)}; its statistics hold no value to take a mean of`);
}

/**
 * Mean and variance of each statistic. Squares are of differences from the mean, and the average of those differences is the part of
 * the mean that a float64 cannot hold (`meanRest`): it matters where the mean is 1e9 times the deviation, and keeps a constant exact.
 */
export function moments(x: Float64Array, { statisticOf, statistics, count }: StatisticMap, rule: DeviationRule): Statistics {
  const mean = groupSums(statistics, statisticOf, x).map((total) => total / count);
  const deviation = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) deviation[i] = x[i]! - mean[statisticOf[i]!]!;
  const meanRest = groupSums(statistics, statisticOf, deviation).map((total) => total / count);
  const variance = groupSums(statistics, statisticOf, deviation, deviation).map((total, s) => total / count - meanRest[s]! ** 2);
  return { mean, meanRest, variance, rstd: reciprocalDeviation(variance, count, rule) };
}

/** Mean square in the variance's place; the mean is 0. */
export function meanSquares(x: Float64Array, { statisticOf, statistics, count }: StatisticMap, eps: number): Statistics {
  const variance = groupSums(statistics, statisticOf, x, x).map((total) => total / count);
  return { mean: new Float64Array(statistics), meanRest: new Float64Array(statistics), variance, rstd: reciprocalDeviation(variance, 1, { eps }) };
}

/** Statistics that were given. */
export function givenStatistics(mean: Float64Array, variance: Float64Array, eps: number): Statistics {
  return { mean, meanRest: new Float64Array(mean.length), variance, rstd: reciprocalDeviation(variance, 1, { eps }) };
}

/** x - mean for each element; x itself where `subtracts` is false. */
export function centred(x: Float64Array, statisticOf: Int32Array, { mean, meanRest }: Statistics, subtracts = true): Float64Array {
  const values = new Float64Array(x);
  if (!subtracts) return values;
  for (let i = 0; i < values.length; i++) values[i] = x[i]! - mean[statisticOf[i]!]! - meanRest[statisticOf[i]!]!;
  return values;
}

/**
 * What mean(h * xhat) is multiplied by in a gradient, because 1 / std moves with the variance by more or less than 1 / sqrt(variance + eps) does:
 * n / (n - correction), and with eps outside (std + eps) / std; 0 where std is 0, as the deviations are.
 */
export function deviationPull({ variance, rstd }: Statistics, count: number, { epsMode, correction = 0 }: Omit<DeviationRule, "eps">): Float64Array {
  const factor = count / (count - correction);
  if (epsMode !== "outsideStd") return rstd.map(() => factor);
  return variance.map((v, s) => (v === 0 ? 0 : factor / (rstd[s]! * Math.sqrt(v * factor))));
}

function reciprocalDeviation(variance: Float64Array, count: number, { eps, epsMode, correction = 0 }: DeviationRule): Float64Array {
  return variance.map((biased) => {
    const v = correction === 0 ? biased : (biased * count) / (count - correction);
    const divisor = epsMode === "outsideStd" ? Math.sqrt(v) + eps : Math.sqrt(v + eps);
    return divisor === 0 ? 0 : 1 / divisor;
  });
}
