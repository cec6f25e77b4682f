import { expect, test } from "vitest";
import { bfloat16ToFloat, floatToBfloat16 } from "../../src/core/bfloat16.ts";
import { floatToHalf, fromHalves, halfToFloat, toHalves } from "../../src/core/half.ts";

/** True where a number goes to this half, or both are NaN. An `expect` for each of 65536 values would take seconds. */
const goesTo = (found: number, half: number): boolean => found === half || (Number.isNaN(halfToFloat(half)) && Number.isNaN(halfToFloat(found)));

test("every half is its own nearest half, and the nearest to what lies just beside it", () => {
  const wrong: string[] = [];
  for (let half = 0; half < 0x10000; half++) if (!goesTo(floatToHalf(halfToFloat(half)), half)) wrong.push(`${half}`);
  for (let half = 0; half < 0x7c00; half++) {
    const [low, high] = [halfToFloat(half), half === 0x7bff ? 65536 : halfToFloat(half + 1)];
    const middle = (low + high) / 2;
    if (floatToHalf(middle) !== (half % 2 ? half + 1 : half)) wrong.push(`tie after ${half}`);
    if (floatToHalf(middle - (high - low) * 2 ** -12) !== half) wrong.push(`below the tie after ${half}`);
    if (floatToHalf(middle + (high - low) * 2 ** -12) !== half + 1) wrong.push(`above the tie after ${half}`);
    if (floatToHalf(-middle) !== (floatToHalf(middle) | 0x8000)) wrong.push(`negative of the tie after ${half}`);
  }
  expect(wrong).toEqual([]);
});

test("bfloat16: every value is its own, ties go to even, NaN stays NaN", () => {
  const wrong: number[] = [];
  for (let half = 0; half < 0x10000; half++) {
    const value = bfloat16ToFloat(half);
    const found = floatToBfloat16(value);
    if (Number.isNaN(value) ? !Number.isNaN(bfloat16ToFloat(found)) : found !== half) wrong.push(half);
  }
  expect(wrong).toEqual([]);
  for (let half = 0x3f00; half < 0x4100; half++) {
    const middle = (bfloat16ToFloat(half) + bfloat16ToFloat(half + 1)) / 2;
    expect(floatToBfloat16(middle)).toBe(half % 2 ? half + 1 : half);
  }
  expect(floatToBfloat16(3.4e38)).toBe(0x7f80);
});

test("a double is rounded once: what lies past a tie by less than f32 can tell is no tie", () => {
  for (const half of [0x0000, 0x0001, 0x0200, 0x03ff, 0x0400, 0x3c00, 0x3c01, 0x5801, 0x7bfe, 0x7bff]) {
    const [low, high] = [halfToFloat(half), half === 0x7bff ? 65536 : halfToFloat(half + 1)];
    const middle = (low + high) / 2;
    expect(floatToHalf(middle * (1 - 2 ** -50)), `below the tie after ${half}`).toBe(half);
    expect(floatToHalf(middle * (1 + 2 ** -50)), `above the tie after ${half}`).toBe(half + 1);
  }
});

test("what is past either end of a half", () => {
  expect([65519.99, 65520, 1e300, Infinity].map(floatToHalf)).toEqual([0x7bff, 0x7c00, 0x7c00, 0x7c00]);
  expect([-65519.99, -65520, -1e300, -Infinity].map(floatToHalf)).toEqual([0xfbff, 0xfc00, 0xfc00, 0xfc00]);
  expect([0, -0, 2 ** -25, 2 ** -25 * 1.0001, 2 ** -26, 5e-324, -5e-324].map(floatToHalf)).toEqual([0, 0x8000, 0, 1, 0, 0, 0x8000]);
  expect(Number.isNaN(halfToFloat(floatToHalf(NaN)))).toBe(true);
  expect(Object.is(halfToFloat(0x8000), -0)).toBe(true);
});

test("an array of numbers as halves, and back", () => {
  expect(toHalves([1, -2, 0.1])).toEqual(Uint16Array.of(0x3c00, 0xc000, 0x2e66));
  expect(fromHalves(Uint16Array.of(0x3c00, 0xc000, 0x7c00))).toEqual(Float32Array.of(1, -2, Infinity));
});
