import { checkDeviation, type Correction, type EpsMode } from "../core/deviation.ts";
import { OptionError, ShapeError } from "../core/errors.ts";
import { formatShape, resolveAxes, sameShape, type Shape } from "../core/shape.ts";
import { normalizeBackward } from "./gradient.ts";
import { checkReduced, statisticMap } from "./moments.ts";
import { axesStrides, checkArray, checkGradient, indexMap, type Float64NdArray, type NdArray } from "./nd-array.ts";
import { normalizeForward, type NormArguments, type NormDefinition } from "./normalize.ts";

export interface WeightStandardizationArguments {
  /** The axis of outputs, negative from the end: 0 (default) for OIHW, linear and recurrent weights, -1 for HWIO. */
  dim?: number;
  /** Default 1e-5. */
  eps?: number;
  /** Default `outsideStd`. */
  epsMode?: EpsMode;
  /** 1 (default): the variance is divided by n - 1. 0: by n. */
  correction?: Correction;
  /** A factor per output, [O] or v's rank with 1 along every other axis. */
  gain?: NdArray | null;
  /** Scales w by gamma / sqrt(n), n the values of one output (fan in); absent: no such factor. */
  gamma?: number;
}

/** w in v's shape; mean, rstd and variance (the biased one) flat, one value per output. */
export interface WeightStandardizationForward {
  readonly w: Float64Array;
  readonly mean: Float64Array;
  readonly rstd: Float64Array;
  readonly variance: Float64Array;
}

/** dv in v's shape, dgain in gain's, where it was given. */
export interface WeightStandardizationBackward {
  readonly dv: Float64Array;
  readonly dgain?: Float64NdArray;
}

/**
 * Weight standardization of each output over all its n weights:
 *
 *     w = (v - mean) / (std + eps) * gain * gamma / sqrt(n),  std unbiased                 the default; gain and gamma where they are given
 *     w = (v - mean) / sqrt(variance + eps), correction 0 and epsMode insideVariance      the paper's second version; BiT with eps 1e-10; timm with eps 1e-6
 *
 * Qiao et al. 2019 (arXiv:1903.10520); gain and gamma: Brock, De & Smith 2021 (arXiv:2101.08692), scaled weight standardization.
 * The weights of an output that are all equal become 0.
 * @param v weights of any shape from rank 1
 * @throws ShapeError where shapes do not fit, an output has no weight, or one and correction 1; OptionError where an option's value is none
 */
export function weightStandardizationForward(v: NdArray, args: WeightStandardizationArguments = {}): WeightStandardizationForward {
  const definition = weightDefinition("weightStandardizationForward", v.shape, args);
  const { y, mean, rstd, variance } = normalizeForward(v, normArguments(v, args, definition), definition);
  return { w: y, mean, rstd, variance };
}

/**
 * Gradients of {@link weightStandardizationForward}. With h = dw * gain * gamma / sqrt(n), vhat = (v - mean) * rstd and mean() over an output's n weights:
 *
 *     dv = rstd * (h - mean(h) - vhat * mean(h * vhat) * n / (n - correction) * pull),  pull = 1, or (std + eps) / std with eps outside (0 where std is 0)
 *     dgain = gamma / sqrt(n) * sum dw * vhat
 *
 * dv of an output sums to 0.
 * @param dw v's shape
 * @throws ShapeError, OptionError
 */
export function weightStandardizationBackward(dw: NdArray, v: NdArray, args: WeightStandardizationArguments = {}): WeightStandardizationBackward {
  const definition = weightDefinition("weightStandardizationBackward", v.shape, args);
  checkGradient(dw, v, ["dw", "v"], definition.call);
  const { dx, dgamma } = normalizeBackward(dw, v, normArguments(v, args, definition), definition);
  return { dv: dx, ...(dgamma && { dgain: dgamma }) };
}

function normArguments(v: NdArray, { eps, gain, gamma }: WeightStandardizationArguments, { call, count }: NormDefinition): NormArguments {
  checkArray(v, "v", call);
  if (gain) checkArray(gain, "gain", call);
  if (gamma !== undefined && !Number.isFinite(gamma)) throw new OptionError(`${call}: gamma is ${String(gamma)}; wanted a finite number`);
  return { ...(eps !== undefined && { eps }), ...(gain && { gamma: gain }), ...(gamma !== undefined && { gammaScale: gamma / Math.sqrt(count) }) };
}

function weightDefinition(call: string, v: Shape, args: WeightStandardizationArguments): NormDefinition {
  const { dim = 0, epsMode = "outsideStd", correction = 1 } = args;
  const axis = resolveAxes([dim], v.length, call)[0]!;
  const map = statisticMap(
    v,
    [...v.keys()].filter((place) => place !== axis),
  );
  checkReduced(map, v, call, "v");
  checkDeviation(call, "v", v, map.count, epsMode, correction);
  return {
    call,
    shape: v,
    ...map,
    kind: "moments",
    subtractsMean: true,
    epsMode,
    correction,
    parameterMap: (gain) => {
      const kept = v.map((extent, place) => (place === axis ? extent : 1));
      if (!sameShape(gain, [v[axis]!]) && !sameShape(gain, kept)) {
        throw new ShapeError(
          `${call}: gain is ${formatShape(gain)}; v is ${formatShape(v)} and dim ${dim}: it must be ${formatShape([v[axis]!])} or ${formatShape(kept)}`,
        );
      }
      return indexMap(v, axesStrides(v, [axis]));
    },
  };
}
