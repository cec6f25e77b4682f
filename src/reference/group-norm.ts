import { ShapeError } from "../core/errors.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import { channelAxis, channelMap, type ChannelArguments } from "./channels.ts";
import type { NdArray } from "./nd-array.ts";
import { normalizeBackward, normalizeForward, statisticMap, type NormArguments, type NormBackward, type NormDefinition, type NormForward } from "./normalize.ts";

export interface GroupNormArguments extends NormArguments, ChannelArguments {
  groups: number;
}

/**
 * Group normalization: each sample's groups of channels, over the group's channels and all positions; gamma and beta per channel.
 * Wu & He 2018 (arXiv:1803.08494), equations 1, 2 and 7.
 * @param x [N, C, ...] or [N, ..., C]   @returns y of x's shape; mean, rstd and variance [N, groups], flat
 * @throws ShapeError, OptionError
 */
export function groupNormForward(x: NdArray, args: GroupNormArguments): NormForward {
  return normalizeForward(x, args, definition("groupNormForward", x.shape, args));
}

/** Gradients of {@link groupNormForward}: those of layer normalization over each group. */
export function groupNormBackward(dy: NdArray, x: NdArray, args: GroupNormArguments): NormBackward {
  return normalizeBackward(dy, x, args, definition("groupNormBackward", x.shape, args));
}

function definition(call: string, x: Shape, args: GroupNormArguments): NormDefinition {
  const axis = channelAxis(x, args.layout, call);
  const channels = x[axis]!;
  if (!Number.isInteger(channels / args.groups)) throw new ShapeError(`${call}: x is ${formatShape(x)}; its ${channels} channels must be a multiple of groups (${args.groups})`);
  const cut = [...x.slice(0, axis), args.groups, channels / args.groups, ...x.slice(axis + 1)];
  const reduced = cut.map((_, place) => place).filter((place) => place !== 0 && place !== axis);
  return {
    call,
    shape: x,
    ...statisticMap(cut, reduced),
    kind: "moments",
    subtractsMean: true,
    parameterMap: (parameter, name) => channelMap(parameter, x, [axis], name, call),
  };
}
