import { ShapeError } from "../core/errors.ts";
import { checkFinite } from "../core/options.ts";
import { broadcastStrides } from "../core/parameter-view.ts";
import { formatShape, resolveAxes, sameShape, stridesOf, type Shape } from "../core/shape.ts";
import type { Activation } from "../core/activation.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { FEATURES, FEATURE_GRADIENTS } from "../plan/walks.ts";
import { runBackward, type BackwardOptions, type BackwardResult } from "./backward.ts";
import { KeptSpecs, ownOptions } from "./kept-specs.ts";
import { checkActivation, checkEps, Norm, type NormClassOptions } from "./norm.ts";
import { runForward, type AffineParameters, type ForwardOptions, type ForwardResult, type NormSpec } from "./forward.ts";
import type { Saved } from "./saved.ts";

/** How gamma and beta lie: broadcast to x from the right, or one axis for each of `axes`, in that order. */
export type ParameterLayout = "broadcast" | "axes";

/** Options of the stateless {@link layerNorm}. */
export interface LayerNormOptions {
  /** Axes of x that are normalized together: any set, in any order, none (y = beta). Default: the last. */
  axes?: readonly number[];
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** False: x is scaled by 1 / std about its mean, but the mean stays. Default true. */
  center?: boolean;
  /** Added to gamma before it multiplies: 1 where gamma is stored about 0, as Gemma's RMSNorm does. Without gamma the factor stays 1. Default 0. */
  gammaOffset?: number;
  activation?: Activation;
  parameterLayout?: ParameterLayout;
}

/**
 * Layer normalization: y = activation((x - mean) * rstd * gamma + beta) over `axes`; equation and source: reference/layer-norm.ts.
 * @param x any shape   @returns y of x's shape; saved.mean and saved.rstd of the other axes' shape
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function layerNorm(gpu: Gpu, x: Tensor, options: LayerNormOptions & AffineParameters & ForwardOptions = {}): ForwardResult {
  return runForward(gpu, FEATURES, "layerNorm", x, (shape) => keptSpec("layerNorm", shape, options), options);
}

/**
 * Gradients of {@link layerNorm}, whose options must be given again; equations: reference/gradient.ts.
 * @param dy x's shape   @param saved of the forward call   @returns dx of x's shape; dgamma and dbeta of gamma's and beta's
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function layerNormBackward(
  gpu: Gpu,
  dy: Tensor,
  saved: Saved | undefined,
  options: LayerNormOptions & AffineParameters & BackwardOptions = {},
): BackwardResult {
  return runBackward(gpu, FEATURE_GRADIENTS, "layerNormBackward", dy, saved, (x) => keptSpec("layerNormBackward", x, options), options);
}

/** By the function's name: a backward call must not displace what its forward call means. */
const specs = /* @__PURE__ */ new Map<string, KeptSpecs<NormSpec>>();

/** {@link layerNormSpec} of a function's options, which come anew at every call: found again by their values where x's shape is the same object, of which a repeated call's is. */
export function keptSpec(call: string, x: Shape, options: LayerNormOptions, kind: "moments" | "rms" = "moments"): NormSpec {
  const { axes, eps, center, gammaOffset, activation, parameterLayout } = options;
  const numbers = `${typeof eps} ${String(eps)} ${typeof gammaOffset} ${String(gammaOffset)}`;
  const words = `${typeof activation} ${String(activation)} ${String(center !== false)} ${String(parameterLayout === "axes")}`;
  // The options themselves hold tensors, which nothing may keep alive.
  const own = { axes, eps, center, gammaOffset, activation, parameterLayout } as LayerNormOptions;
  let known = specs.get(call);
  if (!known) specs.set(call, (known = new KeptSpecs()));
  return known.of(x, `${axes ? JSON.stringify(axes) : ""} ${numbers} ${words}`, () => layerNormSpec(call, x, own, kind));
}

/** What LayerNorm means for x of this shape. */
export function layerNormSpec(call: string, x: Shape, options: LayerNormOptions, kind: "moments" | "rms" = "moments"): NormSpec {
  const axes = resolveAxes(options.axes ?? (x.length ? [-1] : []), x.length, call);
  const eps = options.eps ?? 1e-5;
  checkEps(eps, call);
  const gammaOffset = checkFinite(call, "gammaOffset", options.gammaOffset ?? 0);
  const own = axes.map((axis) => x[axis]!);
  const others = x.filter((_, axis) => !axes.includes(axis));
  if (own.includes(0) && !others.includes(0))
    throw new ShapeError(`${call}: x is ${formatShape(x)}; axes [${axes.join(", ")}] hold no value to take a mean of`);
  return {
    call,
    shape: x,
    cut: null,
    reduced: axes,
    statistics: kind,
    subtractsMean: kind === "moments" && options.center !== false,
    activation: checkActivation(options.activation, call),
    eps,
    gammaShift: gammaOffset,
    running: null,
    strides: (parameter) => (options.parameterLayout === "axes" ? axesStrides(parameter, x, axes) : broadcastStrides(parameter, x)),
    wanted: options.parameterLayout === "axes" ? formatShape(own) : `a shape that broadcasts to ${formatShape(x)}`,
  };
}

/** Strides of a parameter laid out in the order of `axes`, or of one that broadcasts to x. */
function axesStrides(parameter: Shape, x: Shape, axes: readonly number[]): number[] | null {
  const own = axes.map((axis) => x[axis]!);
  if (!sameShape(parameter, own)) return broadcastStrides(parameter, x);
  const strides = stridesOf(own);
  return x.map((_, axis) => (axes.includes(axis) ? strides[axes.indexOf(axis)]! : 0));
}

/** Options of {@link LayerNorm}. */
export interface LayerNormClassOptions extends LayerNormOptions, NormClassOptions {
  /** Sizes of the normalized axes: the last ones of x, or `axes`. gamma and beta have this shape. */
  shape: number | readonly number[];
}

/** Layer normalization with its own gamma and beta. PyTorch's `LayerNorm(normalized_shape)`. */
export class LayerNorm extends Norm {
  /** @internal */ protected readonly walks = { forward: FEATURES, backward: FEATURE_GRADIENTS };
  readonly options: Readonly<LayerNormClassOptions>;
  readonly #shape: Shape;

  /** @throws OptionError, ShapeError */
  constructor(gpu: Gpu, options: LayerNormClassOptions) {
    const shape = typeof options.shape === "number" ? [options.shape] : [...options.shape];
    super(gpu, "LayerNorm", shape, options);
    checkEps(options.eps ?? 1e-5, "LayerNorm");
    this.options = ownOptions(options);
    this.#shape = shape;
  }

  protected spec(call: string, x: Shape): NormSpec {
    return layerNormSpec(call, x, ownAxes(call, x, this.#shape, this.options));
  }
}

/** The options of a call of a class whose gamma has `shape`. @throws ShapeError where x does not have those sizes */
export function ownAxes(call: string, x: Shape, shape: Shape, options: LayerNormOptions): LayerNormOptions {
  const axes = resolveAxes(options.axes ?? shape.map((_, place) => place - shape.length).filter((axis) => -axis <= x.length), x.length, call);
  const found = axes.map((axis) => x[axis]!);
  if (!sameShape(found, shape)) {
    const where = options.axes ? `axes [${options.axes.join(", ")}]` : "its last axes";
    throw new ShapeError(`${call}: x is ${formatShape(x)}; ${where} must be ${formatShape(shape)}`);
  }
  return { ...options, axes, parameterLayout: "axes" };
}
