import { describe, expect } from "vitest";
import { sizeOf, type Shape } from "../../src/core/shape.ts";
import { lpNorm, lpNormBackward, WeightNorm, weightNorm, weightNormBackward, type Dtype } from "../../src/index.ts";
import { expectWithin, expectWithinHalf } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { expectedOf } from "./p-norm-expected.ts";

/** Odd and even counts by every walk: rows, slices of rows, columns, slices of columns, runs. */
const CASES: readonly (readonly [Shape, number])[] = [
  [[8, 3, 5, 5], 0],
  [[8, 64], 0],
  [[3, 20001], 0],
  [[3, 20004], 0],
  [[9, 7], 1],
  [[9, 600], 1],
  [[700, 12], 1],
  [[5, 6, 7, 7], 1],
  [[5, 6, 8, 8], 1],
];

/** Types of v, dw and w. */
const TYPES: readonly (readonly [Dtype, Dtype, Dtype])[] = [
  ["f16", "f16", "f16"],
  ["f16", "f32", "f32"],
  ["f32", "f16", "f16"],
];

describe.each(Object.entries(PLANNED_AS))("f16, planned as %s", (_, planAs) => {
  for (const [shape, dim] of CASES) {
    gpuTest(
      `weight norm of [${shape.join(", ")}], dim ${dim}`,
      async ({ gpu }) => {
        for (const [own, upstream, dtype] of TYPES) {
          const v = gpu.tensor(normal(sizeOf(shape), 1, 0.5, 3), shape, { dtype: own });
          const dw = gpu.tensor(normal(sizeOf(shape), 2, 0.5), shape, { dtype: upstream });
          const g = normal(shape[dim]!, 3, 1, 0.5);
          const reduced = shape.map((__, axis) => axis).filter((axis) => axis !== dim);
          const wanted = expectedOf({ x: await v.read(), dy: await dw.read(), g, shape, reduced });
          const { w, saved } = weightNorm(gpu, v, { g: gpu.tensor(g), dim, dtype });
          const gradients = weightNormBackward(gpu, dw, saved!);
          expect([w.dtype, gradients.dv.dtype, gradients.dg!.dtype]).toEqual([dtype, own, "f32"]);
          (dtype === "f16" ? expectWithinHalf : expectWithin)(await w.read(), wanted.y, "w");
          (own === "f16" ? expectWithinHalf : expectWithin)(await gradients.dv.read(), wanted.dx, "dv");
          const dg = wanted.groups.map((group) => group.dg);
          expectWithin(await gradients.dg!.read(), dg, "dg");
          const norms = wanted.groups.map((group) => group.norm);
          expectWithin(await saved!.norm.read(), norms, "norm");
        }
      },
      planAs,
    );
  }
});

gpuTest("axes that alternate", async ({ gpu }) => {
  for (const shape of [
    [3, 5, 7, 3],
    [3, 4, 5, 6],
  ]) {
    const [x, dy] = [1, 2].map((seed) => gpu.tensor(normal(sizeOf(shape), seed, 0.5), shape, { dtype: "f16" }));
    const wanted = expectedOf({ x: await x!.read(), dy: await dy!.read(), shape, reduced: [0, 2], p: 3 });
    const { y, saved } = lpNorm(gpu, x!, { axes: [0, 2], p: 3 });
    expectWithinHalf(await y.read(), wanted.y, "y");
    expectWithinHalf(await lpNormBackward(gpu, dy!, saved!).dx.read(), wanted.dx, "dx");
  }
});

gpuTest("values past the largest half: w stays finite, gradients do not; squares need not fit", async ({ gpu }) => {
  for (const shape of [
    [2, 5],
    [2, 8],
  ]) {
    const v = gpu.tensor(new Float32Array(sizeOf(shape)).fill(60000), shape, { dtype: "f16" });
    const { w, saved } = weightNorm(gpu, v, { g: gpu.tensor([1, 3e5]) });
    const root = Math.sqrt(shape[1]!);
    expectWithinHalf(
      await w.read(),
      new Float32Array(sizeOf(shape)).map((_, i) => (i < shape[1]! ? 1 : 3e5) / root),
      "w",
    );
    const small = gpu.tensor(new Float32Array(sizeOf(shape)).fill(2 ** -20), shape, { dtype: "f16" });
    const { saved: own } = weightNorm(gpu, small, { g: gpu.tensor([1, 3e5]) });
    const dw = gpu.tensor(
      new Float32Array(sizeOf(shape)).map((_, i) => (i % shape.at(-1)! ? 0 : 1)),
      shape,
    );
    const dv = await weightNormBackward(gpu, dw, own!).dv.read();
    expect(dv[0], "1 / norm is about 2^20").toBe(Infinity);
    expect(saved!.norm.dtype).toBe("f32");
  }
});

gpuTest("a layer made from a weight in f16 keeps its parameters in f32 and gives what type it is asked for", async ({ gpu }) => {
  const weight = gpu.tensor(normal(35, 1), [5, 7], { dtype: "f16" });
  const norm = WeightNorm.from(gpu, weight);
  expect([norm.v.dtype, norm.g.dtype]).toEqual(["f32", "f32"]);
  const { w } = norm.forward({ dtype: "f16" });
  expectWithinHalf(await w.read(), await weight.read(), "w");
  expect(() => norm.forward({ dtype: "f16", out: { w: gpu.empty([5, 7]) } })).toThrow("dtype is f16; out.w is f32");
  expect(() => norm.forward({ dtype: "f8" as Dtype })).toThrow('dtype is f8; wanted "f32" or "f16"');
  const out = { dv: gpu.tensor(new Float32Array(35).fill(2), [5, 7], { dtype: "f16" }), dg: gpu.empty([5, 1]) };
  norm.backward(gpu.empty([5, 7]), norm.forward().saved!, { out, accumulate: true });
  expect(await out.dv.read(), "added to, in its own type").toEqual(new Float32Array(35).fill(2));
});
