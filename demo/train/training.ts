import type { Gpu } from "../../src/index.ts";
import type { Digits } from "./digits.ts";
import type { Lane } from "./lane.ts";
import type { Batch, NormName } from "./norms.ts";

/** Training ends after so many digits: all there are, once. */
export const MOST_DIGITS = 4000;
/** Digits between two tests, and digits that a test takes. */
const TEST_EVERY = 200;
const TESTED = 200;
/** Digits over which the curve of the loss is smoothed. */
const SMOOTH = 200;

/** What became of a lane so far; null where it has not come so far, or has diverged. */
export interface LaneRecord {
  readonly norm: NormName;
  /** Mean loss of the last digits, after each round. */
  readonly loss: (number | null)[];
  /** Share of test digits told right, at each test. */
  readonly accuracy: (number | null)[];
  /** Milliseconds of a step, of late. */
  pace: number | null;
  hasDiverged: boolean;
}

export interface TrainingOptions {
  readonly gpu: Gpu;
  readonly norms: readonly NormName[];
  readonly batch: Batch;
  readonly seed: number;
}

/** Ended before the round was. */
export class Cancelled extends Error {}

/** Lanes side by side: in a round each takes a step, with the same digits. */
export class Training {
  readonly options: TrainingOptions;
  readonly records: readonly LaneRecord[];
  /** Digits seen after each round, and at each test. */
  readonly rounds: number[] = [];
  readonly tests: number[] = [];
  readonly #changed: () => void;
  readonly #means: { sum: number; weight: number }[];
  #lanes: Lane[] | null = null;
  #lost: Promise<never> | null = null;
  #isCancelled = false;

  /** @param changed is told after every step and test */
  constructor(options: TrainingOptions, changed: () => void) {
    this.options = options;
    this.records = options.norms.map((norm) => ({ norm, loss: [], accuracy: [], pace: null, hasDiverged: false }));
    this.#means = options.norms.map(() => ({ sum: 0, weight: 0 }));
    this.#changed = changed;
  }

  get digits(): number {
    return this.rounds.at(-1) ?? 0;
  }

  get isDone(): boolean {
    return this.digits >= MOST_DIGITS;
  }

  /** A step of each lane, and a test where it is time. @throws Cancelled, and what a lost device throws */
  async round(): Promise<void> {
    const lanes = (this.#lanes ??= await this.#open());
    const before = this.digits;
    this.rounds.push(before + this.options.batch);
    for (const { loss } of this.records) loss.push(null);
    for (const [i, lane] of lanes.entries()) {
      const start = performance.now();
      const loss = await this.#answered(lane.step());
      this.#took(i, loss, performance.now() - start);
    }
    if (Math.floor(this.digits / TEST_EVERY) > Math.floor(before / TEST_EVERY) || this.isDone) await this.#test(lanes);
  }

  /** A device that is lost while something is read from it might never answer. */
  #answered(value: Promise<number>): Promise<number> {
    this.#lost ??= this.options.gpu.lost.then(() => Promise.reject(new Cancelled("the device was lost")));
    return Promise.race([value, this.#lost]);
  }

  #took(i: number, loss: number, milliseconds: number): void {
    const [record, mean] = [this.records[i]!, this.#means[i]!];
    const keep = Math.exp(-this.options.batch / SMOOTH);
    mean.sum = keep * mean.sum + (1 - keep) * loss;
    mean.weight = keep * mean.weight + (1 - keep);
    record.hasDiverged ||= !Number.isFinite(loss);
    record.loss[record.loss.length - 1] = record.hasDiverged ? null : mean.sum / mean.weight;
    // The first step compiles.
    if (record.loss.length > 1) record.pace = record.pace === null ? milliseconds : 0.9 * record.pace + 0.1 * milliseconds;
    this.#tell();
  }

  async #test(lanes: readonly Lane[]): Promise<void> {
    this.tests.push(this.digits);
    for (const { accuracy } of this.records) accuracy.push(null);
    for (const [i, lane] of lanes.entries()) {
      const { accuracy } = this.records[i]!;
      accuracy[accuracy.length - 1] = await this.#answered(lane.accuracy(TESTED));
      this.#tell();
    }
  }

  #tell(): void {
    if (this.#isCancelled) throw new Cancelled("cancelled");
    this.#changed();
  }

  /** TensorFlow.js and the digits are loaded when they are first needed. */
  async #open(): Promise<Lane[]> {
    const [{ openLane }, data] = await Promise.all([import("./lane.ts"), import("./digits.ts")]);
    const { norms, ...options } = this.options;
    const digits = await (loaded ??= data.Digits.load().catch(forget));
    const lanes: Lane[] = [];
    for (const norm of norms) {
      if (this.#isCancelled) break;
      lanes.push(await openLane({ ...options, norm, digits }));
    }
    return lanes;
  }

  /** The round under way ends with Cancelled at its next step. */
  cancel(): void {
    this.#isCancelled = true;
  }

  /** Frees the networks; no round may be under way. */
  destroy(): void {
    for (const lane of this.#lanes ?? []) lane.destroy();
    this.#lanes = null;
  }
}

let loaded: Promise<Digits> | null = null;

function forget(error: unknown): never {
  loaded = null;
  throw error;
}
