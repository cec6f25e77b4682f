import fc from "fast-check";
import { expect, test } from "vitest";
import { broadcastStrides, mergeAxes, parameterView } from "../../src/core/parameter-view.ts";
import { sizeOf, stridesOf } from "../../src/core/shape.ts";

/** A shape, its axes dealt to rows, segments and items, and a parameter that broadcasts to it. */
const asked = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    cuts: fc.tuple(fc.integer({ min: 0, max: shape.length }), fc.integer({ min: 0, max: shape.length })),
    dropped: fc.integer({ min: 0, max: shape.length }),
    ones: fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
  }),
);

test("a view, where there is one, gives the index that broadcasting gives", () => {
  let views = 0;
  fc.assert(
    fc.property(asked, ({ shape, cuts, dropped, ones }) => {
      const parameter = shape.map((extent, axis) => (ones[axis] ? 1 : extent)).slice(dropped);
      const strides = broadcastStrides(parameter, shape)!;
      const [first, second] = cuts.toSorted((a, b) => a - b) as [number, number];
      const all = shape.map((_, axis) => axis);
      const view = parameterView(shape, strides, { rows: all.slice(0, first), segments: all.slice(first, second), items: all.slice(second) });
      if (!view) return;
      views++;
      const items = sizeOf(shape.slice(second));
      const segments = sizeOf(shape.slice(first, second));
      const own = stridesOf(shape);
      for (let offset = 0; offset < sizeOf(shape); offset++) {
        const wanted = shape.reduce((sum, extent, axis) => sum + (Math.floor(offset / own[axis]!) % extent) * strides[axis]!, 0);
        const row = Math.floor(offset / items / segments);
        const base = (Math.floor(row / view.major) % view.majorCount) * view.majorStride + (Math.floor(row / view.minor) % view.minorCount) * view.minorStride;
        expect(base + (Math.floor(offset / items) % segments) * view.segment + (offset % items) * view.item).toBe(wanted);
      }
    }),
    { numRuns: 500 },
  );
  expect(views, "most cases have a view").toBeGreaterThan(200);
});

test("the usual parameters have a view", () => {
  const nchw = { rows: [0, 1], segments: [], items: [2, 3] };
  expect(parameterView([2, 3, 4, 5], [0, 1, 0, 0], nchw)).toMatchObject({ major: 1, majorCount: 3, majorStride: 1, item: 0 });
  expect(parameterView([2, 3, 4, 5], [3, 1, 0, 0], nchw), "per sample").toMatchObject({ major: 1, majorCount: 6, majorStride: 1 });
  expect(parameterView([2, 3, 4, 5], [0, 0, 5, 1], nchw), "per position").toMatchObject({ majorStride: 0, item: 1 });
  expect(parameterView([2, 3, 4, 5], [0, 0, 1, 4], nchw), "a permuted plane has none").toBeNull();
});

test("broadcasting is NumPy's", () => {
  expect(broadcastStrides([3, 1], [2, 3, 4])).toEqual([0, 1, 0]);
  expect(broadcastStrides([], [2, 3])).toEqual([0, 0]);
  expect(broadcastStrides([2, 3], [3])).toBeNull();
  expect(broadcastStrides([2], [2, 3])).toBeNull();
});

test("axes merge where one stride continues the other", () => {
  expect(mergeAxes([2, 3, 4], [12, 4, 1])).toEqual([{ extent: 24, stride: 1 }]);
  expect(mergeAxes([2, 3, 4], [0, 0, 1])).toEqual([
    { extent: 6, stride: 0 },
    { extent: 4, stride: 1 },
  ]);
  expect(mergeAxes([2, 1, 4], [4, 9, 1])).toEqual([{ extent: 8, stride: 1 }]);
});
