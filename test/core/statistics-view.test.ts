import fc from "fast-check";
import { expect, test } from "vitest";
import { sizeOf, stridesOf } from "../../src/core/shape.ts";
import { statisticsView } from "../../src/core/statistics-view.ts";

/** A shape of up to six axes, and a set of them to reduce. */
const asked = fc
  .array(fc.integer({ min: 1, max: 4 }), { maxLength: 6 })
  .chain((shape) => fc.record({ shape: fc.constant(shape), reduced: fc.shuffledSubarray(shape.map((_, axis) => axis)) }));

/** Indices of every element of a shape, in row-major order. */
function indices(shape: readonly number[]): number[][] {
  const strides = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, i) => shape.map((extent, axis) => Math.floor(i / strides[axis]!) % extent));
}

test("the four runs place every element in its statistic, as a plain walk over the indices does", () => {
  fc.assert(
    fc.property(asked, ({ shape, reduced }) => {
      const view = statisticsView(shape, reduced);
      const kept = shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
      expect(view.statistics).toBe(sizeOf(kept.map((axis) => shape[axis]!)));
      expect(view.count * view.statistics).toBe(sizeOf(shape));
      expect(view.statisticsShape).toEqual(kept.map((axis) => shape[axis]!));
      expect(view.outer * view.repeats * view.kept * view.run).toBe(sizeOf(shape));
      // As x lies, or as it lies once its axes are in `order`.
      const order = view.order ?? shape.map((_, axis) => axis);
      const walked = order.map((axis) => shape[axis]!);
      const keptStrides = stridesOf(view.statisticsShape);
      for (const [offset, index] of indices(walked).entries()) {
        const original = shape.map((_, axis) => index[order.indexOf(axis)]!);
        const wanted = kept.reduce((sum, axis, place) => sum + original[axis]! * keptStrides[place]!, 0);
        const row = Math.floor(offset / view.run);
        const found = Math.floor(row / view.kept / view.repeats) * view.kept + (row % view.kept);
        expect(found).toBe(wanted);
      }
    }),
    { numRuns: 400 },
  );
});

test("what needs another order alternates more than kept, reduced, kept, reduced", () => {
  expect(statisticsView([2, 3, 4, 5], [0, 2]).order).toEqual([1, 3, 0, 2]);
  expect(statisticsView([2, 3, 4, 5], [1, 3]).order).toBeNull();
  expect(statisticsView([2, 3, 4, 5], [0, 1, 2]).order).toBeNull();
  // Axes of one value belong to either side.
  expect(statisticsView([2, 1, 4, 1, 6], [1, 3, 4]).order).toBeNull();
  expect(statisticsView([2, 3, 1, 5], [0, 2]).order).toBeNull();
});

test("the layers of the README, one line each", () => {
  const parts = (shape: readonly number[], reduced: readonly number[]): number[] => {
    const { outer, repeats, kept, run } = statisticsView(shape, reduced);
    return [outer, repeats, kept, run];
  };
  expect(parts([7, 9], [1]), "LayerNorm").toEqual([7, 1, 1, 9]);
  expect(parts([2, 3, 4, 5, 6], [2, 3, 4]), "GroupNorm NCHW, cut").toEqual([6, 1, 1, 120]);
  expect(parts([2, 3, 4, 5], [2, 3]), "InstanceNorm NCHW").toEqual([6, 1, 1, 20]);
  expect(parts([2, 3, 4, 5], [0, 2, 3]), "BatchNorm NCHW").toEqual([1, 2, 3, 20]);
  expect(parts([2, 4, 5, 3], [0, 1, 2]), "BatchNorm NHWC").toEqual([1, 40, 3, 1]);
  expect(parts([2, 4, 5, 3], [1, 2]), "InstanceNorm NHWC").toEqual([2, 20, 3, 1]);
  expect(parts([2, 4, 5, 3, 6], [1, 2, 4]), "GroupNorm NHWC, cut").toEqual([2, 20, 3, 6]);
  expect(parts([2, 3, 4, 5], [1]), "LayerNorm over the channels of NCHW").toEqual([2, 3, 20, 1]);
});
