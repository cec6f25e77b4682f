import type { Activation } from "../core/activation.ts";
import { ShapeError } from "../core/errors.ts";
import { formatShape, sizeOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { ROW_GRADIENTS, SAMPLES } from "../plan/walks.ts";
import { runBackward, type BackwardOptions, type BackwardResult } from "./backward.ts";
import { ownOptions } from "./kept-specs.ts";
import { batchNormSpec } from "./batch-norm.ts";
import { channelAxis, channelStrides, checkChannels, checkCount, type ChannelOptions } from "./channels.ts";
import { runForward, type AffineParameters, type ForwardOptions, type ForwardResult, type NormSpec } from "./forward.ts";
import { checkActivation, checkEps, type NormClassOptions } from "./norm.ts";
import { RunningNorm } from "./running-norm.ts";
import { boundStatistics, checkGiven, checkMomentum, checkRunning, isUnbiased, weightOfNew, type RunningOptions } from "./running-statistics.ts";
import type { Saved, SavedMeaning } from "./saved.ts";

/** Options that an InstanceNorm call and an InstanceNorm layer share. */
export interface InstanceNormShared extends ChannelOptions, Pick<RunningOptions, "runningVariance"> {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  activation?: Activation;
}

/** Options of the stateless {@link instanceNorm}. */
export interface InstanceNormOptions extends InstanceNormShared {
  /** True (default): statistics of each instance. False: those given as `mean` and `variance`. */
  training?: boolean;
  /** Running mean, one value a channel: read with `training: false`, else moved where it is given. */
  mean?: Tensor | null;
  /** Running variance, likewise. */
  variance?: Tensor | null;
  /** Weight of the new value when running statistics move. Default 0.1. */
  momentum?: number;
}

/**
 * Instance normalization: each channel of each sample, over its positions; over one position y = beta. Equation, running statistics and source:
 * reference/instance-norm.ts.
 * @param x [N, C, ...] or, in layout nhwc, [N, ..., C]   @returns y of x's shape; saved.mean and saved.rstd [N, C] ([C] with `training: false`)
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function instanceNorm(gpu: Gpu, x: Tensor, options: InstanceNormOptions & AffineParameters & ForwardOptions = {}): ForwardResult {
  const call = "instanceNorm";
  const { mean, variance, training = true } = options;
  checkGiven(call, training, options, null);
  gpu.need(call, { x });
  gpu.check(call, { mean, variance });
  const moves = training && mean ? { momentum: checkMomentum(options.momentum ?? 0.1, call) } : null;
  const spec = instanceNormSpec(call, x.shape, { ...options, training }, moves);
  checkGiven(call, training, options, sizeOf(x.shape) === 0 ? null : x.shape[channelAxis(options.layout ?? "nchw", x.shape, call)]!);
  return runForward(gpu, SAMPLES, call, x, () => spec, options, boundStatistics(training, mean, variance));
}

/**
 * Gradients of {@link instanceNorm}, whose options must be given again; equations: reference/gradient.ts.
 * @param dy x's shape   @param saved of the forward call   @returns dx of x's shape; dgamma and dbeta of gamma's and beta's
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function instanceNormBackward(
  gpu: Gpu,
  dy: Tensor,
  saved: Saved | undefined,
  options: InstanceNormShared & AffineParameters & BackwardOptions = {},
): BackwardResult {
  const call = "instanceNormBackward";
  const specOf = (x: Shape, kind: SavedMeaning["kind"]): NormSpec => instanceNormSpec(call, x, { ...options, training: kind === "moments" }, null);
  return runBackward(gpu, ROW_GRADIENTS, call, dy, saved, specOf, { ...options, wants: { dmean: true, dvariance: true, ...options.wants } });
}

/** What InstanceNorm means for x of this shape; `moves` where running statistics move. */
function instanceNormSpec(call: string, x: Shape, options: InstanceNormShared & { training: boolean }, moves: { momentum: number } | null): NormSpec {
  const axis = channelAxis(options.layout ?? "nchw", x, call);
  // Fixed statistics have no instances: that is BatchNorm in eval mode.
  if (!options.training) return batchNormSpec(call, x, { ...options, training: false }, null);
  const reduced = x.map((_, place) => place).filter((place) => place !== 0 && place !== axis);
  const noValue = reduced.some((place) => x[place] === 0);
  if (noValue && x[0] !== 0 && x[axis] !== 0) throw new ShapeError(`${call}: x is ${formatShape(x)}; its channels hold no value to take a mean of`);
  const unbiased = isUnbiased(options, call);
  if (moves && unbiased && sizeOf(reduced.map((place) => x[place]!)) === 1) {
    throw new ShapeError(`${call}: x is ${formatShape(x)}; an unbiased running variance needs more than 1 value per channel`);
  }
  return {
    call,
    shape: x,
    cut: null,
    reduced,
    statistics: "moments",
    subtractsMean: true,
    activation: checkActivation(options.activation, call),
    eps: checkEps(options.eps ?? 1e-5, call),
    running: moves && { momentum: moves.momentum, unbiased, towards: "samples" },
    strides: (parameter) => channelStrides(parameter, x, [axis]),
    wanted: `[${x[axis]}] or a shape that broadcasts to ${formatShape(x)}`,
  };
}

/** Options of {@link InstanceNorm}. `affine` is false by default, as PyTorch's. */
export interface InstanceNormClassOptions extends InstanceNormShared, RunningOptions, NormClassOptions {
  channels: number;
  /** True: running statistics, moved in training and used in eval mode. Default false, as PyTorch's. */
  trackRunningStats?: boolean;
}

/** Instance normalization with its own gamma and beta where `affine` is true. PyTorch's `InstanceNorm1d`, `2d` and `3d`. */
export class InstanceNorm extends RunningNorm {
  /** @internal */ protected readonly walks = { forward: SAMPLES, backward: ROW_GRADIENTS };
  readonly options: Readonly<InstanceNormClassOptions>;

  /** @throws OptionError */
  constructor(gpu: Gpu, options: InstanceNormClassOptions) {
    checkCount(options.channels, "channels", "InstanceNorm");
    checkRunning(options, "InstanceNorm");
    checkEps(options.eps ?? 1e-5, "InstanceNorm");
    super(gpu, "InstanceNorm", [options.channels], options, options.trackRunningStats === true, false);
    this.options = ownOptions(options);
  }

  protected override get state(): number {
    return this.stateWith(this.options);
  }

  protected spec(call: string, x: Shape): NormSpec {
    checkChannels(call, x, [channelAxis(this.options.layout ?? "nchw", x, call)], [this.options.channels]);
    const moves = this.moves ? { momentum: weightOfNew(this.options, this.numBatchesTracked) } : null;
    return instanceNormSpec(call, x, { ...this.options, training: this.usesOwn }, moves);
  }

  protected override savedSpec(call: string, x: Shape, kind: SavedMeaning["kind"]): NormSpec {
    checkChannels(call, x, [channelAxis(this.options.layout ?? "nchw", x, call)], [this.options.channels]);
    return instanceNormSpec(call, x, { ...this.options, training: kind === "moments" }, null);
  }
}
