import type { Activation } from "../core/activation.ts";
import { ShapeError } from "../core/errors.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { channelAxis, channelStrides, checkChannels, checkCount, type ChannelOptions } from "./channels.ts";
import { runForward, type AffineParameters, type ForwardOptions, type ForwardResult, type NormSpec } from "./forward.ts";
import { checkActivation, checkEps, Norm, type NormClassOptions } from "./norm.ts";

/** Options of the stateless {@link instanceNorm}. */
export interface InstanceNormOptions extends ChannelOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  activation?: Activation;
}

/**
 * Instance normalization: each channel of each sample, over its positions; over one position y = beta. Equation and source: reference/instance-norm.ts.
 * @param x [N, C, ...] or, in layout nhwc, [N, ..., C]   @returns y of x's shape; saved.mean and saved.rstd [N, C]
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function instanceNorm(gpu: Gpu, x: Tensor, options: InstanceNormOptions & AffineParameters & ForwardOptions = {}): ForwardResult {
  return runForward(gpu, "instanceNorm", x, (shape) => instanceNormSpec("instanceNorm", shape, options), options);
}

/** What InstanceNorm means for x of this shape. */
export function instanceNormSpec(call: string, x: Shape, options: InstanceNormOptions): NormSpec {
  const axis = channelAxis(options.layout ?? "nchw", x, call);
  const reduced = x.map((_, place) => place).filter((place) => place !== 0 && place !== axis);
  const noValue = reduced.some((place) => x[place] === 0);
  if (noValue && x[0] !== 0 && x[axis] !== 0) throw new ShapeError(`${call}: x is ${formatShape(x)}; its channels hold no value to take a mean of`);
  return {
    call,
    shape: x,
    cut: null,
    reduced,
    statistics: "moments",
    subtractsMean: true,
    activation: checkActivation(options.activation, call),
    eps: checkEps(options.eps ?? 1e-5, call),
    running: null,
    strides: (parameter) => channelStrides(parameter, x, [axis]),
    wanted: `[${x[axis]}] or a shape that broadcasts to ${formatShape(x)}`,
  };
}

/** Options of {@link InstanceNorm}. `affine` is false by default, as PyTorch's. */
export interface InstanceNormClassOptions extends InstanceNormOptions, NormClassOptions {
  channels: number;
}

/** Instance normalization with its own gamma and beta where `affine` is true. PyTorch's `InstanceNorm(num_features)`. */
export class InstanceNorm extends Norm {
  readonly options: Readonly<InstanceNormClassOptions>;

  /** @throws OptionError */
  constructor(gpu: Gpu, options: InstanceNormClassOptions) {
    checkCount(options.channels, "channels", "InstanceNorm");
    super(gpu, "InstanceNorm", [options.channels], options, false);
    checkEps(options.eps ?? 1e-5, "InstanceNorm");
    this.options = { ...options };
  }

  protected spec(call: string, x: Shape): NormSpec {
    checkChannels(call, x, [channelAxis(this.options.layout ?? "nchw", x, call)], [this.options.channels]);
    return instanceNormSpec(call, x, this.options);
  }
}
