import { resolveAxes, sameShape, stridesOf, type Shape } from "../core/shape.ts";
import { broadcastMap, indexMap, type NdArray } from "./nd-array.ts";
import { normalizeBackward, normalizeForward, statisticMap, type NormArguments, type NormBackward, type NormDefinition, type NormForward } from "./normalize.ts";

export interface LayerNormArguments extends NormArguments {
  /** Axes that are normalized together: any set, in any order, none. Default: the last. */
  axes?: readonly number[];
  /** False: variance about the mean, but the mean stays in x. */
  center?: boolean;
  /** `axes`: parameters are laid out in the order of `axes`; else they broadcast to x from the right. */
  parameterLayout?: "broadcast" | "axes";
}

/**
 * Layer normalization: y = (x - mean) * rstd * gamma + beta over `axes`, rstd = 1 / sqrt(variance + eps), biased variance.
 * Ba, Kiros & Hinton 2016 (arXiv:1607.06450), equations 3 and 4.
 * @param x any shape   @returns y of x's shape; mean, rstd and variance of the other axes, flat
 * @throws ShapeError, OptionError
 */
export function layerNormForward(x: NdArray, args: LayerNormArguments = {}): NormForward {
  return normalizeForward(x, args, layerNormDefinition("layerNormForward", x.shape, args, "moments"));
}

/** Gradients of {@link layerNormForward}: dx = rstd * (h - mean(h) - xhat * mean(h * xhat)), dgamma = sum dy * xhat, dbeta = sum dy. */
export function layerNormBackward(dy: NdArray, x: NdArray, args: LayerNormArguments = {}): NormBackward {
  return normalizeBackward(dy, x, args, layerNormDefinition("layerNormBackward", x.shape, args, "moments"));
}

/** The definition that layer and root mean square normalization share. */
export function layerNormDefinition(call: string, x: Shape, args: LayerNormArguments, kind: "moments" | "rms"): NormDefinition {
  const axes = resolveAxes(args.axes ?? (x.length ? [-1] : []), x.length, call);
  const own = axes.map((axis) => x[axis]!);
  const strides = stridesOf(own);
  return {
    call,
    shape: x,
    ...statisticMap(x, axes),
    kind,
    subtractsMean: kind === "moments" && args.center !== false,
    parameterMap: (parameter, name) =>
      args.parameterLayout === "axes" && sameShape(parameter, own)
        ? indexMap(
            x,
            x.map((_, axis) => (axes.includes(axis) ? strides[axes.indexOf(axis)]! : 0)),
          )
        : broadcastMap(parameter, x, name, call),
  };
}
