import type { Activation } from "../core/activation.ts";
import { ShapeError } from "../core/errors.ts";
import { formatShape, sizeOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { CHANNELS, CHANNEL_GRADIENTS } from "../plan/walks.ts";
import { runBackward, type BackwardOptions, type BackwardResult } from "./backward.ts";
import { channelAxes, channelAxis, channelStrides, checkChannels, checkCount, type ChannelOptions } from "./channels.ts";
import { runForward, type AffineParameters, type ForwardOptions, type ForwardResult, type NormSpec } from "./forward.ts";
import { ownOptions } from "./kept-specs.ts";
import { checkActivation, checkEps, type NormClassOptions } from "./norm.ts";
import { RunningNorm } from "./running-norm.ts";
import { boundStatistics, checkGiven, checkMomentum, checkRunning, isUnbiased, weightOfNew, type RunningOptions } from "./running-statistics.ts";
import type { Saved, SavedMeaning } from "./saved.ts";

/** Options that a BatchNorm call and a BatchNorm layer share. */
export interface BatchNormShared extends ChannelOptions, Pick<RunningOptions, "runningVariance"> {
  /** The axis, or axes, that keep a statistic each; overrides `layout`. */
  channelAxis?: number | readonly number[];
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  activation?: Activation;
}

/** Options of the stateless {@link batchNorm}. */
export interface BatchNormOptions extends BatchNormShared {
  /** True: statistics of the batch. False: those given as `mean` and `variance`. */
  training: boolean;
  /** Running mean, one value a channel: read in eval mode, moved in training where it is given. */
  mean?: Tensor | null;
  /** Running variance, likewise. */
  variance?: Tensor | null;
  /** Weight of the new value when running statistics move. Default 0.1. */
  momentum?: number;
}

/**
 * Batch normalization of each channel over all other axes; equation, running statistics and source: reference/batch-norm.ts.
 * @param x [N, C, ...], [N, C] or, in layout nhwc, [N, ..., C]   @returns y of x's shape; saved.mean, saved.rstd and saved.variance [C]
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function batchNorm(gpu: Gpu, x: Tensor, options: BatchNormOptions & AffineParameters & ForwardOptions): ForwardResult {
  const call = "batchNorm";
  const { mean, variance } = options;
  checkGiven(call, options.training, options, null);
  gpu.need(call, { x });
  gpu.check(call, { mean, variance });
  const moves = options.training && mean ? { momentum: checkMomentum(options.momentum ?? 0.1, call) } : null;
  const spec = batchNormSpec(call, x.shape, options, moves);
  checkGiven(call, options.training, options, sizeOf(spec.shape) === 0 ? null : statisticsOf(spec));
  return runForward(gpu, CHANNELS, call, x, () => spec, options, boundStatistics(options.training, mean, variance));
}

/**
 * Gradients of {@link batchNorm}, whose options must be given again; whether the batch's statistics or given ones were used is known from `saved`.
 * Equations: reference/gradient.ts.
 * @param dy x's shape   @param saved of the forward call
 * @returns dx of x's shape; dgamma and dbeta of gamma's and beta's; where statistics were given dmean and dvariance, one value a channel
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function batchNormBackward(
  gpu: Gpu,
  dy: Tensor,
  saved: Saved | undefined,
  options: BatchNormShared & AffineParameters & BackwardOptions = {},
): BackwardResult {
  const call = "batchNormBackward";
  const specOf = (x: Shape, kind: SavedMeaning["kind"]): NormSpec => batchNormSpec(call, x, { ...options, training: kind === "moments" }, null);
  return runBackward(gpu, CHANNEL_GRADIENTS, call, dy, saved, specOf, { ...options, wants: { dmean: true, dvariance: true, ...options.wants } });
}

function statisticsOf(spec: NormSpec): number {
  return sizeOf(spec.shape.filter((_, axis) => !spec.reduced.includes(axis)));
}

/** The axes of x that keep a statistic each. @throws OptionError, ShapeError */
export function batchNormAxes(call: string, x: Shape, options: Pick<BatchNormShared, "channelAxis" | "layout">): number[] {
  if (options.channelAxis !== undefined) return channelAxes(options.channelAxis, x, call);
  return [channelAxis(options.layout ?? "nchw", x, call)];
}

/** What BatchNorm means for x of this shape; `moves` where running statistics move. */
export function batchNormSpec(call: string, x: Shape, options: BatchNormShared & { training: boolean }, moves: { momentum: number } | null): NormSpec {
  const axes = batchNormAxes(call, x, options);
  const reduced = x.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const count = sizeOf(reduced.map((axis) => x[axis]!));
  const unbiased = isUnbiased(options, call);
  if (options.training && count === 1) throw new ShapeError(`${call}: x is ${formatShape(x)}; training needs more than 1 value per channel`);
  return {
    call,
    shape: x,
    cut: null,
    reduced,
    statistics: options.training ? "moments" : "fixed",
    subtractsMean: true,
    activation: checkActivation(options.activation, call),
    eps: checkEps(options.eps ?? 1e-5, call),
    running: moves && { momentum: moves.momentum, unbiased },
    strides: (parameter) => channelStrides(parameter, x, axes),
    wanted: `${formatShape(axes.map((axis) => x[axis]!))} or a shape that broadcasts to ${formatShape(x)}`,
  };
}

/** Options of {@link BatchNorm}. */
export interface BatchNormClassOptions extends BatchNormShared, RunningOptions, NormClassOptions {
  /** Count of channels; with several channel axes, the size of each. */
  channels: number | readonly number[];
  /** False: no running statistics; batch statistics in eval mode too. Default true. */
  trackRunningStats?: boolean;
}

/** Batch normalization with its own gamma, beta and running statistics. PyTorch's `BatchNorm1d`, `2d` and `3d`. */
export class BatchNorm extends RunningNorm {
  /** @internal */ protected readonly walks = { forward: CHANNELS, backward: CHANNEL_GRADIENTS };
  readonly options: Readonly<BatchNormClassOptions>;
  readonly #channels: Shape;

  /** @throws OptionError */
  constructor(gpu: Gpu, options: BatchNormClassOptions) {
    const channels = Array.isArray(options.channels) ? [...options.channels] : [options.channels as number];
    for (const count of channels) checkCount(count, "channels", "BatchNorm");
    checkRunning(options, "BatchNorm");
    checkEps(options.eps ?? 1e-5, "BatchNorm");
    super(gpu, "BatchNorm", channels, options, options.trackRunningStats !== false);
    this.options = ownOptions(options);
    this.#channels = channels;
  }

  protected override get state(): number {
    return this.stateWith(this.options);
  }

  protected spec(call: string, x: Shape): NormSpec {
    checkChannels(call, x, batchNormAxes(call, x, this.options), this.#channels);
    const moves = this.moves ? { momentum: weightOfNew(this.options, this.numBatchesTracked) } : null;
    return batchNormSpec(call, x, { ...this.options, training: this.usesOwn }, moves);
  }

  protected override savedSpec(call: string, x: Shape, kind: SavedMeaning["kind"]): NormSpec {
    checkChannels(call, x, batchNormAxes(call, x, this.options), this.#channels);
    return batchNormSpec(call, x, { ...this.options, training: kind === "moments" }, null);
  }
}
