import { normalizeBackward, type NormBackward } from "./gradient.ts";
import { layerNormDefinition, type LayerNormArguments } from "./layer-norm.ts";
import type { NdArray } from "./nd-array.ts";
import { normalizeForward, type NormForward } from "./normalize.ts";

export type RMSNormArguments = Omit<LayerNormArguments, "center">;

/**
 * Root mean square normalization over `axes`:
 *
 *     xhat = x / sqrt(mean(x^2) + eps);  y = activation(xhat * gamma + beta)
 *
 * Zhang & Sennrich 2019 (arXiv:1910.07467), equation 4; eps and beta as implementations have them.
 * @param x any shape, rank 0 included
 * @param args gamma, beta, residualBias: a shape that broadcasts to x; with `parameterLayout: "axes"` the axes' sizes, in their order
 * @returns y of x's shape; rstd and variance (the mean square) of the other axes' shape, flat; mean is 0
 * @throws ShapeError where shapes do not fit, or there is no value to take a mean of; OptionError where an option's value is none
 */
export function rmsNormForward(x: NdArray, args: RMSNormArguments = {}): NormForward {
  return normalizeForward(x, args, layerNormDefinition("rmsNormForward", x.shape, args, "rms"));
}

/**
 * Gradients of {@link rmsNormForward}: dx = rstd * (h - xhat * mean(h * xhat)), h = dy * activation' * gamma; dgamma = sum dy * xhat, dbeta = sum dy.
 * @param dy x's shape
 * @throws ShapeError, OptionError
 */
export function rmsNormBackward(dy: NdArray, x: NdArray, args: RMSNormArguments = {}): NormBackward {
  return normalizeBackward(dy, x, args, layerNormDefinition("rmsNormBackward", x.shape, args, "rms"));
}
