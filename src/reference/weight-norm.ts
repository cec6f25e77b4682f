import { ShapeError } from "../core/errors.ts";
import { formatShape, resolveAxes, sameShape, type Shape } from "../core/shape.ts";
import { statisticMap, type StatisticMap } from "./moments.ts";
import { checkArray, checkGradient, type Float64NdArray, type NdArray } from "./nd-array.ts";
import { groupSums } from "./sums.ts";
import { vectorNorms } from "./vector-norms.ts";

export interface WeightNormArguments {
  /** Lengths: one value per index of `dim`, [O] or v's rank with 1 along every other axis, such as [O, 1, 1, 1]; with `dim: null` one value of any rank. */
  g: NdArray;
  /** The axis that keeps a norm each, negative from the end; null: one norm of the whole tensor. Default 0. */
  dim?: number | null;
}

/** w in v's shape; norm flat, one value per index of `dim`. */
export interface WeightNormForward {
  readonly w: Float64Array;
  readonly norm: Float64Array;
}

/** dv in v's shape, dg in g's. */
export interface WeightNormBackward {
  readonly dv: Float64Array;
  readonly dg: Float64NdArray;
}

/**
 * Weight normalization over every axis but `dim`:
 *
 *     w = g * v / norm,  norm = sqrt(sum v^2);  w = 0 where norm is 0
 *
 * Salimans & Kingma 2016 (arXiv:1602.07868), equation 2; `dim` as PyTorch's.
 * @param v any shape; with `dim` at least rank 1
 * @throws ShapeError where shapes do not fit; OptionError where `dim` is no axis of v
 */
export function weightNormForward(v: NdArray, args: WeightNormArguments): WeightNormForward {
  const { map, norm, direction, g } = normalizedWeight("weightNormForward", v, args);
  return { w: direction.map((value, i) => value * g[map.statisticOf[i]!]!), norm };
}

/**
 * Gradients of {@link weightNormForward}. With u = v / norm and sums over every axis but `dim`:
 *
 *     dg = sum dw * u        dv = g / norm * (dw - u * dg);  both 0 where norm is 0
 *
 * Salimans & Kingma 2016, equation 3. dv is at right angles to v.
 * @param dw v's shape
 * @throws ShapeError, OptionError
 */
export function weightNormBackward(dw: NdArray, v: NdArray, args: WeightNormArguments): WeightNormBackward {
  const call = "weightNormBackward";
  const { map, norm, direction, g } = normalizedWeight(call, v, args);
  checkGradient(dw, v, ["dw", "v"], call);
  const { statisticOf, statistics } = map;
  const dg = groupSums(statistics, statisticOf, Float64Array.from(dw.data), direction);
  const dv = direction.map((value, i) => {
    const s = statisticOf[i]!;
    return norm[s] === 0 ? 0 : (g[s]! / norm[s]!) * (dw.data[i]! - value * dg[s]!);
  });
  return { dv, dg: { data: dg, shape: args.g.shape } };
}

/**
 * The g that leaves v as it is: its norms, shaped [O, 1, ..., 1] as PyTorch keeps them, or [] with `dim: null`.
 * @throws ShapeError, OptionError
 */
export function initialG(v: NdArray, { dim = 0 }: Pick<WeightNormArguments, "dim"> = {}): Float64NdArray {
  const call = "initialG";
  checkArray(v, "v", call);
  const { axis, map } = normMap(call, v.shape, dim);
  return { data: vectorNorms(v.data, map, 2), shape: keptShape(v.shape, axis) };
}

interface NormalizedWeight {
  readonly map: StatisticMap;
  readonly norm: Float64Array;
  /** v / norm; 0 where norm is 0. */
  readonly direction: Float64Array;
  readonly g: ArrayLike<number>;
}

function normalizedWeight(call: string, v: NdArray, { g, dim = 0 }: WeightNormArguments): NormalizedWeight {
  checkArray(v, "v", call);
  checkArray(g, "g", call);
  const { axis, map } = normMap(call, v.shape, dim);
  const kept = axis === null ? [] : [v.shape[axis]!];
  const fits = axis === null ? g.data.length === 1 : sameShape(g.shape, kept) || sameShape(g.shape, keptShape(v.shape, axis));
  if (!fits) {
    const wanted = axis === null ? "[]" : `${formatShape(kept)} or ${formatShape(keptShape(v.shape, axis))}`;
    throw new ShapeError(`${call}: g is ${formatShape(g.shape)}; v is ${formatShape(v.shape)} and dim ${String(dim)}: it must be ${wanted}`);
  }
  const norm = vectorNorms(v.data, map, 2);
  const direction = Float64Array.from(v.data, (value, i) => (norm[map.statisticOf[i]!] === 0 ? 0 : value / norm[map.statisticOf[i]!]!));
  return { map, norm, direction, g: g.data };
}

function normMap(call: string, v: Shape, dim: number | null): { axis: number | null; map: StatisticMap } {
  const axis = dim === null ? null : resolveAxes([dim], v.length, call)[0]!;
  const reduced = [...v.keys()].filter((place) => place !== axis);
  return { axis, map: statisticMap(v, reduced) };
}

/** v's shape with 1 along every axis but this one; [] for null. */
function keptShape(v: Shape, axis: number | null): Shape {
  return axis === null ? [] : v.map((extent, place) => (place === axis ? extent : 1));
}
