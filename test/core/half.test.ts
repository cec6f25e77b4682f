import { expect, test } from "vitest";
import { bfloat16ToFloat, floatToBfloat16 } from "../../src/core/bfloat16.ts";
import { floatToHalf, halfToFloat } from "../../src/core/half.ts";

test("every half is its own nearest half, and the nearest to what lies just beside it", () => {
  for (let half = 0; half < 0x10000; half++) {
    const value = halfToFloat(half);
    if (Number.isNaN(value)) expect(halfToFloat(floatToHalf(value)), `${half}`).toBeNaN();
    else expect(floatToHalf(value), `${half}`).toBe(half);
  }
  for (let half = 0; half < 0x7c00; half++) {
    const [low, high] = [halfToFloat(half), half === 0x7bff ? 65536 : halfToFloat(half + 1)];
    const middle = (low + high) / 2;
    expect(floatToHalf(middle), `tie after ${half}`).toBe(half % 2 ? half + 1 : half);
    expect(floatToHalf(middle - (high - low) * 2 ** -12)).toBe(half);
    expect(floatToHalf(middle + (high - low) * 2 ** -12)).toBe(half + 1);
    expect(floatToHalf(-middle)).toBe(floatToHalf(middle) | 0x8000);
  }
});

test("bfloat16: every value is its own, ties go to even, NaN stays NaN", () => {
  for (let half = 0; half < 0x10000; half++) {
    const value = bfloat16ToFloat(half);
    if (Number.isNaN(value)) expect(bfloat16ToFloat(floatToBfloat16(value))).toBeNaN();
    else expect(floatToBfloat16(value), `${half}`).toBe(half);
  }
  for (let half = 0x3f00; half < 0x4100; half++) {
    const middle = (bfloat16ToFloat(half) + bfloat16ToFloat(half + 1)) / 2;
    expect(floatToBfloat16(middle)).toBe(half % 2 ? half + 1 : half);
  }
  expect(floatToBfloat16(3.4e38)).toBe(0x7f80);
});
