import { resolveAxes, sameShape, type Shape } from "../core/shape.ts";
import { normalizeBackward, type NormBackward } from "./gradient.ts";
import { checkReduced, statisticMap } from "./moments.ts";
import { axesStrides, broadcastMap, indexMap, type NdArray } from "./nd-array.ts";
import { normalizeForward, type NormArguments, type NormDefinition, type NormForward } from "./normalize.ts";

export interface LayerNormArguments extends NormArguments {
  /** Axes that are normalized together: any set, in any order, none. Default: the last. */
  axes?: readonly number[];
  /** False: variance about the mean, but the mean stays in x. */
  center?: boolean;
  /** `axes`: parameters are laid out in the order of `axes`; else they broadcast to x from the right. */
  parameterLayout?: "broadcast" | "axes";
}

/**
 * Layer normalization over `axes`:
 *
 *     xhat = (x - mean) / sqrt(variance + eps), biased variance;  y = activation(xhat * gamma + beta)
 *     center false   xhat = x / sqrt(variance + eps), the variance still about the mean (Keras: rms_scaling)
 *
 * Ba, Kiros & Hinton 2016 (arXiv:1607.06450), equations 3 and 4. Over no axes y = beta.
 * @param x any shape, rank 0 included
 * @param args gamma, beta, residualBias: a shape that broadcasts to x; with `parameterLayout: "axes"` the axes' sizes, in their order
 * @returns y of x's shape; mean, rstd and variance of the other axes' shape, flat
 * @throws ShapeError where shapes do not fit, or there is no value to take a mean of; OptionError where an option's value is none
 */
export function layerNormForward(x: NdArray, args: LayerNormArguments = {}): NormForward {
  return normalizeForward(x, args, layerNormDefinition("layerNormForward", x.shape, args, "moments"));
}

/**
 * Gradients of {@link layerNormForward}. With h = dy * activation' * gamma and mean() over `axes`:
 *
 *     dx = rstd * (h - mean(h) - xhat * mean(h * xhat)),  dgamma = sum dy * xhat,  dbeta = sum dy
 *     center false   dx = rstd * (h - (x - mean) * rstd * mean(h * xhat))
 *
 * @param dy x's shape
 * @throws ShapeError, OptionError
 */
export function layerNormBackward(dy: NdArray, x: NdArray, args: LayerNormArguments = {}): NormBackward {
  return normalizeBackward(dy, x, args, layerNormDefinition("layerNormBackward", x.shape, args, "moments"));
}

/** What normalization over `axes` means for x of this shape; layer and root mean square normalization share it. @throws ShapeError, OptionError */
export function layerNormDefinition(call: string, x: Shape, args: LayerNormArguments, kind: "moments" | "rms"): NormDefinition {
  const axes = resolveAxes(args.axes ?? (x.length ? [-1] : []), x.length, call);
  const own = axes.map((axis) => x[axis]!);
  const map = statisticMap(x, axes);
  checkReduced(map, x, call);
  return {
    call,
    shape: x,
    ...map,
    kind,
    subtractsMean: kind === "moments" && args.center !== false,
    parameterMap: (parameter, name) => {
      const inOrder = args.parameterLayout === "axes" && sameShape(parameter, own);
      return inOrder ? indexMap(x, axesStrides(x, axes)) : broadcastMap(parameter, x, name, call);
    },
  };
}
