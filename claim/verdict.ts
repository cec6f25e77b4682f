import { mean, standardDeviation } from "../bench/statistics.ts";
import { NORMS, type NormName } from "../demo/train/norms.ts";
import type { Run } from "./record.ts";

/** `cannot tell`: the interval has room for both. */
export type Outcome = "agrees" | "disagrees" | "cannot tell";

/** 95 % of Student's distribution lie within so many standard errors; by degrees of freedom from 1. More seeds than these take the last, which is a little too wide for them. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/** A mean of a few values and its 95 % interval; infinite where there are too few values for one. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

export function interval(values: readonly number[]): Interval {
  const n = values.length;
  const centre = mean(values);
  if (n < 2) return { mean: centre, low: -Infinity, high: Infinity, n };
  const half = (STUDENT[Math.min(n - 1, STUDENT.length) - 1]! * standardDeviation(values)) / Math.sqrt(n);
  return { mean: centre, low: centre - half, high: centre + half, n };
}

/** Whether the difference is above what the paper asks for. */
export function judge({ low, high }: Interval, atLeast: number): Outcome {
  if (low > atLeast) return "agrees";
  return high < atLeast ? "disagrees" : "cannot tell";
}

/** What a paper says of two lanes, beside what was measured. Differences are of accuracies, in points of a hundred, seed by seed: a seed gives both the same weights and digits. */
export interface Finding {
  readonly paper: "WS" | "GN";
  readonly claim: string;
  readonly difference: string;
  readonly found: Interval;
  /** The claim asks for a difference above this. */
  readonly atLeast: number;
  readonly outcome: Outcome;
}

/** "Matches" is this much less at most, in points. */
const MATCH = 1;

/** Batches that count as small: the papers speak of 1 to 4 images a GPU. */
const SMALL = 4;

type Lane = readonly [norm: NormName, batch: number];

/** Final test accuracy, 0 to 1. */
export function finalAccuracy({ accuracy }: Run): number {
  return accuracy.at(-1)![1];
}

export function runsOf(runs: readonly Run[], [norm, batch]: Lane): Run[] {
  return runs.filter((run) => run.norm === norm && run.batch === batch);
}

/** A weighted sum of lanes' accuracies in points, for every seed that all of them have. */
function contrast(runs: readonly Run[], terms: readonly (readonly [weight: number, lane: Lane])[]): number[] {
  const lanes = terms.map(([weight, lane]) => ({ weight, bySeed: new Map(runsOf(runs, lane).map((run) => [run.seed, finalAccuracy(run)])) }));
  const seeds = [...lanes[0]!.bySeed.keys()].filter((seed) => lanes.every(({ bySeed }) => bySeed.has(seed)));
  return seeds.map((seed) => lanes.reduce((sum, { weight, bySeed }) => sum + weight * 100 * bySeed.get(seed)!, 0));
}

/** The claims of both papers that these lanes can speak to. */
export function findings(runs: readonly Run[]): Finding[] {
  const batches = [...new Set(runs.map(({ batch }) => batch))].toSorted((a, b) => a - b);
  const [smallest, largest] = [batches[0]!, batches.at(-1)!];
  const finding = (paper: Finding["paper"], claim: string, difference: string, differences: number[], atLeast = 0): Finding[] => {
    const found = interval(differences);
    return differences.length ? [{ paper, claim, difference, found, atLeast, outcome: judge(found, atLeast) }] : [];
  };
  const beats = (paper: Finding["paper"], claim: string, better: Lane, worse: Lane, atLeast = 0): Finding[] => {
    const apart = `${laneName(better)} − ${laneName(worse)}`;
    return finding(paper, claim, apart, contrast(runs, [[1, better], [-1, worse]]), atLeast); // prettier-ignore
  };
  return [
    ...batches.filter((batch) => batch <= SMALL).flatMap((batch) => beats("WS", `GN + WS beats BN at batch ${batch}`, ["group+ws", batch], ["batch", batch])),
    ...batches.flatMap((batch) => beats("WS", `WS improves GN at batch ${batch}`, ["group+ws", batch], ["group", batch])),
    ...(smallest < largest
      ? [
          ...beats(
            "WS",
            `GN + WS at batch ${smallest} matches BN at batch ${largest} (${MATCH} point less at most)`,
            ["group+ws", smallest],
            ["batch", largest],
            -MATCH,
          ),
          ...finding(
            "GN",
            `BN loses more than GN from batch ${largest} to batch ${smallest}`,
            `(BN ${largest} − BN ${smallest}) − (GN ${largest} − GN ${smallest})`,
            contrast(runs, [[1, ["batch", largest]], [-1, ["batch", smallest]], [-1, ["group", largest]], [1, ["group", smallest]]]), // prettier-ignore
          ),
        ]
      : []),
  ];
}

function laneName([norm, batch]: Lane): string {
  const short: Partial<Record<NormName, string>> = { batch: "BN", group: "GN", "group+ws": "GN + WS" };
  return `${short[norm] ?? NORMS[norm]} ${batch}`;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

/** A difference and how sure it is: "+3.21 (+1.02 to +5.40)". */
export function intervalText({ mean: centre, low, high, n }: Interval): string {
  return `${signed(centre)} (${n < 2 ? "one seed" : `${signed(low)} to ${signed(high)}`})`;
}

function counted(count: number, found: readonly Finding[], outcome: Outcome): string {
  const claims = found.filter((one) => one.outcome === outcome).map(({ claim, found: { mean: centre } }) => `${claim} (${signed(centre)} points)`);
  return count ? `: ${claims.join("; ")}.` : ".";
}

/** Where the figures agree with the papers and where not, a sentence for each outcome. */
export function verdictSentences(found: readonly Finding[]): string[] {
  if (found.length === 0) return ["The runs so far allow no comparison with the papers."];
  const count = (outcome: Outcome): number => found.filter((one) => one.outcome === outcome).length;
  const [agree, disagree, open] = [count("agrees"), count("disagrees"), count("cannot tell")];
  return [
    `**Agrees with the papers** in ${agree} of ${found.length} comparisons${counted(agree, found, "agrees")}`,
    `**Disagrees** in ${disagree}${counted(disagree, found, "disagrees")}`,
    `**Cannot tell** in ${open}${counted(open, found, "cannot tell")}`,
  ];
}
