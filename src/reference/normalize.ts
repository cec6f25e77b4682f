import { ACTIVATIONS, type Activation } from "../core/activation.ts";
import type { Correction, EpsMode } from "../core/deviation.ts";
import { OptionError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { ACTIVATION_FUNCTIONS, type ActivationFunction } from "./activation.ts";
import { centred, givenStatistics, meanSquares, moments, type StatisticMap, type Statistics } from "./moments.ts";
import { broadcastMap, checkArray, type NdArray } from "./nd-array.ts";

/** What a layer takes beside x: its parameters, what it adds before the norm and applies after it. */
export interface NormArguments {
  /** Absent: 1. */
  gamma?: NdArray | null;
  /** Absent: 0. */
  beta?: NdArray | null;
  /** The factor is gamma * gammaScale + gammaShift: a shift of 1 is the 1 + gamma of Gemma. Default 1 and 0. */
  gammaScale?: number;
  gammaShift?: number;
  /** Added to x; broadcasts to x from the right. */
  residual?: NdArray | null;
  /** Added to x like a parameter: per channel or feature, or any shape that broadcasts. */
  residualBias?: NdArray | null;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  activation?: Activation;
}

/** One layer's meaning: which elements share statistics, where parameters lie, how statistics become y. */
export interface NormDefinition extends StatisticMap {
  /** The call, as errors name it. */
  readonly call: string;
  readonly shape: Shape;
  /** Statistics of the values: mean and variance, or mean square. `fixed`: those given. */
  readonly kind: "moments" | "rms" | "fixed";
  readonly subtractsMean: boolean;
  /** For a parameter's shape, the index of the value that each element takes. @throws ShapeError */
  readonly parameterMap: (parameter: Shape, name: string) => Int32Array;
  /** How the variance becomes rstd; default `insideVariance` and 0. */
  readonly epsMode?: EpsMode;
  readonly correction?: Correction;
  readonly fixed?: { readonly mean: Float64Array; readonly variance: Float64Array };
}

/** Outputs of a forward call. y and sum have x's shape; mean, rstd and variance are flat, one value a statistic. */
export interface NormForward {
  readonly y: Float64Array;
  /** x + residual + residualBias. */
  readonly sum: Float64Array;
  readonly mean: Float64Array;
  readonly rstd: Float64Array;
  readonly variance: Float64Array;
}

/** A forward call up to the affine part; backward starts from it too. */
export interface Normalized {
  readonly sum: Float64Array;
  readonly statistics: Statistics;
  /** (sum - mean) * rstd, or sum * rstd where the mean is not subtracted. */
  readonly xhat: Float64Array;
  /** Factor and offset of each element: gamma * gammaScale + gammaShift, and beta. */
  readonly gamma: (i: number) => number;
  readonly beta: (i: number) => number;
  readonly activation: ActivationFunction;
}

/** The inputs that are added to x, by name, with the index of the value that each element takes. @throws ShapeError */
export function addedMaps(args: NormArguments, { call, shape, parameterMap }: NormDefinition): Map<"residual" | "residualBias", Int32Array> {
  const maps = new Map<"residual" | "residualBias", Int32Array>();
  if (args.residual) {
    checkArray(args.residual, "residual", call);
    maps.set("residual", broadcastMap(args.residual.shape, shape, "residual", call));
  }
  if (args.residualBias) {
    checkArray(args.residualBias, "residualBias", call);
    maps.set("residualBias", parameterMap(args.residualBias.shape, "residualBias"));
  }
  return maps;
}

/** x + residual + residualBias. @throws ShapeError */
export function summed(x: NdArray, args: NormArguments, definition: NormDefinition): Float64Array {
  const sum = new Float64Array(x.data);
  for (const [name, map] of addedMaps(args, definition)) {
    const { data } = args[name]!;
    for (let i = 0; i < sum.length; i++) sum[i]! += data[map[i]!]!;
  }
  return sum;
}

function statisticsOf(sum: Float64Array, definition: NormDefinition, eps: number): Statistics {
  if (definition.fixed) return givenStatistics(definition.fixed.mean, definition.fixed.variance, eps);
  return definition.kind === "rms" ? meanSquares(sum, definition, eps) : moments(sum, definition, { ...definition, eps });
}

function reader(name: "gamma" | "beta", absent: number, args: NormArguments, { call, parameterMap }: NormDefinition): (i: number) => number {
  const parameter = args[name];
  if (!parameter) return () => absent;
  checkArray(parameter, name, call);
  const map = parameterMap(parameter.shape, name);
  return (i) => parameter.data[map[i]!]!;
}

function factor(args: NormArguments, definition: NormDefinition): (i: number) => number {
  const gamma = reader("gamma", 1, args, definition);
  const { gammaScale = 1, gammaShift = 0 } = args;
  for (const [name, value] of Object.entries({ gammaScale, gammaShift })) {
    if (!Number.isFinite(value)) throw new OptionError(`${definition.call}: ${name} is ${String(value)}; wanted a finite number`);
  }
  return (i) => gamma(i) * gammaScale + gammaShift;
}

/** x normalized, before gamma and beta. @throws ShapeError, OptionError */
export function normalize(x: NdArray, args: NormArguments, definition: NormDefinition): Normalized {
  const { call, statisticOf } = definition;
  const { eps = 1e-5, activation = "none" } = args;
  checkArray(x, "x", call);
  if (!(eps >= 0 && Number.isFinite(eps))) throw new OptionError(`${call}: eps is ${String(eps)}; wanted a finite number from 0`);
  if (!ACTIVATIONS.includes(activation)) throw new OptionError(`${call}: activation is ${String(activation)}; wanted one of ${ACTIVATIONS.join(", ")}`);
  const gamma = factor(args, definition);
  const beta = reader("beta", 0, args, definition);
  const sum = summed(x, args, definition);
  const statistics = statisticsOf(sum, definition, eps);
  const xhat = centred(sum, statisticOf, statistics, definition.subtractsMean);
  for (let i = 0; i < xhat.length; i++) xhat[i]! *= statistics.rstd[statisticOf[i]!]!;
  return { sum, statistics, xhat, gamma, beta, activation: ACTIVATION_FUNCTIONS[activation] };
}

/** y = activation((x + residual + residualBias - mean) * rstd * (gamma * gammaScale + gammaShift) + beta). @throws ShapeError, OptionError */
export function normalizeForward(x: NdArray, args: NormArguments, definition: NormDefinition): NormForward {
  const { sum, statistics, xhat, gamma, beta, activation } = normalize(x, args, definition);
  const y = new Float64Array(sum.length);
  for (let i = 0; i < y.length; i++) y[i] = activation.value(xhat[i]! * gamma(i) + beta(i));
  const { mean, rstd, variance } = statistics;
  return { y, sum, mean, rstd, variance };
}
