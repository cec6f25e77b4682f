import { OptionError, ShapeError } from "../core/errors.ts";
import { formatShape, type Shape } from "../core/shape.ts";

/** Running statistics before a call, and how they move. */
export interface RunningArguments {
  /** Running mean and variance, one value a channel; both or neither. */
  mean?: ArrayLike<number> | null;
  variance?: ArrayLike<number> | null;
  /** Weight of the new value (`update`) or of the old one (`retain`); null: the plain average over all batches. Default 0.1, update. */
  momentum?: number | null;
  momentumConvention?: "update" | "retain";
  /** Batches seen before this one, for momentum null. */
  numBatchesTracked?: number;
  /** `unbiased` (default): the running variance takes the batch variance times n / (n - 1). `biased`: as it is. */
  runningVariance?: "unbiased" | "biased";
}

/** Running statistics after a training call, where they were given. */
export interface RunningStatistics {
  readonly runningMean?: Float64Array;
  readonly runningVariance?: Float64Array;
}

/** Refuses running statistics that do not fit, and conventions that are none. @throws ShapeError, OptionError */
export function checkRunning(call: string, x: Shape, channels: number, args: RunningArguments): void {
  const { mean, variance, momentum, momentumConvention = "update", runningVariance = "unbiased" } = args;
  if (Boolean(mean) !== Boolean(variance)) throw new OptionError(`${call}: ${mean ? "variance" : "mean"} is missing; mean and variance come together`);
  for (const [name, values] of Object.entries({ mean, variance })) {
    if (values && values.length !== channels)
      throw new ShapeError(`${call}: ${name} has ${values.length} values; x is ${formatShape(x)} with ${channels} channels`);
  }
  if (typeof momentum === "number" && !(momentum >= 0 && momentum <= 1))
    throw new OptionError(`${call}: momentum is ${momentum}; wanted a number from 0 to 1, or null`);
  if (momentumConvention !== "update" && momentumConvention !== "retain") {
    throw new OptionError(`${call}: momentumConvention is ${String(momentumConvention)}; wanted "update" or "retain"`);
  }
  if (runningVariance !== "unbiased" && runningVariance !== "biased") {
    throw new OptionError(`${call}: runningVariance is ${String(runningVariance)}; wanted "unbiased" or "biased"`);
  }
}

/**
 * new = old + weight * (batch - old); the batch variance is the biased one of `count` values, taken times count / (count - 1) where the
 * running variance is unbiased. An empty batch moves nothing.
 */
export function movedStatistics(args: RunningArguments, batch: { mean: Float64Array; variance: Float64Array }, count: number): RunningStatistics {
  if (!args.mean || !args.variance) return {};
  const weight = count === 0 ? 0 : weightOfNew(args);
  const correction = args.runningVariance === "biased" ? 1 : count / (count - 1);
  const move = (old: ArrayLike<number>, values: Float64Array, factor: number): Float64Array =>
    Float64Array.from(old, (value, c) => (weight === 0 ? value : value + weight * (values[c]! * factor - value)));
  return { runningMean: move(args.mean, batch.mean, 1), runningVariance: move(args.variance, batch.variance, correction) };
}

function weightOfNew({ momentum = 0.1, momentumConvention, numBatchesTracked = 0 }: RunningArguments): number {
  if (momentum === null) return 1 / (numBatchesTracked + 1);
  return momentumConvention === "retain" ? 1 - momentum : momentum;
}
