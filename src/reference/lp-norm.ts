import { OptionError } from "../core/errors.ts";
import { resolveAxes } from "../core/shape.ts";
import { statisticMap, type StatisticMap } from "./moments.ts";
import { checkArray, checkGradient, type NdArray } from "./nd-array.ts";
import { groupSums } from "./sums.ts";
import { vectorNorms } from "./vector-norms.ts";

export interface LpNormArguments {
  /** The norm's exponent, a finite number from 1. Default 2. */
  p?: number;
  /** Axes whose values share a norm: any set, none. Default: the last. */
  axes?: readonly number[];
  /** The least that is divided by. Default 0; PyTorch's `normalize` has 1e-12. */
  eps?: number;
}

/** y in x's shape; norm flat, one value per index of the other axes, as it was before eps. */
export interface LpNormForward {
  readonly y: Float64Array;
  readonly norm: Float64Array;
}

/**
 * Lp normalization over `axes`:
 *
 *     y = x / max(norm, eps),  norm = (sum |x|^p)^(1/p);  y = 0 where norm and eps are 0
 *
 * LpNormalization of ONNX; with eps 1e-12 PyTorch's `normalize`.
 * @param x any shape, rank 0 included
 * @throws ShapeError where shapes do not fit; OptionError where an option's value is none
 */
export function lpNormForward(x: NdArray, args: LpNormArguments = {}): LpNormForward {
  const { map, norm, divisor } = measured("lpNormForward", x, args);
  return { y: quotients(x.data, divisor, map), norm };
}

/**
 * Gradient of {@link lpNormForward}. With sums over `axes`:
 *
 *     dx = (dy - sign(x) * (|x| / norm)^(p - 1) * sum(dy * y)) / norm      where norm >= eps; 0 where both are 0
 *     dx = dy / eps                                                        where norm < eps
 *
 * With norm >= eps the sum of dx * x is 0. Where x is 0 and p is 1, sign(x) is 0, as PyTorch's.
 * @param dy x's shape
 * @throws ShapeError, OptionError
 */
export function lpNormBackward(dy: NdArray, x: NdArray, args: LpNormArguments = {}): { readonly dx: Float64Array } {
  const call = "lpNormBackward";
  const { map, norm, divisor } = measured(call, x, args);
  checkGradient(dy, x, ["dy", "x"], call);
  const { p = 2, eps = 0 } = args;
  const y = quotients(x.data, divisor, map);
  const along = groupSums(map.statistics, map.statisticOf, y, Float64Array.from(dy.data));
  const dx = y.map((value, i) => {
    const s = map.statisticOf[i]!;
    if (divisor[s] === 0) return 0;
    const slope = norm[s]! < eps ? 0 : Math.sign(value) * Math.abs(value) ** (p - 1);
    return (dy.data[i]! - slope * along[s]!) / divisor[s]!;
  });
  return { dx };
}

interface Measured {
  readonly map: StatisticMap;
  readonly norm: Float64Array;
  /** max(norm, eps). */
  readonly divisor: Float64Array;
}

function measured(call: string, x: NdArray, { p = 2, axes, eps = 0 }: LpNormArguments): Measured {
  checkArray(x, "x", call);
  if (!(p >= 1 && Number.isFinite(p))) throw new OptionError(`${call}: p is ${String(p)}; wanted a finite number from 1`);
  if (!(eps >= 0 && Number.isFinite(eps))) throw new OptionError(`${call}: eps is ${String(eps)}; wanted a finite number from 0`);
  const map = statisticMap(x.shape, resolveAxes(axes ?? (x.shape.length ? [-1] : []), x.shape.length, call));
  const norm = vectorNorms(x.data, map, p);
  return { map, norm, divisor: norm.map((value) => (value < eps ? eps : value)) };
}

function quotients(x: ArrayLike<number>, divisor: Float64Array, { statisticOf }: StatisticMap): Float64Array {
  return Float64Array.from(x, (value, i) => (divisor[statisticOf[i]!] === 0 ? 0 : value / divisor[statisticOf[i]!]!));
}
