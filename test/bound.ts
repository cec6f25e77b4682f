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
