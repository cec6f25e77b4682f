import { sizeOf } from "../core/shape.ts";
import { centred, deviationPull, type Statistics } from "./moments.ts";
import { checkGradient, type Float64NdArray, type NdArray } from "./nd-array.ts";
import { addedMaps, normalize, type NormArguments, type NormDefinition, type Normalized } from "./normalize.ts";
import { groupSums } from "./sums.ts";

/** Gradients of a loss with respect to each input, in that input's shape; those of inputs that were not given are absent. */
export interface NormBackward {
  readonly dx: Float64Array;
  readonly dgamma?: Float64NdArray;
  readonly dbeta?: Float64NdArray;
  readonly dresidual?: Float64NdArray;
  readonly dresidualBias?: Float64NdArray;
  /** Gradients of given statistics, one value a channel. */
  readonly dmean?: Float64Array;
  readonly dvariance?: Float64Array;
}

/**
 * Gradients through the activation, the affine part and the statistics. With g = dy * activation'(xhat * gamma + beta), h = g * gamma, and
 * mean() over the values that share a statistic (gamma is the factor gamma * gammaScale + gammaShift):
 *
 *     dgamma = gammaScale * sum g * xhat        dbeta = sum g
 *     moments                      dx = rstd * (h - mean(h) - xhat * mean(h * xhat))
 *     moments, mean stays in x     dx = rstd * (h - (x - mean) * rstd * mean(h * xhat))
 *     mean square                  dx = rstd * (h - xhat * mean(h * xhat))
 *     given mean and variance      dx = rstd * h      dmean = -sum rstd * h      dvariance = -sum rstd^3 * h * (x - mean) / 2
 *
 * With correction or eps outside the root mean(h * xhat) is first multiplied by n / (n - correction), and by (std + eps) / std.
 * A residual and its bias have dx, summed over what they were broadcast along.
 * @param dy x's shape
 * @throws ShapeError, OptionError
 */
export function normalizeBackward(dy: NdArray, x: NdArray, args: NormArguments, definition: NormDefinition): NormBackward {
  const { call } = definition;
  checkGradient(dy, x, ["dy", "x"], call);
  const normalized = normalize(x, args, definition);
  const { xhat, gamma, beta, activation } = normalized;
  const g = new Float64Array(xhat.length);
  const h = new Float64Array(xhat.length);
  for (let i = 0; i < g.length; i++) {
    g[i] = dy.data[i]! * activation.slope(xhat[i]! * gamma(i) + beta(i));
    h[i] = g[i]! * gamma(i);
  }
  const dx = inputGradient(normalized, h, definition);
  return {
    dx,
    ...(args.gamma && { dgamma: gammaGradient(args.gamma, args, g, xhat, definition) }),
    ...(args.beta && { dbeta: summedTo(args.beta, definition.parameterMap(args.beta.shape, "beta"), g) }),
    ...addedGradients(dx, args, definition),
    ...(definition.fixed && fixedGradients(normalized, h, definition)),
  };
}

/** A gradient per element, summed over the elements that took the same value of the input. */
function summedTo(input: NdArray, map: Int32Array, gradient: Float64Array, factors?: Float64Array): Float64NdArray {
  return { data: groupSums(sizeOf(input.shape), map, gradient, factors), shape: input.shape };
}

function gammaGradient(
  gamma: NdArray,
  { gammaScale = 1 }: NormArguments,
  g: Float64Array,
  xhat: Float64Array,
  { parameterMap }: NormDefinition,
): Float64NdArray {
  const { data, shape } = summedTo(gamma, parameterMap(gamma.shape, "gamma"), g, xhat);
  return { data: data.map((value) => value * gammaScale), shape };
}

function addedGradients(dx: Float64Array, args: NormArguments, definition: NormDefinition): Pick<NormBackward, "dresidual" | "dresidualBias"> {
  const maps = addedMaps(args, definition);
  const residual = maps.get("residual");
  const bias = maps.get("residualBias");
  return {
    ...(residual && { dresidual: summedTo(args.residual!, residual, dx) }),
    ...(bias && { dresidualBias: summedTo(args.residualBias!, bias, dx) }),
  };
}

function inputGradient({ sum, xhat, statistics }: Normalized, h: Float64Array, definition: NormDefinition): Float64Array {
  const { statisticOf, count, kind, subtractsMean } = definition;
  const { rstd } = statistics;
  const dx = new Float64Array(h.length);
  if (kind === "fixed") {
    for (let i = 0; i < dx.length; i++) dx[i] = h[i]! * rstd[statisticOf[i]!]!;
    return dx;
  }
  const average = (factors?: Float64Array): Float64Array => groupSums(definition.statistics, statisticOf, h, factors).map((total) => total / count);
  const pull = deviationPull(statistics, count, definition);
  const along = average(xhat).map((value, s) => value * pull[s]!);
  const offset = kind === "moments" && subtractsMean ? average() : new Float64Array(definition.statistics);
  const direction = kind === "moments" && !subtractsMean ? scaledDeviation(sum, statistics, statisticOf) : xhat;
  for (let i = 0; i < dx.length; i++) {
    const s = statisticOf[i]!;
    dx[i] = rstd[s]! * (h[i]! - offset[s]! - direction[i]! * along[s]!);
  }
  return dx;
}

/** (x - mean) * rstd where xhat is x * rstd: the variance still moves with the deviation alone. */
function scaledDeviation(sum: Float64Array, statistics: Statistics, statisticOf: Int32Array): Float64Array {
  const deviation = centred(sum, statisticOf, statistics);
  for (let i = 0; i < deviation.length; i++) deviation[i]! *= statistics.rstd[statisticOf[i]!]!;
  return deviation;
}

function fixedGradients({ xhat, statistics }: Normalized, h: Float64Array, definition: NormDefinition): Pick<NormBackward, "dmean" | "dvariance"> {
  const { rstd } = statistics;
  const total = groupSums(definition.statistics, definition.statisticOf, h);
  const along = groupSums(definition.statistics, definition.statisticOf, h, xhat);
  return { dmean: total.map((value, s) => -value * rstd[s]!), dvariance: along.map((value, s) => (-value * rstd[s]! ** 2) / 2) };
}
