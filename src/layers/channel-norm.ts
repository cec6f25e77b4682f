import type { Activation } from "../core/activation.ts";
import { OptionError } from "../core/errors.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { PLANES, ROW_GRADIENTS } from "../plan/walks.ts";
import { channelAxis, channelStrides, checkChannels, checkCount, type ChannelOptions } from "./channels.ts";
import type { NormSpec } from "./forward.ts";
import { groupNormSpec } from "./group-norm.ts";
import { ownOptions } from "./kept-specs.ts";
import { checkEps, Norm, type NormClassOptions } from "./norm.ts";
import type { StateEntry } from "./state.ts";

/** Options of {@link ChannelNorm}. */
export interface ChannelNormOptions extends ChannelOptions, NormClassOptions {
  channels: number;
  /** Groups that the channels are dealt to; must divide their count. */
  groups: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  activation?: Activation;
}

/**
 * Channel normalization: group normalization whose gamma and beta have a value for each group, not for each channel.
 * Qiao, Wang, Liu, Shen & Yuille 2019, "Rethinking Normalization and Elimination Singularity in Neural Networks" (arXiv:1911.09738).
 */
export class ChannelNorm extends Norm {
  /** @internal */ protected readonly walks = { forward: PLANES, backward: ROW_GRADIENTS };
  readonly options: Readonly<ChannelNormOptions>;

  /** @throws OptionError */
  constructor(gpu: Gpu, options: ChannelNormOptions, call = "ChannelNorm") {
    const { channels, groups, eps = 1e-5 } = options;
    checkCount(channels, "channels", call);
    checkCount(groups, "groups", call);
    if (channels % groups) throw new OptionError(`${call}: channels is ${channels}; it must be a multiple of groups (${groups})`);
    checkEps(eps, call);
    super(gpu, call, [groups], options);
    this.options = ownOptions(options);
  }

  protected spec(call: string, x: Shape): NormSpec {
    const { channels, groups, layout = "nchw" } = this.options;
    const axis = channelAxis(layout, x, call);
    checkChannels(call, x, [axis], [channels]);
    const spec = groupNormSpec(call, x, this.options);
    // Parameters are told by their strides over the cut shape itself: over x, a value for each group of channels has none.
    return {
      ...spec,
      cut: null,
      strides: (parameter) => channelStrides(parameter, spec.shape, [axis]),
      wanted: `[${groups}] or a shape that broadcasts to ${formatShape(spec.shape)}`,
    };
  }

  /** @internal The authors' code has [1, groups, 1]. */
  override stateEntries(): StateEntry[] {
    const { groups } = this.options;
    return super.stateEntries().map((entry) => ({ ...entry, shape: [1, groups, 1] }));
  }
}
