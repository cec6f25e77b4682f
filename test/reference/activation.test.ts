import { expect, test } from "vitest";
import { ACTIVATION_FUNCTIONS, erf } from "../../src/reference/activation.ts";

// mpmath at 40 digits; 0.5, 1 and 2 stand in Abramowitz & Stegun, table 7.1. 2.5 is where the series hands over to the continued fraction.
const ERF: readonly [number, number][] = [
  [0, 0],
  [0.5, 0.52049987781304653768],
  [-1, -0.84270079294971486934],
  [2, 0.99532226501895273416],
  [2.4999999999, 0.99959304798233721262],
  [2.5, 0.99959304798255504106],
  [3, 0.99997790950300141456],
  [5, 0.99999999999846254021],
  [-7, -1],
];

test.each(ERF)("erf(%d) to 1e-15", (v, wanted) => {
  expect(Math.abs(erf(v) - wanted)).toBeLessThanOrEqual(1e-15);
});

test("activations at 1 and -2, worked out with mpmath", () => {
  const table = {
    none: [1, -2],
    relu: [1, 0],
    silu: [0.73105857863000487925, -0.23840584404423511188],
    gelu: [0.84134474606854294859, -0.045500263896358414401],
    gelu_tanh: [0.84119199060827670478, -0.045402305912224981219],
    sigmoid: [0.73105857863000487925, 0.11920292202211755594],
    tanh: [0.76159415595576488812, -0.96402758007581688395],
  } as const;
  for (const [name, [at1, at2]] of Object.entries(table)) {
    const { value } = ACTIVATION_FUNCTIONS[name as keyof typeof table];
    expect(Math.abs(value(1) - at1)).toBeLessThanOrEqual(1e-14);
    expect(Math.abs(value(-2) - at2)).toBeLessThanOrEqual(1e-14);
  }
});

test("far values neither overflow nor become NaN", () => {
  for (const name of ["silu", "gelu", "gelu_tanh", "sigmoid", "tanh"] as const) {
    const { value, slope } = ACTIVATION_FUNCTIONS[name];
    for (const v of [-1e4, -800, -40, 40, 800, 1e4]) {
      const limit = name === "tanh" ? Math.sign(v) : v < 0 ? 0 : name === "sigmoid" ? 1 : v;
      expect(Math.abs(value(v) - limit)).toBeLessThanOrEqual(1e-14);
      expect(Math.abs(slope(v) - (v > 0 && name !== "tanh" && name !== "sigmoid" ? 1 : 0))).toBeLessThanOrEqual(1e-14);
    }
  }
});
