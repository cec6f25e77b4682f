import { OptionError, ShapeError } from "../core/errors.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import { channelAxesOf, channelAxis, channelMap, type ChannelArguments } from "./channels.ts";
import type { NdArray } from "./nd-array.ts";
import { normalizeBackward, normalizeForward, statisticMap, type NormArguments, type NormBackward, type NormDefinition, type NormForward } from "./normalize.ts";

export interface BatchNormArguments extends NormArguments, ChannelArguments {
  /** True: statistics of the batch. False: the given mean and variance. */
  training: boolean;
  /** The axis, or axes, that keep a statistic each; overrides `layout`. */
  channelAxis?: number | readonly number[];
  /** Running mean and variance, one value a channel. */
  mean?: ArrayLike<number> | null;
  variance?: ArrayLike<number> | null;
  /** Weight of the new value (`update`) or of the old one (`retain`); null: the plain average over all batches. Default 0.1, update. */
  momentum?: number | null;
  momentumConvention?: "update" | "retain";
  /** Batches seen before this one, for momentum null. */
  numBatchesTracked?: number;
  runningVariance?: "unbiased" | "biased";
}

/** Outputs of a forward call; the running statistics after it, where they were given. */
export interface BatchNormForward extends NormForward {
  readonly runningMean?: Float64Array;
  readonly runningVariance?: Float64Array;
}

/**
 * Batch normalization of each channel over all other axes, with the biased variance of the batch (training) or running statistics (eval).
 * Running statistics: new = old + momentum * (batch - old), the variance unbiased (times n / (n - 1)) or biased.
 * Ioffe & Szegedy 2015 (arXiv:1502.03167), algorithms 1 and 2.
 * @param x [N, C, ...] or [N, ..., C]   @returns y of x's shape; mean, rstd and variance [C]
 * @throws ShapeError, OptionError
 */
export function batchNormForward(x: NdArray, args: BatchNormArguments): BatchNormForward {
  const meaning = definition("batchNormForward", x.shape, args);
  const forward = normalizeForward(x, args, meaning);
  if (!args.training || !args.mean || !args.variance) return forward;
  const weight = weightOfNew(args);
  const correction = args.runningVariance === "biased" ? 1 : meaning.count / (meaning.count - 1);
  const move = (old: ArrayLike<number>, batch: Float64Array, factor: number): Float64Array =>
    Float64Array.from(old, (value, c) => value + weight * (batch[c]! * factor - value));
  return { ...forward, runningMean: move(args.mean, forward.mean, 1), runningVariance: move(args.variance, forward.variance, correction) };
}

function weightOfNew(args: BatchNormArguments): number {
  if (args.momentum === null) return 1 / ((args.numBatchesTracked ?? 0) + 1);
  const momentum = args.momentum ?? 0.1;
  return args.momentumConvention === "retain" ? 1 - momentum : momentum;
}

/** Gradients of {@link batchNormForward}: layer normalization's over each channel in training; in eval dx = dy * gamma * rstd, and those of mean and variance. */
export function batchNormBackward(dy: NdArray, x: NdArray, args: BatchNormArguments): NormBackward {
  return normalizeBackward(dy, x, args, definition("batchNormBackward", x.shape, args));
}

function definition(call: string, x: Shape, args: BatchNormArguments): NormDefinition {
  const axes = args.channelAxis === undefined ? [channelAxis(x, args.layout, call)] : channelAxesOf(x, args.channelAxis, call);
  const map = statisticMap(
    x,
    x.map((_, place) => place).filter((place) => !axes.includes(place)),
  );
  if (args.training && map.count === 1) throw new ShapeError(`${call}: x is ${formatShape(x)}; training needs more than 1 value per channel`);
  if (!args.training && !(args.mean && args.variance)) throw new OptionError(`${call}: training is false; mean and variance are needed`);
  return {
    call,
    shape: x,
    ...map,
    kind: args.training ? "moments" : "fixed",
    subtractsMean: true,
    parameterMap: (parameter, name) => channelMap(parameter, x, axes, name, call),
    ...(!args.training && { fixed: { mean: Float64Array.from(args.mean!), variance: Float64Array.from(args.variance!) } }),
  };
}
