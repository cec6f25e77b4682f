import { expect } from "vitest";

/** The goal of docs/decisions.md, "numerics": outputs and gradients in f32. */
export const F32_BOUND = 4e-6;

/** max |actual - expected| / max(1, max |expected|); Infinity where the kinds of number differ. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  let size = 1;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(distance)) return Infinity;
    if (distance > worst) worst = distance;
    if (Math.abs(expected[i]!) > size) size = Math.abs(expected[i]!);
  }
  return worst / size;
}

/** Asserts that an output is within the bound of the float64 reference. */
export function expectWithin(actual: ArrayLike<number>, expected: ArrayLike<number>, what = "y", bound = F32_BOUND): void {
  expect(actual.length, `${what}: count of values`).toBe(expected.length);
  expect(relativeError(actual, expected), `${what}: error`).toBeLessThanOrEqual(bound);
}

/** Asserts |actual - expected| <= 5e-7 + 1e-6 |expected| for every normalized value. */
export function expectNormalized(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const over = Math.abs(actual[i]! - expected[i]!) / (5e-7 + 1e-6 * Math.abs(expected[i]!));
    if (!(over <= worst)) worst = Number.isNaN(over) ? Infinity : over;
  }
  expect(actual.length).toBe(expected.length);
  expect(worst, "error of the normalized value, in bounds").toBeLessThanOrEqual(1);
}

/** What a f16 counts in at this size: the distance of neighbouring halves, 2^-24 at least. */
export function halfStep(size: number): number {
  return 2 ** (Math.max(Math.floor(Math.log2(size)), -14) - 10);
}

/**
 * Asserts that an output in f16 is one that is within the f32 bound and was then rounded once, to the nearest half (past the largest, to that): less than one ulp of f16
 * at the size of the largest value, and at each value half of its own beside the f32 bound.
 */
export function expectWithinHalf(actual: ArrayLike<number>, expected: ArrayLike<number>, what = "y"): void {
  expect(actual.length, `${what}: count of values`).toBe(expected.length);
  const most = Math.min(
    Array.from(expected).reduce((size, value) => Math.max(size, Math.abs(value)), 1),
    65504,
  );
  const error = F32_BOUND * most;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const wanted = Math.max(-65504, Math.min(65504, expected[i]!));
    const over = Math.abs(actual[i]! - wanted) / (error + halfStep(Math.abs(wanted) + error) / 2);
    if (!(over <= worst)) worst = Number.isNaN(over) ? Infinity : over;
  }
  expect(worst, `${what}: error, in bounds`).toBeLessThanOrEqual(1);
}
