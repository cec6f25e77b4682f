import type { Activation } from "../core/activation.ts";
import { ShapeError } from "../core/errors.ts";
import { formatShape, sizeOf, stridesOf, type Shape } from "../core/shape.ts";
import { ACTIVATION_FUNCTIONS } from "./activation.ts";
import { broadcastMap, checkArray, groupSums, indexMap, type Float64NdArray, type NdArray } from "./nd-array.ts";

/** What a layer adds before the norm and applies after it. */
export interface NormArguments {
  gamma?: NdArray | null;
  beta?: NdArray | null;
  /** Added to x; broadcasts to x from the right. */
  residual?: NdArray | null;
  /** Added to x like a parameter: per channel or feature, or any shape that broadcasts. */
  residualBias?: NdArray | null;
  eps?: number;
  activation?: Activation;
}

/** One layer's meaning: which elements share statistics, where parameters lie, how statistics become y. */
export interface NormDefinition {
  readonly call: string;
  readonly shape: Shape;
  /** For each element, the index of its statistic; and the count of statistics. */
  readonly statisticOf: Int32Array;
  readonly statistics: number;
  /** Values that share a statistic. */
  readonly count: number;
  readonly kind: "moments" | "rms" | "fixed";
  readonly subtractsMean: boolean;
  /** For a parameter's shape, the index of the value that each element takes. @throws ShapeError */
  readonly parameterMap: (parameter: Shape, name: string) => Int32Array;
  /** Given statistics, for `fixed`. */
  readonly fixed?: { readonly mean: Float64Array; readonly variance: Float64Array };
}

/** Outputs of a forward call; mean, rstd and variance flat, one value a statistic. */
export interface NormForward {
  readonly y: Float64Array;
  readonly sum: Float64Array;
  readonly mean: Float64Array;
  readonly rstd: Float64Array;
  readonly variance: Float64Array;
}

/** Gradients of a loss with respect to each input; those of inputs that were not given are absent. */
export interface NormBackward {
  readonly dx: Float64Array;
  readonly dgamma?: Float64NdArray;
  readonly dbeta?: Float64NdArray;
  readonly dresidual?: Float64NdArray;
  readonly dresidualBias?: Float64NdArray;
  /** Gradients to given statistics. */
  readonly dmean?: Float64Array;
  readonly dvariance?: Float64Array;
}

/** Index of each element's statistic where the axes in `reduced` share one; statistics in row-major order of the other axes. */
export function statisticMap(shape: Shape, reduced: readonly number[]): { statisticOf: Int32Array; statistics: number; count: number } {
  const kept = shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
  const own = stridesOf(kept.map((axis) => shape[axis]!));
  const strides = shape.map((_, axis) => (kept.includes(axis) ? own[kept.indexOf(axis)]! : 0));
  const statistics = sizeOf(kept.map((axis) => shape[axis]!));
  return { statisticOf: indexMap(shape, strides), statistics, count: sizeOf(reduced.map((axis) => shape[axis]!)) };
}

/** x + residual + residualBias. */
function summed(x: NdArray, args: NormArguments, definition: NormDefinition): Float64Array {
  const sum = Float64Array.from(x.data);
  for (const [name, map] of addedMaps(x, args, definition)) {
    const added = args[name]!;
    for (let i = 0; i < sum.length; i++) sum[i]! += added.data[map[i]!]!;
  }
  return sum;
}

function addedMaps(x: NdArray, args: NormArguments, definition: NormDefinition): ["residual" | "residualBias", Int32Array][] {
  const maps: ["residual" | "residualBias", Int32Array][] = [];
  if (args.residual) {
    checkArray(args.residual, "residual", definition.call);
    maps.push(["residual", broadcastMap(args.residual.shape, x.shape, "residual", definition.call)]);
  }
  if (args.residualBias) {
    checkArray(args.residualBias, "residualBias", definition.call);
    maps.push(["residualBias", definition.parameterMap(args.residualBias.shape, "residualBias")]);
  }
  return maps;
}

/** Mean and biased variance of each statistic, in two passes; 1 / sqrt(variance + eps), and 0 where both are 0. */
function statisticsOf(sum: Float64Array, definition: NormDefinition, eps: number): Pick<NormForward, "mean" | "rstd" | "variance"> {
  const { statisticOf, statistics, count, kind, fixed } = definition;
  const mean = fixed?.mean ?? (kind === "rms" ? new Float64Array(statistics) : groupSums(statistics, statisticOf, (i) => sum[i]!).map((total) => total / count));
  const variance =
    fixed?.variance ?? groupSums(statistics, statisticOf, (i) => (sum[i]! - mean[statisticOf[i]!]!) ** 2).map((total) => total / count);
  return { mean, variance, rstd: variance.map((v) => (v + eps === 0 ? 0 : 1 / Math.sqrt(v + eps))) };
}

interface Affine {
  readonly gamma: (i: number) => number;
  readonly beta: (i: number) => number;
}

function affineOf(args: NormArguments, definition: NormDefinition): Affine {
  const reader = (name: "gamma" | "beta", absent: number): ((i: number) => number) => {
    const parameter = args[name];
    if (!parameter) return () => absent;
    checkArray(parameter, name, definition.call);
    const map = definition.parameterMap(parameter.shape, name);
    return (i) => parameter.data[map[i]!]!;
  };
  return { gamma: reader("gamma", 1), beta: reader("beta", 0) };
}

/** y = activation((x + residual + residualBias - mean) * rstd * gamma + beta). */
export function normalizeForward(x: NdArray, args: NormArguments, definition: NormDefinition): NormForward {
  checkArray(x, "x", definition.call);
  const sum = summed(x, args, definition);
  const statistics = statisticsOf(sum, definition, args.eps ?? 1e-5);
  const { gamma, beta } = affineOf(args, definition);
  const { value } = ACTIVATION_FUNCTIONS[args.activation ?? "none"];
  const y = new Float64Array(sum.length);
  for (let i = 0; i < y.length; i++) y[i] = value(normalized(sum, statistics, definition, i) * gamma(i) + beta(i));
  return { y, sum, ...statistics };
}

function normalized(sum: Float64Array, statistics: Pick<NormForward, "mean" | "rstd">, definition: NormDefinition, i: number): number {
  const s = definition.statisticOf[i]!;
  return (sum[i]! - (definition.subtractsMean ? statistics.mean[s]! : 0)) * statistics.rstd[s]!;
}

/**
 * Gradients through the activation, the affine part and the statistics. With h = dy * activation' * gamma and the mean over a statistic's values:
 * moments: dx = rstd * (h - mean(h) - xhat * mean(h * xhat)); rms: without mean(h); mean not subtracted: dx = rstd * h - rstd^3 * (x - mean) * mean(h * x);
 * fixed statistics: dx = rstd * h.
 */
export function normalizeBackward(dy: NdArray, x: NdArray, args: NormArguments, definition: NormDefinition): NormBackward {
  checkArray(x, "x", definition.call);
  if (dy.data.length !== x.data.length) throw new ShapeError(`${definition.call}: dy is ${formatShape(dy.shape)}; it must have x's shape ${formatShape(x.shape)}`);
  const sum = summed(x, args, definition);
  const statistics = statisticsOf(sum, definition, args.eps ?? 1e-5);
  const { gamma, beta } = affineOf(args, definition);
  const { slope } = ACTIVATION_FUNCTIONS[args.activation ?? "none"];
  const xhat = Float64Array.from(sum, (_, i) => normalized(sum, statistics, definition, i));
  const g = Float64Array.from(sum, (_, i) => dy.data[i]! * slope(xhat[i]! * gamma(i) + beta(i)));
  const h = Float64Array.from(g, (value, i) => value * gamma(i));
  const dx = inputGradient(sum, xhat, h, statistics, definition);
  const reduced = (name: "gamma" | "beta", values: (i: number) => number): Float64NdArray | undefined => {
    const parameter = args[name];
    if (!parameter) return undefined;
    const map = definition.parameterMap(parameter.shape, name);
    return { data: groupSums(sizeOf(parameter.shape), map, values), shape: parameter.shape };
  };
  const added = Object.fromEntries(
    addedMaps(x, args, definition).map(([name, map]) => [`d${name}`, { data: groupSums(sizeOf(args[name]!.shape), map, (i) => dx[i]!), shape: args[name]!.shape }]),
  );
  const dgamma = reduced("gamma", (i) => g[i]! * xhat[i]!);
  const dbeta = reduced("beta", (i) => g[i]!);
  return { dx, ...(dgamma && { dgamma }), ...(dbeta && { dbeta }), ...added, ...fixedGradients(sum, h, statistics, definition) };
}

function inputGradient(sum: Float64Array, xhat: Float64Array, h: Float64Array, statistics: Pick<NormForward, "mean" | "rstd">, definition: NormDefinition): Float64Array {
  const { statisticOf, count, kind, subtractsMean } = definition;
  const { mean, rstd } = statistics;
  const average = (value: (i: number) => number): Float64Array => groupSums(definition.statistics, statisticOf, value).map((total) => total / count);
  if (kind === "fixed") return h.map((value, i) => value * rstd[statisticOf[i]!]!);
  const along = average((i) => h[i]! * xhat[i]!);
  if (kind === "moments" && !subtractsMean) {
    return h.map((value, i) => {
      const s = statisticOf[i]!;
      return rstd[s]! * value - rstd[s]! ** 2 * (sum[i]! - mean[s]!) * along[s]!;
    });
  }
  const offset = kind === "moments" ? average((i) => h[i]!) : new Float64Array(definition.statistics);
  return h.map((value, i) => {
    const s = statisticOf[i]!;
    return rstd[s]! * (value - offset[s]! - xhat[i]! * along[s]!);
  });
}

function fixedGradients(
  sum: Float64Array,
  h: Float64Array,
  { mean, rstd }: Pick<NormForward, "mean" | "rstd">,
  { kind, statistics, statisticOf }: NormDefinition,
): Pick<NormBackward, "dmean" | "dvariance"> {
  if (kind !== "fixed") return {};
  return {
    dmean: groupSums(statistics, statisticOf, (i) => -h[i]! * rstd[statisticOf[i]!]!),
    dvariance: groupSums(statistics, statisticOf, (i) => (-h[i]! * (sum[i]! - mean[statisticOf[i]!]!) * rstd[statisticOf[i]!]! ** 3) / 2),
  };
}
