import type { Activation } from "../core/activation.ts";
import { OptionError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { CHANNELS, CHANNEL_GRADIENTS } from "../plan/walks.ts";
import { batchNormAxes, batchNormSpec } from "./batch-norm.ts";
import { checkChannels, checkCount, type ChannelOptions } from "./channels.ts";
import type { NormSpec } from "./forward.ts";
import { ownOptions } from "./kept-specs.ts";
import { checkEps, type NormClassOptions } from "./norm.ts";
import { RunningNorm } from "./running-norm.ts";
import type { StateEntry } from "./state.ts";

/** Options of {@link EstimatedBatchNorm}. */
export interface EstimatedBatchNormOptions extends ChannelOptions, NormClassOptions {
  /** Count of channels; with several channel axes, the size of each. */
  channels: number | readonly number[];
  /** The axis, or axes, that keep a statistic each; overrides `layout`. */
  channelAxis?: number | readonly number[];
  /** How far the estimates move towards each batch in training, from 0 (not at all) to 1. The authors' class starts at 0 and is set by the training schedule. */
  movingSpeed: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  activation?: Activation;
}

/**
 * Batch normalization by estimates of the data set's statistics, not by those of the batch, so that micro-batches train well. A training call first moves the estimates:
 *
 *     variance += movingSpeed * (mean((x - estimate of the mean before the call)^2) - variance)
 *     mean     += movingSpeed * (mean(x) - mean)
 *
 * and then normalizes x with them, as an eval call does with the estimates as they are. No gradient flows through them: backward is that of BatchNorm in eval mode.
 * Qiao, Wang, Liu, Shen & Yuille 2019, "Rethinking Normalization and Elimination Singularity in Neural Networks" (arXiv:1911.09738), and its authors'
 * class EstBN.
 */
export class EstimatedBatchNorm extends RunningNorm {
  /** The estimates. */
  declare readonly runningMean: Tensor;
  declare readonly runningVariance: Tensor;
  /** @internal */ protected readonly walks = { forward: CHANNELS, backward: CHANNEL_GRADIENTS };
  readonly options: Readonly<EstimatedBatchNormOptions>;
  readonly #channels: Shape;
  #movingSpeed = 0;

  /** @throws OptionError */
  constructor(gpu: Gpu, options: EstimatedBatchNormOptions) {
    const channels = Array.isArray(options.channels) ? [...options.channels] : [options.channels as number];
    for (const count of channels) checkCount(count, "channels", "EstimatedBatchNorm");
    checkEps(options.eps ?? 1e-5, "EstimatedBatchNorm");
    super(gpu, "EstimatedBatchNorm", channels, options, true);
    this.options = ownOptions(options);
    this.#channels = channels;
    this.movingSpeed = options.movingSpeed;
  }

  /** How far the estimates move towards each batch. @throws OptionError */
  get movingSpeed(): number {
    return this.#movingSpeed;
  }

  set movingSpeed(speed: number) {
    if (!(speed >= 0 && speed <= 1)) throw new OptionError(`EstimatedBatchNorm: movingSpeed is ${String(speed)}; wanted a number from 0 to 1`);
    this.#movingSpeed = speed;
  }

  /** Beside BatchNorm's keys `estbn_moving_speed`, as the authors' class has it. */
  override stateEntries(): StateEntry[] {
    const speed: StateEntry = {
      key: "estbn_moving_speed",
      shape: [1],
      tensor: null,
      read: async () => ({ dtype: "f32", data: Float32Array.of(this.movingSpeed) }),
      refuses: (values) => (values[0]! >= 0 && values[0]! <= 1 ? null : `is ${values[0]}; wanted a number from 0 to 1`),
      write: (values) => (this.movingSpeed = values[0]!),
    };
    return [...super.stateEntries(), speed];
  }

  protected override get state(): number {
    return this.training ? this.movingSpeed : -1;
  }

  protected spec(call: string, x: Shape): NormSpec {
    checkChannels(call, x, batchNormAxes(call, x, this.options), this.#channels);
    const spec = batchNormSpec(call, x, { ...this.options, training: false }, null);
    if (!this.training) return spec;
    return { ...spec, statistics: "moments", running: { momentum: this.movingSpeed, unbiased: false, towards: "estimates" } };
  }

  protected override savedSpec(call: string, x: Shape): NormSpec {
    checkChannels(call, x, batchNormAxes(call, x, this.options), this.#channels);
    return batchNormSpec(call, x, { ...this.options, training: false }, null);
  }
}
