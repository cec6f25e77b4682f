import { mean } from "../bench/statistics.ts";
import { CHECKED, type Job, type Point, type Run, type Settings } from "./record.ts";

/** Points of a loss curve, and measurements of test accuracy, evenly over a run; fewer where there are fewer steps. */
const LOSS_POINTS = 32;
const CHECKS = 4;

/** Steps asked of the page at once: a call that takes minutes would meet the limits of the protocol. */
const STEPS_AT_ONCE = 100;

/** A lane of the network, wherever it runs. */
export interface Trainee {
  readonly learningRate: number;
  /** Losses of the next steps; it ends early after one that is not finite, given as null. */
  advance(steps: number): Promise<readonly (number | null)[]>;
  /** Share of so many of the test digits told rightly. */
  accuracy(digits: number): Promise<number>;
}

/** Losses of all steps as at most `most` points: averages over stretches as equal as whole steps allow. */
export function thinned(losses: readonly number[], batch: number, most: number): Point[] {
  const count = Math.min(most, losses.length);
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [Math.round((i * losses.length) / count), Math.round(((i + 1) * losses.length) / count)];
    return [to * batch, rounded(mean(losses.slice(from, to)))];
  });
}

function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

async function train(trainee: Trainee, losses: number[], until: number): Promise<boolean> {
  while (losses.length < until) {
    for (const loss of await trainee.advance(Math.min(STEPS_AT_ONCE, until - losses.length))) {
      if (loss === null) return false;
      losses.push(loss);
    }
  }
  return true;
}

/** Trains a lane on so many digits. A loss that is no number ends it, and is recorded with the accuracy that is left. */
export async function drive(job: Job, trainee: Trainee, { samples, network }: Pick<Settings, "samples" | "network">, clock: { now(): number }): Promise<Run> {
  const start = clock.now();
  const steps = samples / job.batch;
  const losses: number[] = [];
  const accuracy: Point[] = [];
  let sound = true;
  for (let check = 1; sound && check <= CHECKS; check++) {
    const until = Math.round((steps * check) / CHECKS);
    if (until === losses.length) continue;
    sound = await train(trainee, losses, until);
    const digits = sound && check < CHECKS ? Math.min(CHECKED, network.testDigits) : network.testDigits;
    accuracy.push([(losses.length + (sound ? 0 : 1)) * job.batch, rounded(await trainee.accuracy(digits))]);
  }
  const end = clock.now();
  return {
    ...job,
    learningRate: trainee.learningRate,
    loss: thinned(losses, job.batch, LOSS_POINTS),
    accuracy,
    divergedAt: sound ? null : (losses.length + 1) * job.batch,
    seconds: Math.round((end - start) / 1000),
    finished: new Date(end).toISOString(),
  };
}
