import { checkDeviation, type Correction, type EpsMode } from "../core/deviation.ts";
import type { Shape } from "../core/shape.ts";
import { normalizeBackward, type NormBackward } from "./gradient.ts";
import { layerNormDefinition } from "./layer-norm.ts";
import type { NdArray } from "./nd-array.ts";
import { normalizeForward, type NormArguments, type NormDefinition, type NormForward } from "./normalize.ts";

export interface MeanVarianceNormArguments extends NormArguments {
  /** Axes that are normalized together: any set, in any order, none. Default: all but axis 1. */
  axes?: readonly number[];
  /** Default 1e-9. */
  eps?: number;
  /** Default `outsideStd`. */
  epsMode?: EpsMode;
  /** 0 (default): the variance is divided by n. 1: by n - 1. */
  correction?: Correction;
}

/**
 * Mean and variance normalization over `axes`:
 *
 *     xhat = (x - mean) / (std + eps), or (x - mean) / sqrt(variance + eps) with epsMode insideVariance;  y = activation(xhat * gamma + beta)
 *
 * MeanVarianceNormalization of ONNX, whose defaults these are (axes [0, 2, 3] of NCHW).
 * @param x any shape, rank 0 included
 * @returns y of x's shape; mean, rstd and variance (the biased one) of the other axes' shape, flat
 * @throws ShapeError where shapes do not fit, a statistic has no value, or one and correction 1; OptionError where an option's value is none
 */
export function meanVarianceNormForward(x: NdArray, args: MeanVarianceNormArguments = {}): NormForward {
  return normalizeForward(x, withDefaults(args), meanVarianceNormDefinition("meanVarianceNormForward", x.shape, args));
}

/**
 * Gradients of {@link meanVarianceNormForward}. With h = dy * activation' * gamma and mean() over `axes` of n values:
 *
 *     dx = rstd * (h - mean(h) - xhat * mean(h * xhat) * n / (n - correction) * pull),  pull = (std + eps) / std outside (0 where std is 0), 1 inside
 *
 * @param dy x's shape
 * @throws ShapeError, OptionError
 */
export function meanVarianceNormBackward(dy: NdArray, x: NdArray, args: MeanVarianceNormArguments = {}): NormBackward {
  return normalizeBackward(dy, x, withDefaults(args), meanVarianceNormDefinition("meanVarianceNormBackward", x.shape, args));
}

function withDefaults(args: MeanVarianceNormArguments): NormArguments {
  return { ...args, eps: args.eps ?? 1e-9 };
}

function meanVarianceNormDefinition(call: string, x: Shape, args: MeanVarianceNormArguments): NormDefinition {
  const { epsMode = "outsideStd", correction = 0 } = args;
  const axes = args.axes ?? [...x.keys()].filter((axis) => axis !== 1);
  const definition = layerNormDefinition(call, x, { axes }, "moments");
  checkDeviation(call, "x", x, definition.count, epsMode, correction);
  return { ...definition, epsMode, correction };
}
