import { layerNormDefinition, type LayerNormArguments } from "./layer-norm.ts";
import type { NdArray } from "./nd-array.ts";
import { normalizeBackward, normalizeForward, type NormBackward, type NormForward } from "./normalize.ts";

export type RMSNormArguments = Omit<LayerNormArguments, "center">;

/**
 * Root mean square normalization: y = x * rstd * gamma + beta over `axes`, rstd = 1 / sqrt(mean(x^2) + eps).
 * Zhang & Sennrich 2019 (arXiv:1910.07467), equation 4.
 * @returns y of x's shape; rstd and variance (the mean square) of the other axes, flat; mean is 0
 * @throws ShapeError, OptionError
 */
export function rmsNormForward(x: NdArray, args: RMSNormArguments = {}): NormForward {
  return normalizeForward(x, args, layerNormDefinition("rmsNormForward", x.shape, args, "rms"));
}

/** Gradients of {@link rmsNormForward}: dx = rstd * (h - xhat * mean(h * xhat)), dgamma = sum dy * xhat. */
export function rmsNormBackward(dy: NdArray, x: NdArray, args: RMSNormArguments = {}): NormBackward {
  return normalizeBackward(dy, x, args, layerNormDefinition("rmsNormBackward", x.shape, args, "rms"));
}
