import { expect, test } from "vitest";
import { backward, inHalves, layerNorm } from "../../../bench/cases.ts";
import { ERROR_BOUND, HALF_BOUND } from "../../../bench/error.ts";
import { bitsOfHalves, roundedToHalves, valuesOfHalves } from "../../../bench/halves.ts";
import { bytesOf } from "../../../bench/inputs.ts";
import { resultOf } from "../../../demo/measure/result.ts";
import { shuffled } from "../../../demo/measure/shuffle.ts";
import { formatError, formatRatio, formatShare, formatSpread, formatTime } from "../../../demo/measure/text.ts";
import { fromHalves, toHalves } from "../../../src/core/half.ts";
import { entry, resultWith } from "./made.ts";

const one = layerNorm([4096, 768]);

test("a result is ours beside the fastest copy, and others beside both", () => {
  const result = resultWith(one, 20, { y: 1e-7 }, [entry("tfjs", 90, 1e-6, "a"), entry("tfjs", 80, 1e-6, "b")]);
  expect(result).toMatchObject({ shareOfCopy: 0.5, gigabytesPerSecond: 1, error: 1e-7, bound: ERROR_BOUND, isWrong: false });
  expect(result.copy.variant).toBe("4 × 256");
  expect(result.peers).toEqual([{ name: "tfjs", variant: "b", median: 80, shareOfCopy: 0.125, ratio: 4, error: 1e-6 }]);
});

test("each output has a bound of its own: halves that of halves, gradients of parameters that of f32", () => {
  const halves = inHalves(backward(one));
  expect(resultWith(one, 20, { y: 5e-6 }).isWrong).toBe(true);
  expect(resultWith(one, 20, { y: NaN }).isWrong).toBe(true);
  expect(resultWith(halves, 20, { dx: 4.8e-4, dgamma: 1e-7 })).toMatchObject({ isWrong: false, error: 4.8e-4, bound: HALF_BOUND });
  expect(resultWith(halves, 20, { dx: 4.8e-4, dgamma: 5e-6 })).toMatchObject({ isWrong: true, error: 5e-6, bound: ERROR_BOUND });
  expect(resultWith(halves, 20, { dx: 4.95e-4, dgamma: 1e-7 }).isWrong).toBe(true);
});

test("a case of which ours was not timed is a fault, in the words of what failed", () => {
  const { case: _case, ours: _ours, ...measured } = resultWith(one, 20);
  const entries = measured.entries.filter(({ name }) => name !== "ours");
  expect(() => resultOf(one, { ...measured, entries, refused: [{ name: "ours", variant: "", message: "out of memory" }] })).toThrow("out of memory");
});

test("halves are what the library makes of f32, but for the sign of a zero", () => {
  const values = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i * 1.7) * 2 ** ((i % 42) - 26));
  expect(roundedToHalves(values)).toEqual(fromHalves(toHalves(values)).map((value) => value + 0));
  const bits = toHalves(values);
  expect(bitsOfHalves(fromHalves(bits))).toEqual(bits);
  const all = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  expect(valuesOfHalves(all)).toEqual(fromHalves(all));
  // A copy in halves moves half as much, but for gamma and beta.
  expect(bytesOf(one) - bytesOf(inHalves(one))).toBe(2 * 2 * 4096 * 768);
});

test("an order is the seed's: the same again, another for another, nothing lost", () => {
  const items = Array.from({ length: 20 }, (_, i) => i);
  expect(shuffled(items, 3)).toEqual(shuffled(items, 3));
  expect(shuffled(items, 3)).not.toEqual(shuffled(items, 4));
  expect(shuffled(items, 3).toSorted((a, b) => a - b)).toEqual(items);
  const first = Array.from({ length: 400 }, (_, seed) => shuffled(items, seed + 1)[0]!);
  expect(new Set(first).size).toBe(20);
});

test("numbers read well", () => {
  expect([0.0042, 0.843, 14.32, 1204.4].map(formatTime)).toEqual(["4.2 µs", "843 µs", "14.3 ms", "1204 ms"]);
  expect([formatSpread(0.5, 0.9), formatSpread(0.9, 1.23), formatSpread(0.001, 0.002)]).toEqual(["500 to 900 µs", "0.900 to 1.23 ms", "1.0 to 2.0 µs"]);
  expect([0.004, 0.58, 1.08].map(formatShare)).toEqual(["0.4 %", "58 %", "108 %"]);
  expect([0, 1.2e-7, Infinity].map(formatError)).toEqual(["0", "1.2e−7", "not a number"]);
  expect([0.8, 1.26, 12.4].map(formatRatio)).toEqual(["0.80 ×", "1.3 ×", "12 ×"]);
});
