import type { Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { FEATURES, FEATURE_GRADIENTS } from "../plan/walks.ts";
import { runBackward, type BackwardOptions, type BackwardResult } from "./backward.ts";
import { runForward, type AffineParameters, type ForwardOptions, type ForwardResult, type NormSpec } from "./forward.ts";
import { keptSpec, layerNormSpec, ownAxes, type LayerNormClassOptions, type LayerNormOptions } from "./layer-norm.ts";
import { ownOptions } from "./kept-specs.ts";
import { checkEps, Norm } from "./norm.ts";
import type { Saved } from "./saved.ts";

/** Options of the stateless {@link rmsNorm}: those of layerNorm without `center`, for there is no mean. */
export type RMSNormOptions = Omit<LayerNormOptions, "center">;

/** Options of {@link RMSNorm}. `bias` is false by default. */
export type RMSNormClassOptions = Omit<LayerNormClassOptions, "center">;

/**
 * Root mean square normalization: y = activation(x * rstd * gamma + beta), rstd = 1 / sqrt(mean(x^2) + eps) over `axes`; source: reference/rms-norm.ts.
 * x must stay below 1e19 in size, where its square leaves f32.
 * @param x any shape   @returns y of x's shape; saved.rstd of the other axes' shape
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function rmsNorm(gpu: Gpu, x: Tensor, options: RMSNormOptions & AffineParameters & ForwardOptions = {}): ForwardResult {
  return runForward(gpu, FEATURES, "rmsNorm", x, (shape) => keptSpec("rmsNorm", shape, options, "rms"), options);
}

/**
 * Gradients of {@link rmsNorm}, whose options must be given again; equations: reference/gradient.ts.
 * @param dy x's shape   @param saved of the forward call   @returns dx of x's shape; dgamma and dbeta of gamma's and beta's
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function rmsNormBackward(
  gpu: Gpu,
  dy: Tensor,
  saved: Saved | undefined,
  options: RMSNormOptions & AffineParameters & BackwardOptions = {},
): BackwardResult {
  return runBackward(gpu, FEATURE_GRADIENTS, "rmsNormBackward", dy, saved, (x) => keptSpec("rmsNormBackward", x, options, "rms"), options);
}

/** Root mean square normalization with its own gamma. PyTorch's `RMSNorm(normalized_shape)`. */
export class RMSNorm extends Norm {
  /** @internal */ protected readonly walks = { forward: FEATURES, backward: FEATURE_GRADIENTS };
  readonly options: Readonly<RMSNormClassOptions>;
  readonly #shape: Shape;

  /** @throws OptionError, ShapeError */
  constructor(gpu: Gpu, options: RMSNormClassOptions) {
    const shape = typeof options.shape === "number" ? [options.shape] : [...options.shape];
    super(gpu, "RMSNorm", shape, { ...options, bias: options.bias ?? false });
    checkEps(options.eps ?? 1e-5, "RMSNorm");
    this.options = ownOptions(options);
    this.#shape = shape;
  }

  protected spec(call: string, x: Shape): NormSpec {
    return layerNormSpec(call, x, ownAxes(call, x, this.#shape, this.options), "rms");
  }
}
