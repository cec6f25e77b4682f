import type { Activation } from "../core/activation.ts";
import { OptionError, ShapeError } from "../core/errors.ts";
import { formatShape, sizeOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { channelAxes, channelAxis, channelStrides, checkChannels, checkCount, type ChannelOptions } from "./channels.ts";
import { runForward, type AffineParameters, type ForwardOptions, type ForwardResult, type LayerTensors, type NormSpec } from "./forward.ts";
import { checkActivation, checkEps, Norm, type NormClassOptions } from "./norm.ts";

/** Options that a BatchNorm call and a BatchNorm layer share. */
export interface BatchNormShared extends ChannelOptions {
  /** The axis, or axes, that keep a statistic each; overrides `layout`. */
  channelAxis?: number | readonly number[];
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  activation?: Activation;
  /** `unbiased` (default, PyTorch): the running variance takes the batch variance times n / (n - 1). `biased`: as it is (ONNX, Keras). */
  runningVariance?: "unbiased" | "biased";
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
  if (Boolean(mean) !== Boolean(variance)) throw new OptionError(`${call}: ${mean ? "variance" : "mean"} is missing; mean and variance come together`);
  if (!options.training && !mean) throw new OptionError(`${call}: training is false; mean and variance are needed`);
  gpu.check(call, { x, mean, variance });
  const moves = options.training && mean ? { momentum: checkMomentum(options.momentum ?? 0.1, call) } : null;
  const spec = batchNormSpec(call, x.shape, options, moves);
  const channels = sizeOf(spec.shape) === 0 ? null : statisticsOf(spec);
  for (const [name, tensor] of Object.entries({ mean, variance })) {
    if (!tensor || channels === null || sizeOf(tensor.shape) === channels) continue;
    throw new ShapeError(`${call}: ${name} is ${formatShape(tensor.shape)}; wanted one value for each of ${channels} channels`);
  }
  return runForward(gpu, call, x, () => spec, options, boundStatistics(options.training, mean, variance));
}

function statisticsOf(spec: NormSpec): number {
  return sizeOf(spec.shape.filter((_, axis) => !spec.reduced.includes(axis)));
}

/** Running statistics under the names that the kernels know them by. */
function boundStatistics(training: boolean, mean: Tensor | null | undefined, variance: Tensor | null | undefined): LayerTensors {
  if (!mean || !variance) return {};
  return training ? { running_mean: mean, running_variance: variance } : { mean, variance };
}

/** The axes of x that keep a statistic each. @throws OptionError, ShapeError */
export function batchNormAxes(call: string, x: Shape, options: Pick<BatchNormShared, "channelAxis" | "layout">): number[] {
  if (options.channelAxis !== undefined) return channelAxes(options.channelAxis, x, call);
  return [channelAxis(options.layout ?? "nchw", x, call)];
}

/** What BatchNorm means for x of this shape; `moves` where running statistics move. */
function batchNormSpec(call: string, x: Shape, options: BatchNormShared & { training: boolean }, moves: { momentum: number } | null): NormSpec {
  const axes = batchNormAxes(call, x, options);
  const reduced = x.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const count = sizeOf(reduced.map((axis) => x[axis]!));
  const { runningVariance = "unbiased" } = options;
  if (runningVariance !== "unbiased" && runningVariance !== "biased") {
    throw new OptionError(`${call}: runningVariance is ${String(runningVariance)}; wanted "unbiased" or "biased"`);
  }
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
    running: moves && { momentum: moves.momentum, unbiased: runningVariance === "unbiased" },
    strides: (parameter) => channelStrides(parameter, x, axes),
    wanted: `${formatShape(axes.map((axis) => x[axis]!))} or a shape that broadcasts to ${formatShape(x)}`,
  };
}

/** The weight of the new value. @throws OptionError */
export function checkMomentum(momentum: number, call: string): number {
  if (!(momentum >= 0 && momentum <= 1))
    throw new OptionError(`${call}: momentum is ${String(momentum)}; wanted a number from 0 to 1, or null for a cumulative average`);
  return momentum;
}

/** Options of {@link BatchNorm}. */
export interface BatchNormClassOptions extends BatchNormShared, NormClassOptions {
  /** Count of channels; with several channel axes, the size of each. */
  channels: number | readonly number[];
  /** Default 0.1. null: the running statistics are the plain average of all batches so far. */
  momentum?: number | null;
  /** `update` (default, PyTorch): momentum is the weight of the new value. `retain` (ONNX, Keras, Flax): the weight of the old one. */
  momentumConvention?: "update" | "retain";
  /** False: no running statistics; batch statistics in eval mode too. Default true. */
  trackRunningStats?: boolean;
}

/** Batch normalization with its own gamma, beta and running statistics. PyTorch's `BatchNorm1d`, `2d` and `3d`. */
export class BatchNorm extends Norm {
  readonly options: Readonly<BatchNormClassOptions>;
  /** Starts as zeros; null without running statistics. */
  readonly runningMean: Tensor | null;
  /** Starts as ones; null without running statistics. */
  readonly runningVariance: Tensor | null;
  /** True: batch statistics, which also move the running ones. False: running statistics. */
  training = true;
  /** Training calls so far. */
  numBatchesTracked = 0;
  readonly #channels: Shape;

  /** @throws OptionError */
  constructor(gpu: Gpu, options: BatchNormClassOptions) {
    const channels = typeof options.channels === "number" ? [options.channels] : [...options.channels];
    for (const count of channels) checkCount(count, "channels", "BatchNorm");
    const { momentumConvention = "update" } = options;
    if (momentumConvention !== "update" && momentumConvention !== "retain") {
      throw new OptionError(`BatchNorm: momentumConvention is ${String(momentumConvention)}; wanted "update" or "retain"`);
    }
    if (options.momentum !== null) checkMomentum(options.momentum ?? 0.1, "BatchNorm");
    checkEps(options.eps ?? 1e-5, "BatchNorm");
    super(gpu, "BatchNorm", channels, options);
    this.options = { ...options };
    this.#channels = channels;
    const tracks = options.trackRunningStats !== false;
    this.runningMean = tracks ? gpu.tensor(new Float32Array(sizeOf(channels)), channels) : null;
    this.runningVariance = tracks ? gpu.tensor(new Float32Array(sizeOf(channels)).fill(1), channels) : null;
  }

  override forward(x: Tensor, options: ForwardOptions & AffineParameters = {}): ForwardResult {
    const result = super.forward(x, options);
    // An empty batch has no statistics to count.
    if (this.training && this.runningMean && sizeOf(x.shape) > 0) this.numBatchesTracked++;
    return result;
  }

  protected spec(call: string, x: Shape): NormSpec {
    checkChannels(call, x, batchNormAxes(call, x, this.options), this.#channels);
    const moves = this.training && this.runningMean ? { momentum: this.#weightOfNew() } : null;
    return batchNormSpec(call, x, { ...this.options, training: this.#usesBatch }, moves);
  }

  protected override tensors(): LayerTensors {
    return boundStatistics(this.#usesBatch, this.runningMean, this.runningVariance);
  }

  get #usesBatch(): boolean {
    return this.training || !this.runningMean;
  }

  #weightOfNew(): number {
    const { momentum, momentumConvention } = this.options;
    if (momentum === null) return 1 / (this.numBatchesTracked + 1);
    if (momentum === undefined) return 0.1;
    return momentumConvention === "retain" ? 1 - momentum : momentum;
  }

  override destroy(): void {
    super.destroy();
    this.runningMean?.destroy();
    this.runningVariance?.destroy();
  }
}
