import { expect } from "vitest";
import type { NdArray } from "../../src/reference/index.ts";
import { normal } from "../data.ts";

/** Normally distributed values of a shape. */
export function array(shape: readonly number[], seed: number, mean = 0): NdArray {
  return {
    data: Float64Array.from(
      normal(
        shape.reduce((a, b) => a * b, 1),
        seed,
        mean,
      ),
    ),
    shape,
  };
}

/** A loss whose gradient with respect to the values is the weights. */
export function weighted(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value, i) => total + value * weights[i]!, 0);
}

/** Asserts that a gradient is the slope of `loss` along each value of `at`: |difference| <= 1e-7 + 1e-6 |slope|. */
export function expectSlopes(gradient: ArrayLike<number>, at: ArrayLike<number>, loss: (values: Float64Array) => number): void {
  const step = 1e-6;
  expect(gradient.length).toBe(at.length);
  for (let i = 0; i < at.length; i++) {
    const moved = (delta: number): number => {
      const values = Float64Array.from(at);
      values[i]! += delta;
      return loss(values);
    };
    const slope = (moved(step) - moved(-step)) / (2 * step);
    expect(Math.abs(gradient[i]! - slope)).toBeLessThanOrEqual(1e-7 + 1e-6 * Math.abs(slope));
  }
}

/** Asserts equality to what float64 leaves of a handful of operations. */
export function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, bound = 1e-14): void {
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) expect(Math.abs(found[i]! - wanted[i]!)).toBeLessThanOrEqual(bound * Math.max(1, Math.abs(wanted[i]!)));
}

/** Asserts that a call throws an error of this code whose text starts with the call and goes on as given. */
export function expectRefusal(call: () => unknown, code: "shape" | "option", message: string): void {
  try {
    call();
  } catch (error) {
    expect(error).toMatchObject({ code, message });
    return;
  }
  expect.unreachable();
}
