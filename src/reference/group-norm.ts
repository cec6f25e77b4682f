import { OptionError, ShapeError } from "../core/errors.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import { channelAxis, channelMap, type ChannelArguments } from "./channels.ts";
import { normalizeBackward, type NormBackward } from "./gradient.ts";
import { checkReduced, statisticMap } from "./moments.ts";
import type { NdArray } from "./nd-array.ts";
import { normalizeForward, type NormArguments, type NormDefinition, type NormForward } from "./normalize.ts";

export interface GroupNormArguments extends NormArguments, ChannelArguments {
  /** Groups that the channels are dealt to, neighbours together; must divide their count. */
  groups: number;
}

/**
 * Group normalization: each sample's groups of channels, over the group's channels and all positions.
 *
 *     xhat = (x - mean) / sqrt(variance + eps), biased variance;  y = activation(xhat * gamma + beta)
 *
 * Wu & He 2018 (arXiv:1803.08494), equations 1, 2 and 7.
 * @param x [N, C, ...], or [N, ..., C] in layout nhwc
 * @param args gamma, beta, residualBias: [C] or a shape that broadcasts to x
 * @returns y of x's shape; mean, rstd and variance [N, groups], flat
 * @throws ShapeError where shapes do not fit, groups do not divide the channels, or a group has no value; OptionError where an option's value is none
 */
export function groupNormForward(x: NdArray, args: GroupNormArguments): NormForward {
  return normalizeForward(x, args, groupNormDefinition("groupNormForward", x.shape, args));
}

/**
 * Gradients of {@link groupNormForward}: dx = rstd * (h - mean(h) - xhat * mean(h * xhat)) over each group, h = dy * activation' * gamma.
 * @param dy x's shape
 * @throws ShapeError, OptionError
 */
export function groupNormBackward(dy: NdArray, x: NdArray, args: GroupNormArguments): NormBackward {
  return normalizeBackward(dy, x, args, groupNormDefinition("groupNormBackward", x.shape, args));
}

/** What group normalization means for x of this shape. @throws ShapeError, OptionError */
export function groupNormDefinition(call: string, x: Shape, { groups, layout }: Pick<GroupNormArguments, "groups" | "layout">): NormDefinition {
  if (!Number.isSafeInteger(groups) || groups < 1) throw new OptionError(`${call}: groups is ${String(groups)}; wanted a whole number from 1`);
  const axis = channelAxis(x, layout, call);
  const channels = x[axis]!;
  if (channels % groups) throw new ShapeError(`${call}: x is ${formatShape(x)}; its ${channels} channels must be a multiple of groups (${groups})`);
  const cut = [...x.slice(0, axis), groups, channels / groups, ...x.slice(axis + 1)];
  const map = statisticMap(
    cut,
    [...cut.keys()].filter((place) => place !== 0 && place !== axis),
  );
  checkReduced(map, x, call);
  return {
    call,
    shape: x,
    ...map,
    kind: "moments",
    subtractsMean: true,
    parameterMap: (parameter, name) => channelMap(parameter, x, [axis], name, call),
  };
}
