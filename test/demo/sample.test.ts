import fc from "fast-check";
import { expect, test } from "vitest";
import { binsOf, evenRange, momentsOf, roundRange } from "../../demo/see/sample.ts";
import { formatMean, formatNumber } from "../../demo/see/text.ts";

const numbers = fc.double({ min: -1e4, max: 1e4, noNaN: true });

test("an axis holds every value, and no more than it needs", () => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const [least, most] = [Math.min(a, b), Math.max(a, b)];
      const [low, high] = roundRange(least, most);
      const slack = 1e-6 * (high - low);
      expect(low <= least + slack && high >= most - slack).toBe(true);
      if (most - least > 1e-3) expect(high - low).toBeLessThan(4 * (most - least));
      const [bottom, top] = evenRange(least, most);
      expect(bottom).toBe(-top);
      expect(top >= Math.max(-least, most) * (1 - 1e-6)).toBe(true);
    }),
  );
  expect(roundRange(-3.98, 3.92)).toEqual([-4, 4]);
  expect(evenRange(-9.2, 7)).toEqual([-10, 10]);
});

test("every value is counted once", () => {
  const values = [-1, -0.5, 0, 0.2, 0.2, 1];
  const { all, lit } = binsOf(values, (i) => i < 2, [-1, 1]);
  expect(all.reduce((a, b) => a + b)).toBe(6);
  expect(lit.reduce((a, b) => a + b)).toBe(2);
  expect([all[0], all.at(-1), all[24]]).toEqual([1, 1, 2]);
});

test("mean and deviation are those of the lit values", () => {
  expect(momentsOf([1, 3, 100, 5], (i) => i !== 2)).toEqual({ mean: 3, deviation: Math.sqrt(8 / 3) });
});

test("numbers read well", () => {
  expect([0, 1e-10, -0.5, 1234.6, 12345, 1e-5, 2.5e-7, 0.33333].map(formatNumber)).toEqual(["0", "0", "−0.5", "1230", "1.2e+4", "1e−5", "2.5e−7", "0.333"]);
  expect([formatMean({ mean: 3e-9, deviation: 1 }), formatMean({ mean: 0.25, deviation: 1 })]).toEqual(["0", "0.25"]);
});
