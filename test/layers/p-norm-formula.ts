import { expect } from "vitest";
import { sizeOf, stridesOf, type Shape } from "../../src/core/shape.ts";
import { F32_BOUND } from "../bound.ts";

/** One set of values that share a norm, and what the formula says of it. */
interface Group {
  readonly places: readonly number[];
  readonly norm: number;
  readonly dg: number;
  /** The size that gradients of the group have before they cancel: |g / norm| * max |dy|. */
  readonly size: number;
}

/** y, dx and dg of y = g * x / max(norm, eps), by the plain formula in float64. */
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
export function expectedOf({ x, dy, g, shape, reduced, p = 2, eps = 0 }: Given): Expected {
  const y = new Float64Array(x.length);
  const dx = new Float64Array(x.length);
  const groups = placesOf(shape, reduced).map((places, index): Group => {
    const factor = g ? g[index]! : 1;
    const largest = places.reduce((most, place) => Math.max(most, Math.abs(x[place]!)), 0);
    const norm = largest && largest * places.reduce((sum, place) => sum + (Math.abs(x[place]!) / largest) ** p, 0) ** (1 / p);
    const divisor = Math.max(norm, eps);
    if (divisor === 0) return { places, norm, dg: 0, size: 0 };
    const dg = places.reduce((sum, place) => sum + dy[place]! * (x[place]! / divisor), 0);
    const dot = norm < eps ? 0 : dg;
    let most = 0;
    for (const place of places) {
      const h = x[place]! / divisor;
      y[place] = factor * h;
      dx[place] = (factor / divisor) * (dy[place]! - dot * Math.sign(h) * Math.abs(h) ** (p - 1));
      most = Math.max(most, Math.abs(dy[place]!));
    }
    return { places, norm, dg, size: Math.abs(factor / divisor) * most };
  });
  return { y, dx, groups };
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
