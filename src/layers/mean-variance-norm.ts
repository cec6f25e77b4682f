import { checkDeviation, type Correction, type EpsMode } from "../core/deviation.ts";
import type { Shape } from "../core/shape.ts";
import { statisticsView } from "../core/statistics-view.ts";
import type { Activation } from "../core/activation.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { ANY, ROW_GRADIENTS } from "../plan/walks.ts";
import { runBackward, type BackwardOptions, type BackwardResult } from "./backward.ts";
import { runForward, type AffineParameters, type ForwardOptions, type ForwardResult, type NormSpec } from "./forward.ts";
import { layerNormSpec } from "./layer-norm.ts";
import { ownOptions } from "./kept-specs.ts";
import { checkEps, Norm } from "./norm.ts";
import type { Saved } from "./saved.ts";

/** What mean and variance normalization means. Defaults are those of ONNX. */
export interface MeanVarianceNormOptions {
  /** Axes of x that are normalized together: any set, in any order, none. Default: all but axis 1. */
  axes?: readonly number[];
  /** Default 1e-9. */
  eps?: number;
  /** `outsideStd` (default): eps is added to the standard deviation. `insideVariance`: to the variance. */
  epsMode?: EpsMode;
  /** 0 (default): the variance is divided by n. 1: by n - 1. */
  correction?: Correction;
  activation?: Activation;
}

/**
 * Mean and variance normalization: y = activation((x - mean) / (std + eps) * gamma + beta) over `axes`; equation and source: reference/mean-variance-norm.ts.
 * @param x any shape   @returns y of x's shape; saved.mean and saved.rstd of the other axes' shape
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function meanVarianceNorm(gpu: Gpu, x: Tensor, options: MeanVarianceNormOptions & AffineParameters & ForwardOptions = {}): ForwardResult {
  return runForward(gpu, ANY, "meanVarianceNorm", x, (shape) => meanVarianceNormSpec("meanVarianceNorm", shape, options), options);
}

/**
 * Gradients of {@link meanVarianceNorm}; equation: reference/mean-variance-norm.ts.
 * @param dy x's shape   @param saved of the forward call   @returns dx of x's shape; dgamma and dbeta of gamma's and beta's
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function meanVarianceNormBackward(
  gpu: Gpu,
  dy: Tensor,
  saved: Saved | undefined,
  options: MeanVarianceNormOptions & AffineParameters & BackwardOptions = {},
): BackwardResult {
  const call = "meanVarianceNormBackward";
  return runBackward(gpu, ROW_GRADIENTS, call, dy, saved, (x) => meanVarianceNormSpec(call, x, options), options);
}

function meanVarianceNormSpec(call: string, x: Shape, options: MeanVarianceNormOptions): NormSpec {
  const { eps = 1e-9, epsMode = "outsideStd", correction = 0, activation } = options;
  const axes = options.axes ?? [...x.keys()].filter((axis) => axis !== 1);
  const spec = layerNormSpec(call, x, { axes, eps, activation });
  checkDeviation(call, "x", x, statisticsView(x, spec.reduced).count, epsMode, correction);
  return { ...spec, epsMode, correction };
}

/** Mean and variance normalization, without parameters of its own; gamma and beta may be given to a call. ONNX's `MeanVarianceNormalization`. */
export class MeanVarianceNorm extends Norm {
  /** @internal */ protected readonly walks = { forward: ANY, backward: ROW_GRADIENTS };
  readonly options: Readonly<MeanVarianceNormOptions>;

  /** @throws OptionError */
  constructor(gpu: Gpu, options: MeanVarianceNormOptions = {}) {
    super(gpu, "MeanVarianceNorm", [], options, false);
    checkEps(options.eps ?? 1e-9, "MeanVarianceNorm");
    checkDeviation("MeanVarianceNorm", "x", [], 2, options.epsMode ?? "outsideStd", options.correction ?? 0);
    this.options = ownOptions(options);
  }

  protected spec(call: string, x: Shape): NormSpec {
    return meanVarianceNormSpec(call, x, this.options);
  }
}
