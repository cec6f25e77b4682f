import type { Shape } from "../core/shape.ts";
import { channelAxis, channelMap, type ChannelArguments } from "./channels.ts";
import type { NdArray } from "./nd-array.ts";
import { normalizeBackward, normalizeForward, statisticMap, type NormArguments, type NormBackward, type NormDefinition, type NormForward } from "./normalize.ts";

export interface InstanceNormArguments extends NormArguments, ChannelArguments {}

/**
 * Instance normalization: each channel of each sample over its positions; over one position y = beta.
 * Ulyanov, Vedaldi & Lempitsky 2016 (arXiv:1607.08022), equation 4.
 * @param x [N, C, ...] or [N, ..., C]   @returns y of x's shape; mean, rstd and variance [N, C], flat
 * @throws ShapeError, OptionError
 */
export function instanceNormForward(x: NdArray, args: InstanceNormArguments = {}): NormForward {
  return normalizeForward(x, args, definition("instanceNormForward", x.shape, args));
}

/** Gradients of {@link instanceNormForward}: those of layer normalization over each channel of each sample. */
export function instanceNormBackward(dy: NdArray, x: NdArray, args: InstanceNormArguments = {}): NormBackward {
  return normalizeBackward(dy, x, args, definition("instanceNormBackward", x.shape, args));
}

function definition(call: string, x: Shape, args: InstanceNormArguments): NormDefinition {
  const axis = channelAxis(x, args.layout, call);
  const reduced = x.map((_, place) => place).filter((place) => place !== 0 && place !== axis);
  return {
    call,
    shape: x,
    ...statisticMap(x, reduced),
    kind: "moments",
    subtractsMean: true,
    parameterMap: (parameter, name) => channelMap(parameter, x, [axis], name, call),
  };
}
