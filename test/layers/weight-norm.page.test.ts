import { describe, expect } from "vitest";
import { sizeOf, type Shape } from "../../src/core/shape.ts";
import { weightNorm, weightNormBackward } from "../../src/index.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { expectedOf, expectGroups, type Given } from "./p-norm-expected.ts";
import { expectWeightNorm } from "./weight-norm-check.ts";

/** Shapes of weights, and the axis whose indices have a norm each. */
const CASES: readonly (readonly [Shape, number | null, string])[] = [
  [[1, 1], 0, "one value"],
  [[3, 1, 1, 1], 0, "one value a norm"],
  [[7, 5], 0, "odd rows"],
  [[7, 5], -1, "odd columns"],
  [[64, 3, 7, 7], 0, "the first convolution of a ResNet"],
  [[64, 3, 7, 7], 1, "an inner axis, long runs"],
  [[16, 24, 3, 3], 1, "an inner axis, short runs"],
  [[3, 3, 20, 64], -1, "HWIO"],
  [[3, 3, 20, 6], 3, "HWIO, no whole lanes"],
  [[2, 300, 128], 2, "columns cut into slices"],
  [[40, 1030], 0, "rows that one team holds"],
  [[300, 9000], 0, "rows too long to be held"],
  [[5, 20000], 0, "few long rows"],
  [[64, 16, 9], null, "one norm"],
  [[70001], null, "one norm of odd length"],
  [[70001], 0, "many norms of one value"],
  [[4, 3, 2, 3, 5], 2, "rank 5"],
  [[4, 3, 2, 3, 5], -1, "rank 5, last axis"],
];

/** v, dw and g with these values. */
function givenFor(shape: Shape, dim: number | null, x: Float32Array): Given & { g: Float32Array } {
  const axis = dim === null ? null : (dim + shape.length) % shape.length;
  const reduced = shape.map((_, place) => place).filter((place) => place !== axis);
  return { x, dy: normal(x.length, 2, 0.5), g: normal(axis === null ? 1 : shape[axis]!, 3, 1, 0.5), shape, reduced };
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const [shape, dim, why] of CASES) {
    gpuTest(
      `weight norm of [${shape.join(", ")}], dim ${dim}: ${why}`,
      ({ gpu }) => expectWeightNorm(gpu, givenFor(shape, dim, normal(sizeOf(shape), 1, 0.1)), dim),
      planAs,
    );
  }
});

gpuTest("weight norm of a whole ResNet's largest convolution", ({ gpu }) =>
  expectWeightNorm(gpu, givenFor([512, 512, 3, 3], 0, normal(512 * 512 * 9, 1, 0, 0.02)), 0),
);
gpuTest("weight norm without g", async ({ gpu }) => {
  const given: Given = { ...givenFor([7, 5], 0, normal(35, 1)), g: undefined };
  const wanted = expectedOf(given);
  const { w, saved } = weightNorm(gpu, gpu.tensor(given.x, given.shape));
  expectGroups(await w.read(), wanted.y, wanted.groups, "w");
  const gradients = weightNormBackward(gpu, gpu.tensor(given.dy, given.shape), saved!);
  expectGroups(await gradients.dv.read(), wanted.dx, wanted.groups, "dv");
  expect(gradients.dg).toBeUndefined();
});
