import type { StatisticMap } from "./moments.ts";
import { groupSums } from "./sums.ts";

/**
 * (sum |v|^p)^(1/p) of the values that share a statistic. Values are divided by a power of two of the largest first, so that no power leaves float64;
 * NaN and infinity stay in their own norm.
 */
export function vectorNorms(v: ArrayLike<number>, { statisticOf, statistics }: StatisticMap, p: number): Float64Array {
  const scale = new Float64Array(statistics);
  for (let i = 0; i < v.length; i++) scale[statisticOf[i]!] = Math.max(scale[statisticOf[i]!]!, Math.abs(v[i]!));
  for (let s = 0; s < statistics; s++) if (scale[s]! > 0 && scale[s]! < Infinity) scale[s] = 2 ** Math.floor(Math.log2(scale[s]!));
  const powers = new Float64Array(v.length);
  for (let i = 0; i < powers.length; i++) {
    const unit = scale[statisticOf[i]!]!;
    powers[i] = unit === 0 ? 0 : power(Math.abs(v[i]!) / unit, p);
  }
  return groupSums(statistics, statisticOf, powers).map((total, s) => (Number.isFinite(scale[s]!) ? root(total, p) * scale[s]! : scale[s]!));
}

function power(v: number, p: number): number {
  if (p === 1) return v;
  return p === 2 ? v * v : v ** p;
}

function root(v: number, p: number): number {
  if (p === 1) return v;
  return p === 2 ? Math.sqrt(v) : v ** (1 / p);
}
