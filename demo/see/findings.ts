import type { Job } from "./engine.ts";
import type { StatisticRow } from "./facts.ts";
import type { Computed } from "./live.ts";
import { NORMS, valuesOf, type NormKind } from "./norms.ts";
import { momentsOf } from "./sample.ts";
import type { Source } from "./source.ts";

/** The statistic of each value of x. */
export function statisticsOf({ norm, extents }: Pick<Job, "norm" | "extents">): (i: number) => number {
  const { n, c, side } = extents;
  const kind = NORMS[norm];
  const ofMap = Array.from({ length: n * c }, (_, map) => kind.statisticOf(Math.floor(map / c), map % c, extents));
  const size = side * side;
  return (i) => ofMap[Math.floor(i / size)]!;
}

/** A statistic in words, with the filter of its channel where it has one. */
export function nameOf({ norm, extents }: Pick<Job, "norm" | "extents">, at: number, source: Source): string {
  const name = NORMS[norm].describe(at, extents);
  if (norm === "batch") return `${name}, ${source.channelName(at)}`;
  return norm === "instance" ? `${name}, ${source.channelName(at % extents.c)}` : name;
}

/** What is called what in the table of all statistics. */
export const FOUND: Readonly<Record<NormKind["uses"], readonly string[]>> = {
  moments: ["mean", "std"],
  "mean square": ["root mean square"],
  norm: ["norm"],
  "unbiased moments": ["mean", "std (n − 1)"],
};

/** What the layer found of a statistic, in the order of FOUND. */
export function foundOf({ job, outcome }: Computed, at: number): number[] {
  const kind = NORMS[job.norm];
  const spread = outcome.spread[at]!;
  if (kind.uses === "norm") return [spread];
  if (kind.uses === "mean square") return [Math.sqrt(spread)];
  const count = valuesOf(kind, job.extents);
  return [outcome.mean![at]!, Math.sqrt(kind.uses === "moments" ? spread : (spread * count) / (count - 1))];
}

/** The table of all statistics. */
export function rowsOf(computed: Computed, source: Source): StatisticRow[] {
  const { job, outcome } = computed;
  const statisticOf = statisticsOf(job);
  return Array.from({ length: NORMS[job.norm].count(job.extents) }, (_, at) => ({
    name: nameOf(job, at, source),
    found: foundOf(computed, at),
    after: momentsOf(outcome.y, (i) => statisticOf(i) === at),
  }));
}
