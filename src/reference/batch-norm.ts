import { OptionError, ShapeError } from "../core/errors.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import { channelAxesOf, channelAxis, channelMap, type ChannelArguments } from "./channels.ts";
import { normalizeBackward, type NormBackward } from "./gradient.ts";
import { statisticMap } from "./moments.ts";
import type { NdArray } from "./nd-array.ts";
import { normalizeForward, type NormArguments, type NormDefinition, type NormForward } from "./normalize.ts";
import { checkRunning, movedStatistics, type RunningArguments, type RunningStatistics } from "./running-statistics.ts";

export interface BatchNormArguments extends NormArguments, ChannelArguments, RunningArguments {
  /** True: statistics of the batch. False: the given mean and variance. */
  training: boolean;
  /** The axis, or axes, that keep a statistic each; overrides `layout`. */
  channelAxis?: number | readonly number[];
}

/** Outputs of a forward call; the running statistics after it, where they were given in training. */
export interface BatchNormForward extends NormForward, RunningStatistics {}

/**
 * Batch normalization of each channel over all other axes:
 *
 *     training   xhat = (x - mean) / sqrt(variance + eps), mean and biased variance of the channel's n values in the batch
 *     eval       the same with the given mean and variance
 *     y = activation(xhat * gamma + beta)
 *     running    new = old + momentum * (batch - old), of the mean and of the variance times n / (n - 1)
 *
 * Ioffe & Szegedy 2015 (arXiv:1502.03167), algorithms 1 and 2. The moving averages, which the paper leaves open, are PyTorch's by default.
 * @param x [N, C, ...], or [N, ..., C] in layout nhwc; any shape with `channelAxis`
 * @param args gamma, beta, residualBias: [C] (with several channel axes, the size of each) or a shape that broadcasts to x; mean, variance: C values
 * @returns y of x's shape; mean, rstd, variance [C], of the batch in training and the given ones in eval. An empty batch has NaN for statistics
 * @throws ShapeError where shapes do not fit, or a channel has 1 value in training; OptionError where eval has no statistics, or an option's value is none
 */
export function batchNormForward(x: NdArray, args: BatchNormArguments): BatchNormForward {
  const definition = batchNormDefinition("batchNormForward", x.shape, args);
  const forward = normalizeForward(x, args, definition);
  return args.training ? { ...forward, ...movedStatistics(args, forward, definition.count) } : forward;
}

/**
 * Gradients of {@link batchNormForward}. With h = dy * activation' * gamma and mean() over a channel's values:
 *
 *     training   dx = rstd * (h - mean(h) - xhat * mean(h * xhat))
 *     eval       dx = rstd * h,  dmean = -sum rstd * h,  dvariance = -sum rstd^3 * h * (x - mean) / 2
 *
 * @param dy x's shape
 * @throws ShapeError, OptionError
 */
export function batchNormBackward(dy: NdArray, x: NdArray, args: BatchNormArguments): NormBackward {
  return normalizeBackward(dy, x, args, batchNormDefinition("batchNormBackward", x.shape, args));
}

/** What batch normalization means for x of this shape. @throws ShapeError, OptionError */
export function batchNormDefinition(call: string, x: Shape, args: BatchNormArguments): NormDefinition {
  const axes = args.channelAxis === undefined ? [channelAxis(x, args.layout, call)] : channelAxesOf(x, args.channelAxis, call);
  const map = statisticMap(
    x,
    [...x.keys()].filter((axis) => !axes.includes(axis)),
  );
  const { training, mean, variance } = args;
  checkRunning(call, x, map.statistics, args);
  if (training && map.count === 1) throw new ShapeError(`${call}: x is ${formatShape(x)}; training needs more than 1 value per channel`);
  if (!training && !(mean && variance)) throw new OptionError(`${call}: training is false; mean and variance are needed`);
  return {
    call,
    shape: x,
    ...map,
    kind: training ? "moments" : "fixed",
    subtractsMean: true,
    parameterMap: (parameter, name) => channelMap(parameter, x, axes, name, call),
    ...(!training && { fixed: { mean: Float64Array.from(mean!), variance: Float64Array.from(variance!) } }),
  };
}
