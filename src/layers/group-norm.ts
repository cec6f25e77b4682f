import type { Activation } from "../core/activation.ts";
import { OptionError, ShapeError } from "../core/errors.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { PLANES, ROW_GRADIENTS } from "../plan/walks.ts";
import { runBackward, type BackwardOptions, type BackwardResult } from "./backward.ts";
import { channelAxis, channelStrides, checkChannels, checkCount, cutGroups, type ChannelOptions } from "./channels.ts";
import { runForward, type AffineParameters, type ForwardOptions, type ForwardResult, type NormSpec } from "./forward.ts";
import { ownOptions } from "./kept-specs.ts";
import { checkActivation, checkEps, Norm, type NormClassOptions } from "./norm.ts";
import type { Saved } from "./saved.ts";

/** Options of the stateless {@link groupNorm}. */
export interface GroupNormOptions extends ChannelOptions {
  /** Groups that the channels are dealt to; must divide their count. */
  groups: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  activation?: Activation;
}

/**
 * Group normalization: each sample's groups of channels, over channels of the group and positions; equation and source: reference/group-norm.ts.
 * @param x [N, C, ...] or, in layout nhwc, [N, ..., C]   @returns y of x's shape; saved.mean and saved.rstd [N, groups]
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function groupNorm(gpu: Gpu, x: Tensor, options: GroupNormOptions & AffineParameters & ForwardOptions): ForwardResult {
  return runForward(gpu, PLANES, "groupNorm", x, (shape) => groupNormSpec("groupNorm", shape, options), options);
}

/**
 * Gradients of {@link groupNorm}, whose options must be given again; equations: reference/gradient.ts.
 * @param dy x's shape   @param saved of the forward call   @returns dx of x's shape; dgamma and dbeta of gamma's and beta's
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function groupNormBackward(
  gpu: Gpu,
  dy: Tensor,
  saved: Saved | undefined,
  options: GroupNormOptions & AffineParameters & BackwardOptions,
): BackwardResult {
  return runBackward(gpu, ROW_GRADIENTS, "groupNormBackward", dy, saved, (x) => groupNormSpec("groupNormBackward", x, options), options);
}

/** What GroupNorm means for x of this shape. */
export function groupNormSpec(call: string, x: Shape, options: GroupNormOptions): NormSpec {
  checkCount(options.groups, "groups", call);
  const axis = channelAxis(options.layout ?? "nchw", x, call);
  const channels = x[axis]!;
  if (channels % options.groups)
    throw new ShapeError(`${call}: x is ${formatShape(x)}; its ${channels} channels must be a multiple of groups (${options.groups})`);
  const shape = cutGroups(x, axis, options.groups);
  if (shape.slice(1).includes(0) && x[0] !== 0) throw new ShapeError(`${call}: x is ${formatShape(x)}; its groups hold no value to take a mean of`);
  return {
    call,
    shape,
    cut: axis,
    reduced: shape.map((_, place) => place).filter((place) => place !== 0 && place !== axis),
    statistics: "moments",
    subtractsMean: true,
    activation: checkActivation(options.activation, call),
    eps: checkEps(options.eps ?? 1e-5, call),
    running: null,
    strides: (parameter) => channelStrides(parameter, x, [axis]),
    wanted: `[${channels}] or a shape that broadcasts to ${formatShape(x)}`,
  };
}

/** Options of {@link GroupNorm}. */
export interface GroupNormClassOptions extends GroupNormOptions, NormClassOptions {
  channels: number;
}

/** Group normalization with its own gamma and beta. PyTorch's `GroupNorm(num_groups, num_channels)`. */
export class GroupNorm extends Norm {
  /** @internal */ protected readonly walks = { forward: PLANES, backward: ROW_GRADIENTS };
  readonly options: Readonly<GroupNormClassOptions>;

  /** @throws OptionError */
  constructor(gpu: Gpu, options: GroupNormClassOptions) {
    checkCount(options.channels, "channels", "GroupNorm");
    checkCount(options.groups, "groups", "GroupNorm");
    if (options.channels % options.groups)
      throw new OptionError(`GroupNorm: channels is ${options.channels}; it must be a multiple of groups (${options.groups})`);
    super(gpu, "GroupNorm", [options.channels], options);
    checkEps(options.eps ?? 1e-5, "GroupNorm");
    this.options = ownOptions(options);
  }

  protected spec(call: string, x: Shape): NormSpec {
    checkChannels(call, x, [channelAxis(this.options.layout ?? "nchw", x, call)], [this.options.channels]);
    return groupNormSpec(call, x, this.options);
  }
}
