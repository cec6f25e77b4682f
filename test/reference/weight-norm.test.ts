import { describe, expect, test } from "vitest";
import { initialG, weightNormBackward, weightNormForward, type NdArray } from "../../src/reference/index.ts";
import { array, expectClose, expectRefusal, expectSlopes, weighted } from "./central-differences.ts";

const CASES: readonly [name: string, v: readonly number[], g: readonly number[], dim: number | null | undefined][] = [
  ["linear", [3, 4], [3], undefined],
  ["OIHW, g with every axis", [2, 3, 2, 2], [2, 1, 1, 1], 0],
  ["the middle axis", [2, 3, 4], [3], 1],
  ["the last axis", [2, 3, 4], [1, 1, 4], -1],
  ["negative from the end", [2, 3, 4], [1, 3, 1], -2],
  ["the whole tensor", [2, 3, 4], [], null],
  ["the whole tensor, g of rank 1", [2, 3], [1], null],
  ["one value per output", [4], [4], 0],
];

describe.each(CASES)("%s", (_, shape, gShape, dim) => {
  const v = array(shape, 1, 0.5);
  const g = array(gShape, 2, 1);
  const dw = array(shape, 3);
  const args = { g, ...(dim !== undefined && { dim }) };

  test("dv and dg agree with central differences, in the shapes of v and g", () => {
    const { dv, dg } = weightNormBackward(dw, v, args);
    expect(dg.shape).toEqual(gShape);
    expectSlopes(dv, v.data, (data) => weighted(weightNormForward({ data, shape }, args).w, dw.data));
    expectSlopes(dg.data, g.data, (data) => weighted(weightNormForward(v, { ...args, g: { data, shape: gShape } }).w, dw.data));
  });

  test("the initial g leaves v as it is, and dv is at right angles to v", () => {
    const own = initialG(v, { dim: args.dim });
    const { w, norm } = weightNormForward(v, { ...args, g: own });
    expectClose(w, v.data);
    expectClose(own.data, norm);
    expect(own.shape.filter((extent) => extent !== 1)).toEqual(dim === null ? [] : [norm.length]);
    const { dv } = weightNormBackward(dw, v, args);
    expect(Math.abs(weighted(dv, v.data))).toBeLessThan(1e-13);
    if (shape.length > 1) expect(Math.max(...dv.map(Math.abs))).toBeGreaterThan(0.05);
  });
});

test("[3, 4] and [0, 2] with g 10 and -1: norms 5 and 2, w [6, 8] and [0, -1]", () => {
  const v = { data: [3, 4, 0, 2], shape: [2, 2] };
  const g = { data: [10, -1], shape: [2] };
  const { w, norm } = weightNormForward(v, { g });
  expectClose(norm, [5, 2]);
  expectClose(w, [6, 8, 0, -1]);
  // dg: (3 + 4) / 5, 1; dv: 2 * (1 - 0.6 * 1.4), 2 * (1 - 0.8 * 1.4), -0.5 * (1 - 0), -0.5 * (1 - 1)
  const { dv, dg } = weightNormBackward({ data: [1, 1, 1, 1], shape: [2, 2] }, v, { g });
  expectClose(dg.data, [1.4, 1]);
  expectClose(dv, [0.32, -0.24, -0.5, 0]);
});

test("the columns of [3, 1 | 4, 1] with dim 1: norms 5 and sqrt(2)", () => {
  expectClose(weightNormForward({ data: [3, 1, 4, 1], shape: [2, 2] }, { g: { data: [5, 2], shape: [1, 2] }, dim: 1 }).w, [3, Math.SQRT2, 4, Math.SQRT2]);
});

test("zero norm gives w = 0, dv = 0 and dg = 0, and leaves the other outputs alone", () => {
  const v = { data: [0, 0, 3, 4], shape: [2, 2] };
  const g = { data: [7, 5], shape: [2] };
  expect([...weightNormForward(v, { g }).w]).toEqual([0, 0, 3, 4]);
  const { dv, dg } = weightNormBackward({ data: [1, 2, 4, -3], shape: [2, 2] }, v, { g });
  expect(Array.from(dv.slice(0, 2))).toEqual([0, 0]);
  expectClose(dg.data, [0, 0]);
  expectClose(dv.slice(2), [4, -3]);
});

test.each([1e-170, 1e-320, 1e200])("norms of values whose squares leave float64: %d", (size) => {
  const { w, norm } = weightNormForward({ data: [3 * size, 4 * size], shape: [1, 2] }, { g: { data: [5], shape: [1] } });
  expect(Math.abs(norm[0]! / (5 * size) - 1)).toBeLessThan(size < 1e-300 ? 1e-3 : 1e-14);
  expectClose(w, [3, 4], size < 1e-300 ? 1e-3 : 1e-14);
});

test("NaN and infinity stay in their own output", () => {
  const { w, norm } = weightNormForward({ data: [1, NaN, 3, 4, Infinity, 1], shape: [3, 2] }, { g: { data: [1, 5, 1], shape: [3] } });
  expect([...norm]).toEqual([NaN, 5, Infinity]);
  expect(Array.from(w.slice(2, 4))).toEqual([3, 4]);
  expect(w[0]).toBeNaN();
});

test("what does not fit is refused", () => {
  const v = array([2, 3], 1);
  const g = (...shape: number[]): NdArray => array(shape, 1);
  expectRefusal(() => weightNormForward(v, { g: g(3) }), "shape", "weightNormForward: g is [3]; v is [2, 3] and dim 0: it must be [2] or [2, 1]");
  expectRefusal(() => weightNormForward(v, { g: g(2), dim: null }), "shape", "weightNormForward: g is [2]; v is [2, 3] and dim null: it must be []");
  expectRefusal(() => weightNormForward(v, { g: g(2), dim: 2 }), "option", "weightNormForward: axis is 2; x has rank 2");
  expectRefusal(() => weightNormForward({ data: [1], shape: [2, 3] }, { g: g(2) }), "shape", "weightNormForward: v has 1 values; [2, 3] holds 6");
  expectRefusal(() => weightNormBackward(array([3, 2], 1), v, { g: g(2) }), "shape", "weightNormBackward: dw is [3, 2]; it must have v's shape [2, 3]");
});
