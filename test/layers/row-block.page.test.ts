import { describe, expect } from "vitest";
import { layerNorm, rmsNorm } from "../../src/index.ts";
import { layerNormForward, rmsNormForward } from "../../src/reference/index.ts";
import { expectWithin, expectWithinHalf } from "../bound.ts";
import { HOSTILE } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";
import type { ForwardCase } from "./forward-cases.ts";
import { expectedOf, runCase } from "./run-forward-case.ts";

// Rows enough for a CPU to take them block by block of columns, whatever runs the test; their number is no multiple of a team's.
const ROWS = 2063;
const software = { adapterClass: "software" } as const;

for (const length of [76, 39, 530]) {
  const bias = { residual: [ROWS, length], residualBias: [length] };
  const cases: readonly ForwardCase[] = [
    { layer: "layer", shape: [ROWS, length], gamma: [length], beta: [length], why: "gamma and beta" },
    {
      layer: "layer",
      shape: [ROWS, length],
      gamma: [length],
      beta: [length],
      ...bias,
      options: { activation: "silu" },
      why: "residual, its bias, the sum, silu",
    },
    { layer: "rms", shape: [ROWS, length], gamma: [length], ...bias, why: "root mean square of a sum" },
  ];
  for (const testCase of cases) {
    gpuTest(
      `${ROWS} rows of ${length}: ${testCase.why}`,
      async ({ gpu }) => {
        const { y, sum, saved } = runCase(gpu, testCase);
        const wanted = expectedOf(testCase);
        expectWithin(await y.read(), wanted.y);
        expect(sum !== undefined).toBe(testCase.residual !== undefined);
        if (sum) expectWithin(await sum.read(), wanted.sum, "sum");
        expectWithin(await saved!.rstd.read(), wanted.rstd, "rstd");
      },
      software,
    );
  }
  gpuTest(
    `${ROWS} rows of ${length}: no statistics are asked for, x in f16`,
    async ({ gpu }) => {
      const testCase = cases[1]!;
      const dtypes = { x: "f16", residual: "f16" } as const;
      expectWithinHalf(await runCase(gpu, testCase, dtypes).y.read(), expectedOf(testCase, dtypes).y);
      const x = { data: new Float32Array(ROWS * length).map((_, i) => Math.sin(i) + 1e3), shape: [ROWS, length] };
      const gamma = { data: new Float32Array(length).map((_, i) => 1 + i / length), shape: [length] };
      const given = { gamma: gpu.tensor(gamma.data), saved: false };
      expectWithin(await layerNorm(gpu, gpu.tensor(x.data, x.shape), given).y.read(), layerNormForward(x, { gamma }).y);
      expectWithin(await rmsNorm(gpu, gpu.tensor(x.data, x.shape), given).y.read(), rmsNormForward(x, { gamma }).y);
    },
    software,
  );
}

describe("hostile data", () => {
  for (const [family, make] of Object.entries(HOSTILE)) {
    gpuTest(
      `${ROWS} rows of ${family}`,
      async ({ gpu }) => {
        for (const length of [76, 39]) {
          const values = make(length * 3);
          const x = { data: new Float32Array(ROWS * length).map((_, i) => values[i % values.length]!), shape: [ROWS, length] };
          const gamma = { data: new Float32Array(length).fill(1), shape: [length] };
          const { y } = layerNorm(gpu, gpu.tensor(x.data, x.shape), { gamma: gpu.tensor(gamma.data) });
          expectWithin(await y.read(), layerNormForward(x, { gamma }).y, `rows of ${length}`);
        }
      },
      software,
    );
  }
});
