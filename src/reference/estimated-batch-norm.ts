import { OptionError } from "../core/errors.ts";
import { batchNormDefinition, type BatchNormArguments } from "./batch-norm.ts";
import { normalizeBackward, type NormBackward } from "./gradient.ts";
import { checkArray, type NdArray } from "./nd-array.ts";
import { normalizeForward, summed, type NormArguments, type NormDefinition, type NormForward } from "./normalize.ts";
import { groupSums } from "./sums.ts";

export interface EstimatedBatchNormArguments extends NormArguments, Pick<BatchNormArguments, "layout" | "channelAxis"> {
  /** True: the estimates move first. False: they are used as they are. */
  training: boolean;
  /** Estimates before the call, one value a channel. */
  mean: ArrayLike<number>;
  variance: ArrayLike<number>;
  /** How far the estimates move towards the batch, from 0 to 1. Default 0: they stay. */
  movingSpeed?: number;
}

/** Outputs of a forward call; the estimates after it are `runningMean` and `runningVariance`, and what it normalized with. */
export interface EstimatedBatchNormForward extends NormForward {
  readonly runningMean: Float64Array;
  readonly runningVariance: Float64Array;
}

/**
 * Batch normalization with estimated statistics: in training the estimates move before they are used, and in eval they stay.
 *
 *     variance += movingSpeed * (mean of (x - mean)^2 - variance),  about the old mean
 *     mean     += movingSpeed * (mean of x - mean)
 *     y = activation((x - mean) / sqrt(variance + eps) * gamma + beta),  with the new ones
 *
 * Qiao et al. 2019 (arXiv:1911.09738), the batch normalization of micro-batches; the order of the two moves is that of its authors' code.
 * @param x [N, C, ...], or [N, ..., C] in layout nhwc; any shape with `channelAxis`
 * @param args gamma, beta, residualBias: [C] or a shape that broadcasts to x
 * @returns y of x's shape; mean, rstd, variance, runningMean and runningVariance [C]. An empty batch moves nothing
 * @throws ShapeError where shapes do not fit; OptionError where an option's value is none
 */
export function estimatedBatchNormForward(x: NdArray, args: EstimatedBatchNormArguments): EstimatedBatchNormForward {
  const definition = estimatedDefinition("estimatedBatchNormForward", x, args);
  const { mean, variance } = definition.fixed!;
  return { ...normalizeForward(x, args, definition), runningMean: mean, runningVariance: variance };
}

/**
 * Gradients of {@link estimatedBatchNormForward}. None goes through the estimates: dx = rstd * h, h = dy * activation' * gamma; dgamma = sum dy * xhat, dbeta = sum dy.
 * @param dy x's shape
 * @throws ShapeError, OptionError
 */
export function estimatedBatchNormBackward(dy: NdArray, x: NdArray, args: EstimatedBatchNormArguments): Omit<NormBackward, "dmean" | "dvariance"> {
  const { dmean: _mean, dvariance: _variance, ...gradients } = normalizeBackward(dy, x, args, estimatedDefinition("estimatedBatchNormBackward", x, args));
  return gradients;
}

/** Normalization with the estimates as they are after the call. @throws ShapeError, OptionError */
function estimatedDefinition(call: string, x: NdArray, args: EstimatedBatchNormArguments): NormDefinition {
  const { training, movingSpeed = 0 } = args;
  if (!(movingSpeed >= 0 && movingSpeed <= 1)) throw new OptionError(`${call}: movingSpeed is ${String(movingSpeed)}; wanted a number from 0 to 1`);
  if (!args.mean || !args.variance) throw new OptionError(`${call}: ${args.mean ? "variance" : "mean"} is missing; the estimates are needed in training too`);
  checkArray(x, "x", call);
  const definition = batchNormDefinition(call, x.shape, { ...args, training: false });
  const { statisticOf, statistics, count } = definition;
  if (!training || movingSpeed === 0 || count === 0) return definition;
  const { mean, variance } = definition.fixed!;
  const deviation = summed(x, args, definition);
  for (let i = 0; i < deviation.length; i++) deviation[i]! -= mean[statisticOf[i]!]!;
  const offset = groupSums(statistics, statisticOf, deviation);
  const square = groupSums(statistics, statisticOf, deviation, deviation);
  const fixed = {
    mean: mean.map((old, c) => old + movingSpeed * (offset[c]! / count)),
    variance: variance.map((old, c) => old + movingSpeed * (square[c]! / count - old)),
  };
  return { ...definition, fixed };
}
