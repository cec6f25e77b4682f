import { expect } from "vitest";
import { sizeOf, stridesOf, type Shape } from "../../src/core/shape.ts";
import { lpNormBackward, lpNormForward, weightNormBackward, weightNormForward } from "../../src/reference/index.ts";
import { F32_BOUND } from "../bound.ts";

/** One set of values that share a norm, and what the reference says of it. */
interface Group {
  readonly places: readonly number[];
  readonly norm: number;
  readonly dg: number;
  /** The size that gradients of the group have before they cancel: |g / norm| * max |dy|. */
  readonly size: number;
}

/** y and dx of y = g * x / max(norm, eps), of the float64 reference. */
export interface Expected {
  readonly y: Float64Array;
  readonly dx: Float64Array;
  readonly groups: readonly Group[];
}

export interface Given {
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly g?: Float32Array | undefined;
  readonly shape: Shape;
  readonly reduced: readonly number[];
  readonly p?: number;
  readonly eps?: number;
}

/** Places of the values of each statistic, in the order of the kept axes. */
function placesOf(shape: Shape, reduced: readonly number[]): number[][] {
  const strides = stridesOf(shape);
  const kept = shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
  const groups = Array.from({ length: sizeOf(kept.map((axis) => shape[axis]!)) }, (): number[] => []);
  for (let place = 0; place < sizeOf(shape); place++) {
    let index = 0;
    for (const axis of kept) index = index * shape[axis]! + (Math.floor(place / strides[axis]!) % shape[axis]!);
    groups[index]!.push(place);
  }
  return groups;
}

/** What must come out. */
export function expectedOf(given: Given): Expected {
  const { dy, g, shape, reduced, eps = 0 } = given;
  const { y, norm, dx, dg } = g ? weightNormOf(given, g) : lpNormOf(given);
  const groups = placesOf(shape, reduced).map((places, index): Group => {
    const divisor = Math.max(norm[index]!, eps);
    const most = places.reduce((size, place) => Math.max(size, Math.abs(dy[place]!)), 0);
    return { places, norm: norm[index]!, dg: dg ? dg[index]! : 0, size: divisor && Math.abs((g ? g[index]! : 1) / divisor) * most };
  });
  return { y, dx, groups };
}

interface Values {
  readonly y: Float64Array;
  readonly norm: Float64Array;
  readonly dx: Float64Array;
  readonly dg?: ArrayLike<number>;
}

function lpNormOf({ x, dy, shape, reduced, p = 2, eps = 0 }: Given): Values {
  const args = { p, axes: reduced, eps };
  return { ...lpNormForward({ data: x, shape }, args), ...lpNormBackward({ data: dy, shape }, { data: x, shape }, args) };
}

function weightNormOf({ x, dy, shape, reduced }: Given, g: Float32Array): Values {
  const dim = shape.map((_, axis) => axis).find((axis) => !reduced.includes(axis)) ?? null;
  const args = { dim, g: { data: g, shape: [g.length] } };
  const { w, norm } = weightNormForward({ data: x, shape }, args);
  const { dv, dg } = weightNormBackward({ data: dy, shape }, { data: x, shape }, args);
  return { y: w, norm, dx: dv, dg: dg.data };
}

const SMALLEST = 2 ** -126;

/** The largest error of the values of one statistic, by the size that they have. */
function worstOf(actual: Float32Array, expected: Float64Array, { places, size }: Group): number {
  let worst = 0;
  let most = size;
  for (const place of places) {
    const distance = Math.abs(actual[place]! - expected[place]!);
    // A GPU may take numbers below the smallest normal one for 0.
    if (distance < SMALLEST) continue;
    if (!(distance <= worst)) worst = Number.isNaN(distance) ? Infinity : distance;
    most = Math.max(most, Math.abs(expected[place]!));
  }
  return worst === 0 ? 0 : worst / most;
}

/** Asserts that the values are right, statistic by statistic, however large or small a statistic's values are. */
export function expectGroups(actual: Float32Array, expected: Float64Array, groups: readonly Group[], what: string): void {
  expect(actual.length, `${what}: count of values`).toBe(expected.length);
  const worst = groups.reduce((most, group) => Math.max(most, worstOf(actual, expected, group)), 0);
  expect(worst, `${what}: error`).toBeLessThanOrEqual(F32_BOUND);
}

/** Asserts that every norm is right to 1e-6. */
export function expectNorms(actual: Float32Array, groups: readonly Group[]): void {
  expect(actual.length, "norm: count of values").toBe(groups.length);
  const worst = groups.reduce((most, { norm }, i) => Math.max(most, norm === actual[i] ? 0 : Math.abs(actual[i]! - norm) / norm), 0);
  expect(worst, "norm: relative error").toBeLessThanOrEqual(1e-6);
}
