import { describe } from "vitest";
import { batchNorm, groupNorm, instanceNorm, layerNorm } from "../../src/index.ts";
import { batchNormForward, groupNormForward, instanceNormForward, layerNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { HOSTILE } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const LENGTHS = [49, 196, 768, 4096, 16384, 40000];

/** The same values `times` times over, each value or the whole. */
const repeated = (values: Float32Array, times: number): Float32Array => new Float32Array(values.length * times).map((_, i) => values[i % values.length]!);
const spread = (values: Float32Array, times: number): Float32Array => new Float32Array(values.length * times).map((_, i) => values[Math.floor(i / times)]!);

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const [family, make] of Object.entries(HOSTILE)) {
    gpuTest(
      `rows, runs and columns of: ${family}`,
      async ({ gpu }) => {
        const nhwc = { layout: "nhwc" } as const;
        // Many rows of odd length: a CPU sums sixteen values a step.
        const odd = { data: repeated(make(2047), 64), shape: [64, 2047] };
        expectWithin(await layerNorm(gpu, gpu.tensor(odd.data, odd.shape)).y.read(), layerNormForward(odd).y, "LayerNorm 64 x 2047");
        for (const length of LENGTHS) {
          const values = make(length);
          for (const rows of length <= 4096 ? [3, 64] : [3]) {
            const x = { data: repeated(values, rows), shape: [rows, length] };
            expectWithin(await layerNorm(gpu, gpu.tensor(x.data, x.shape)).y.read(), layerNormForward(x).y, `LayerNorm ${rows} x ${length}`);
          }
          const planes = { data: repeated(values, 8), shape: [4, 2, length] };
          const trained = batchNorm(gpu, gpu.tensor(planes.data, planes.shape), { training: true });
          expectWithin(await trained.y.read(), batchNormForward(planes, { training: true }).y, `BatchNorm 4 x 2 x ${length}`);
          const columns = { data: spread(values, 8), shape: [1, length, 8] };
          const few = gpu.tensor(columns.data, columns.shape);
          expectWithin(await instanceNorm(gpu, few, nhwc).y.read(), instanceNormForward(columns, nhwc).y, `InstanceNorm 1 x ${length} x 8`);
          const groups = { ...nhwc, groups: 2 };
          expectWithin(await groupNorm(gpu, few, groups).y.read(), groupNormForward(columns, groups).y, `GroupNorm 1 x ${length} x 8`);
          const many = { data: spread(values, 64), shape: [1, length, 64] };
          expectWithin(
            await instanceNorm(gpu, gpu.tensor(many.data, many.shape), nhwc).y.read(),
            instanceNormForward(many, nhwc).y,
            `InstanceNorm 1 x ${length} x 64`,
          );
        }
      },
      planAs,
    );
  }
});
