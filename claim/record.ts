import { NORM_NAMES, type Batch, type NormName } from "../demo/train/norms.ts";

/** Raised when the form of runs.json changes. */
export const SCHEMA = 1;

/** Test digits that an accuracy on the way is measured on: on a CPU all of them take as long as hundreds of steps. The final one takes all. */
export const CHECKED = 200;

/** One training run to be made: a norm, a batch size, and the seed of the weights and of the digits' order. */
export interface Job {
  readonly norm: NormName;
  readonly batch: Batch;
  readonly seed: number;
}

/** A value after so many digits seen. */
export type Point = readonly [samples: number, value: number];

export interface Run extends Job {
  readonly learningRate: number;
  /** Losses of the training batches, averaged over stretches of equal length; each point stands at its stretch's end. */
  readonly loss: readonly Point[];
  /** Share of the test digits told rightly, 0 to 1; the last is the final one. */
  readonly accuracy: readonly Point[];
  /** Digits seen when the loss was no longer a number, where the run ended; null: it never was. */
  readonly divergedAt: number | null;
  readonly seconds: number;
  /** When it ended, ISO 8601. */
  readonly finished: string;
}

/** What runs of one record have in common: figures of others would not be comparable. */
export interface Settings {
  readonly samples: number;
  readonly network: { readonly version: number; readonly text: string; readonly testDigits: number };
  readonly adapter: { readonly name: string; readonly software: boolean };
}

/** runs.json. */
export interface ClaimRecord extends Settings {
  readonly schema: number;
  readonly browser: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly os: string };
  readonly versions: Readonly<Record<string, string>>;
  readonly runs: readonly Run[];
}

/** Seeds outermost, so that a record that was cut short has as many seeds of every norm and batch, but for the last. */
export function jobsOf({ norms, batches, seeds }: { norms: readonly NormName[]; batches: readonly Batch[]; seeds: readonly number[] }): Job[] {
  return seeds.flatMap((seed) => batches.flatMap((batch) => norms.map((norm) => ({ norm, batch, seed }))));
}

/** The norms that there are runs of, in the order of the page. */
export function normsOf(runs: readonly Pick<Run, "norm">[]): NormName[] {
  return NORM_NAMES.filter((norm) => runs.some((run) => run.norm === norm));
}

/** The batch sizes that there are runs of, from the least. */
export function batchesOf(runs: readonly Pick<Run, "batch">[]): Batch[] {
  return [...new Set(runs.map(({ batch }) => batch))].toSorted((a, b) => a - b);
}

/** A run as people name it. */
export function nameOf({ norm, batch, seed }: Job): string {
  return `${norm}, batch ${batch}, seed ${seed}`;
}

/** Jobs that the record has no run of. */
export function left(jobs: readonly Job[], runs: readonly Run[]): Job[] {
  const done = new Set(runs.map(nameOf));
  return jobs.filter((job) => !done.has(nameOf(job)));
}

function described({ samples, network, adapter }: Settings): Record<string, string> {
  return {
    "samples a run": String(samples),
    "version of the network": String(network.version),
    "number of test digits": String(network.testDigits),
    adapter: adapter.name,
  };
}

/**
 * The record to go on with: the facts of now, and the runs that were made before.
 * @throws Error where those were made with other settings
 */
export function resume(before: ClaimRecord | null, now: ClaimRecord): ClaimRecord {
  if (!before?.runs.length) return now;
  if (before.schema !== SCHEMA) throw new Error(`the record is of schema ${before.schema}; wanted ${SCHEMA}: --fresh starts a new one, --out writes elsewhere`);
  const [old, wanted] = [described(before), described(now)];
  const apart = Object.keys(wanted).find((name) => old[name] !== wanted[name]);
  if (apart)
    throw new Error(`the record was made with another ${apart} (${old[apart]}); wanted ${wanted[apart]}: --fresh starts a new one, --out writes elsewhere`);
  return { ...now, runs: before.runs };
}
