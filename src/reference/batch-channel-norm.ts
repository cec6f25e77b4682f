import { sameShape } from "../core/shape.ts";
import { batchNormBackward, batchNormForward, type BatchNormArguments } from "./batch-norm.ts";
import { channelAxis, type ChannelArguments } from "./channels.ts";
import { estimatedBatchNormBackward, estimatedBatchNormForward } from "./estimated-batch-norm.ts";
import { normalizeBackward, type NormBackward } from "./gradient.ts";
import { groupNormDefinition } from "./group-norm.ts";
import type { Float64NdArray, NdArray } from "./nd-array.ts";
import { normalizeForward, type NormArguments, type NormDefinition } from "./normalize.ts";
import type { RunningArguments, RunningStatistics } from "./running-statistics.ts";

export interface BatchChannelNormArguments extends NormArguments, ChannelArguments, RunningArguments {
  /** Groups of channels of the second normalization, neighbours together; must divide their count. */
  groups: number;
  /** True: the first normalization has statistics of the batch, or moves the estimates. False: the given mean and variance. */
  training: boolean;
  /** Parameters of the first normalization, [C] or a shape that broadcasts to x. gamma and beta are those of the second, [groups], [C] or a shape that broadcasts to x. */
  bnGamma?: NdArray | null;
  bnBeta?: NdArray | null;
  /** eps of the first normalization. Default: eps. */
  bnEps?: number;
  /** Given: the first normalization is by estimates that move so far in training (estimated batch normalization), and mean and variance are needed. */
  movingSpeed?: number;
}

/** y of x's shape; mean, rstd and variance of the groups, [N, groups], flat; the running statistics after the call where they move. */
export interface BatchChannelNormForward extends RunningStatistics {
  readonly y: Float64Array;
  readonly mean: Float64Array;
  readonly rstd: Float64Array;
  readonly variance: Float64Array;
}

/** Gradients of each input that was given, in its shape; dmean and dvariance in eval without `movingSpeed`. */
export interface BatchChannelNormBackward extends NormBackward {
  readonly dbnGamma?: Float64NdArray;
  readonly dbnBeta?: Float64NdArray;
}

/**
 * Batch-channel normalization: batch normalization, or estimated batch normalization, and then group normalization of what it gives.
 *
 *     y = activation(groupNorm(batchNorm(x) * bnGamma + bnBeta) * gamma + beta)
 *
 * Qiao et al. 2019 (arXiv:1911.09738), where gamma and beta have a value per group.
 * @param x [N, C, ...], or [N, ..., C] in layout nhwc
 * @throws ShapeError where shapes do not fit; OptionError where an option's value is none
 */
export function batchChannelNormForward(x: NdArray, args: BatchChannelNormArguments): BatchChannelNormForward {
  const first = firstForward(x, args);
  const definition = channelDefinition("batchChannelNormForward", x, args);
  const { y, mean, rstd, variance } = normalizeForward({ data: first.y, shape: x.shape }, secondArguments(args), definition);
  const { runningMean, runningVariance } = first;
  return { y, mean, rstd, variance, ...(runningMean && { runningMean }), ...(runningVariance && { runningVariance }) };
}

/**
 * Gradients of {@link batchChannelNormForward}: those of group normalization, whose dx is the dy of batch normalization.
 * @param dy x's shape
 * @throws ShapeError, OptionError
 */
export function batchChannelNormBackward(dy: NdArray, x: NdArray, args: BatchChannelNormArguments): BatchChannelNormBackward {
  const middle = { data: firstForward(x, args).y, shape: x.shape };
  const second = normalizeBackward(dy, middle, secondArguments(args), channelDefinition("batchChannelNormBackward", x, args));
  const between = { data: second.dx, shape: x.shape };
  const {
    dgamma: dbnGamma,
    dbeta: dbnBeta,
    ...first
  } = isEstimated(args) ? estimatedBatchNormBackward(between, x, firstArguments(args)) : batchNormBackward(between, x, firstArguments(args));
  const { dgamma, dbeta } = second;
  return { ...first, ...(dgamma && { dgamma }), ...(dbeta && { dbeta }), ...(dbnGamma && { dbnGamma }), ...(dbnBeta && { dbnBeta }) };
}

type Estimated = BatchChannelNormArguments & { mean: ArrayLike<number>; variance: ArrayLike<number>; movingSpeed: number };

function isEstimated(args: BatchChannelNormArguments): args is Estimated {
  return args.movingSpeed !== undefined;
}

function firstForward(x: NdArray, args: BatchChannelNormArguments): RunningStatistics & { y: Float64Array } {
  return isEstimated(args) ? estimatedBatchNormForward(x, firstArguments(args)) : batchNormForward(x, firstArguments(args));
}

/** What batch normalization takes: everything but the affine part and activation of the second. */
function firstArguments<Args extends BatchChannelNormArguments>(args: Args): Args & BatchNormArguments {
  const { bnGamma, bnBeta, bnEps, eps } = args;
  const own = bnEps ?? eps;
  return { ...args, gamma: bnGamma, beta: bnBeta, eps: own, activation: "none", gammaScale: 1, gammaShift: 0 } as Args & BatchNormArguments;
}

function secondArguments({ gamma, beta, eps, activation, gammaScale, gammaShift }: BatchChannelNormArguments): NormArguments {
  return { gamma, beta, eps, activation, gammaScale, gammaShift } as NormArguments;
}

/** Group normalization whose parameters may have a value per group. */
function channelDefinition(call: string, x: NdArray, args: BatchChannelNormArguments): NormDefinition {
  const definition = groupNormDefinition(call, x.shape, args);
  const channels = x.shape[channelAxis(x.shape, args.layout, call)]!;
  return {
    ...definition,
    parameterMap: (parameter, name) => {
      if (args.groups === channels || !sameShape(parameter, [args.groups])) return definition.parameterMap(parameter, name);
      return definition.statisticOf.map((statistic) => statistic % args.groups);
    },
  };
}
