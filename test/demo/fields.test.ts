import fc from "fast-check";
import { expect, test } from "vitest";
import { readAddress, writeAddress } from "../../demo/shell/address.ts";
import { oneOfNumbers, readState, stepped, writeState } from "../../demo/shell/fields.ts";
import { NORM_NAMES } from "../../demo/see/norms.ts";
import { divisors, EPS, FIELDS, settled, type SeeState } from "../../demo/see/state.ts";

const states: fc.Arbitrary<SeeState> = fc.record({
  norm: fc.constantFrom(...NORM_NAMES),
  n: fc.integer({ min: 1, max: 8 }),
  c: fc.integer({ min: 1, max: 12 }),
  groups: fc.integer({ min: 1, max: 12 }),
  size: fc.constantFrom("small", "medium", "large"),
  eps: fc.constantFrom(...EPS),
  gamma: fc.integer({ min: -60, max: 60 }).map((steps) => Number((steps * 0.05).toFixed(2))),
  beta: fc.integer({ min: -60, max: 60 }).map((steps) => Number((steps * 0.05).toFixed(2))),
  first: fc.integer({ min: 0, max: 99 }),
  uneven: fc.boolean(),
  shows: fc.constantFrom("x", "y"),
  turn: fc.integer({ min: -70, max: 70 }),
  spread: fc.integer({ min: 0, max: 100 }),
  at: fc.integer({ min: 0, max: 95 }),
});

test("a state comes back from its address", () => {
  fc.assert(
    fc.property(states, (state) => {
      const hash = writeAddress({ view: "see", params: writeState(FIELDS, state) });
      const { view, params } = readAddress(hash);
      expect(view).toBe("see");
      expect(readState(FIELDS, params)).toEqual(state);
    }),
  );
});

test("any address gives a state that can be shown", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...Object.keys(FIELDS)), fc.oneof(fc.string(), fc.double().map(String))), (texts) => {
      const state = settled(readState(FIELDS, new URLSearchParams(texts)));
      expect(divisors(state.c)).toContain(state.groups);
      expect(readState(FIELDS, writeState(FIELDS, state))).toEqual(state);
      expect(state.n >= 1 && state.n <= 8 && state.c >= 1 && state.c <= 12).toBe(true);
      expect(Math.abs(state.gamma) <= 3 && Math.abs(state.turn) <= 70 && EPS.includes(state.eps as (typeof EPS)[number])).toBe(true);
    }),
  );
});

test("numbers go to the nearest that there is", () => {
  const field = stepped(-3, 3, 0.05, 1);
  expect(["7", "-7", "0.12", "", " ", "NaN", "Infinity", "1e-9"].map(field.read)).toEqual([3, -3, 0.1, 1, 1, 1, 3, 0]);
  expect(["1e-5", "3e-5", "4e-5", "0", "-1", "1e9"].map(oneOfNumbers(EPS, 1e-5).read)).toEqual([1e-5, 1e-5, 1e-4, 1e-5, 1e-5, 10]);
});

test("the statistic that is lit is one that there is", () => {
  const state = readState(FIELDS, new URLSearchParams("norm=instance&n=2&c=3&at=90"));
  expect(settled(state).at).toBe(5);
  expect(settled({ ...state, norm: "layer" }).at).toBe(1);
});
