import { describe, expect, test } from "vitest";
import { lpNormBackward, lpNormForward, type LpNormArguments } from "../../src/reference/index.ts";
import { array, expectClose, expectRefusal, expectSlopes, weighted } from "./central-differences.ts";

const CASES: readonly [name: string, x: readonly number[], args: LpNormArguments][] = [
  ["L2", [3, 5], {}],
  ["L1", [3, 5], { p: 1 }],
  ["L3", [3, 5], { p: 3 }],
  ["L1.5", [3, 5], { p: 1.5 }],
  ["L2 over axes [0, 2]", [2, 3, 4], { axes: [0, 2] }],
  ["L2.5 over the first axis", [2, 3, 4], { p: 2.5, axes: [0] }],
  ["over no axes", [3], { axes: [] }],
  ["over everything", [2, 3], { axes: [-1, 0] }],
  ["eps above every norm", [3, 5], { eps: 100 }],
  ["eps above some norms", [6, 3], { eps: 1.5, p: 1.5 }],
  ["eps 0", [3, 5], { eps: 0 }],
];

describe.each(CASES)("%s", (_, shape, args) => {
  const x = array(shape, 1, 0.3);
  const dy = array(shape, 2);

  test("dx agrees with central differences", () => {
    expectSlopes(lpNormBackward(dy, x, args).dx, x.data, (data) => weighted(lpNormForward({ data, shape }, args).y, dy.data));
  });
});

test("eps above some norms is above some only", () => {
  const norms = [...lpNormForward(array([6, 3], 1, 0.3), { p: 1.5 }).norm];
  expect(norms.some((norm) => norm < 1.5) && norms.some((norm) => norm > 1.5)).toBe(true);
});

test.each([1, 1.5, 2, 7])("p %d: y has norm 1, knows no scale, and dx is at right angles to x", (p) => {
  const x = array([2, 9], 4);
  const { y, norm } = lpNormForward(x, { p });
  expectClose(lpNormForward({ data: y, shape: [2, 9] }, { p }).norm, [1, 1]);
  const larger = lpNormForward({ data: Float64Array.from(x.data, (v) => v * 1e250), shape: [2, 9] }, { p });
  expectClose(larger.y, y);
  expectClose(
    larger.norm.map((value) => value / 1e250),
    norm,
  );
  const { dx } = lpNormBackward(array([2, 9], 5), x, { p });
  expect(Math.abs(weighted(dx, x.data))).toBeLessThan(1e-13);
  expect(Math.max(...dx.map(Math.abs))).toBeGreaterThan(0.01);
});

test("[3, -4]: L2 gives [0.6, -0.8], L1 [3/7, -4/7], eps 10 [0.3, -0.4], L3 divides by the cube root of 91", () => {
  const x = { data: [3, -4], shape: [2] };
  expectClose(lpNormForward(x).y, [0.6, -0.8]);
  expectClose(lpNormForward(x, { p: 1 }).y, [3 / 7, -4 / 7]);
  expectClose(lpNormForward(x, { eps: 10 }).y, [0.3, -0.4]);
  expectClose(lpNormForward(x, { eps: 10 }).norm, [5]);
  expectClose(lpNormForward(x, { p: 3 }).norm, [Math.cbrt(91)]);
  // sum dy * y = 0.6 - 1.6 = -1: (1 + 0.6) / 5, (2 - 0.8) / 5
  expectClose(lpNormBackward({ data: [1, 2], shape: [2] }, x).dx, [0.32, 0.24]);
  expectClose(lpNormBackward({ data: [1, 2], shape: [2] }, x, { eps: 10 }).dx, [0.1, 0.2]);
});

test("zero norm gives y = 0; dx = dy / eps, and 0 with eps 0", () => {
  const x = { data: [0, 0, 3, 4], shape: [2, 2] };
  const dy = { data: [1, 2, 4, -3], shape: [2, 2] };
  for (const p of [1, 1.5, 2]) {
    expect(Array.from(lpNormForward(x, { p, eps: 0 }).y.slice(0, 2))).toEqual([0, 0]);
    expect(Array.from(lpNormBackward(dy, x, { p, eps: 0 }).dx.slice(0, 2))).toEqual([0, 0]);
    expectClose(lpNormBackward(dy, x, { p, eps: 0.5 }).dx.slice(0, 2), [2, 4]);
  }
  expectClose(lpNormBackward(dy, x, { eps: 0 }).dx.slice(2), [0.8, -0.6]);
  expect([...lpNormForward({ data: [], shape: [2, 0] }).norm]).toEqual([0, 0]);
});

test("an L1 gradient at a value of 0 takes the sign 0", () => {
  expectClose(lpNormBackward({ data: [1, 2], shape: [2] }, { data: [0, 4], shape: [2] }, { p: 1 }).dx, [0.25, 0]);
});

test("what does not fit is refused", () => {
  const x = array([2, 3], 1);
  const refused = (args: LpNormArguments, message: string): void => expectRefusal(() => lpNormForward(x, args), "option", `lpNormForward: ${message}`);
  refused({ p: 0.5 }, "p is 0.5; wanted a finite number from 1");
  refused({ p: Infinity }, "p is Infinity; wanted a finite number from 1");
  refused({ eps: -1 }, "eps is -1; wanted a finite number from 0");
  refused({ axes: [2] }, "axis is 2; x has rank 2");
  expectRefusal(() => lpNormBackward(array([3, 2], 1), x), "shape", "lpNormBackward: dy is [3, 2]; it must have x's shape [2, 3]");
});
