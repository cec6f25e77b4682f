import fc from "fast-check";
import { describe } from "vitest";
import { sizeOf } from "../../src/core/shape.ts";
import { lpNorm, lpNormBackward } from "../../src/index.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { expectedOf, expectGroups, expectNorms } from "./p-norm-expected.ts";

/** Shapes of every walk, short and long, and what may be asked of them. */
const asked = fc
  .record({
    shape: fc.array(fc.constantFrom(1, 2, 3, 4, 7, 8, 12, 33, 64, 260, 1029), { minLength: 1, maxLength: 5 }),
    reduces: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    p: fc.oneof(fc.constantFrom(1, 2, 2, 3), fc.double({ min: 1, max: 20, noNaN: true })),
    eps: fc.constantFrom(0, 1e-12, 3),
    exponent: fc.integer({ min: -30, max: 30 }),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .filter(({ shape }) => sizeOf(shape) <= 1e5);

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  gpuTest(
    "any shape, any axes, any power",
    ({ gpu }) =>
      fc.assert(
        fc.asyncProperty(asked, async ({ shape, reduces, p, eps, exponent, seed }) => {
          const reduced = shape.map((__, axis) => axis).filter((axis) => reduces[axis]);
          const scale = 10 ** exponent;
          const [x, dy] = [normal(sizeOf(shape), seed).map((value) => value * scale), normal(sizeOf(shape), seed + 1)];
          const wanted = expectedOf({ x, dy, shape, reduced, p, eps });
          await gpu
            .tidy(() => {
              const { y, saved } = lpNorm(gpu, gpu.tensor(x, shape), { p, eps, axes: reduced });
              const { dx } = lpNormBackward(gpu, gpu.tensor(dy, shape), saved!);
              const read = Promise.all([y.read(), saved!.norm.read(), dx.read()]);
              return { read };
            })
            .read.then(([y, norm, dx]) => {
              expectGroups(y, wanted.y, wanted.groups, "y");
              expectNorms(norm, wanted.groups);
              expectGroups(dx, wanted.dx, wanted.groups, "dx");
            });
        }),
        { numRuns: 60, seed: 11 },
      ),
    planAs,
  );
});
