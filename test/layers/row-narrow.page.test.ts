import { describe, expect } from "vitest";
import { layerNorm, rmsNorm } from "../../src/index.ts";
import { layerNormForward, rmsNormForward } from "../../src/reference/index.ts";
import { expectWithin, expectWithinHalf } from "../bound.ts";
import { HOSTILE, normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";
import type { ForwardCase } from "./forward-cases.ts";
import { expectedOf, runCase } from "./run-forward-case.ts";

// Rows enough for a CPU to hold them in registers, whatever runs the test.
const software = { adapterClass: "software" } as const;
const rowsOf = (width: number, more = 0): number => Math.max(8192, Math.ceil(65_536 / width / 4) * 4) + more;

/** Four rows a round where they are short, else one; rows that start anywhere in a lane, in two places, or with a lane; the last round and the last team have fewer. */
const WIDTHS: readonly (readonly [width: number, more: number])[] = [
  [1, 0],
  [3, 12],
  [4, 4],
  [6, 2],
  [7, 0],
  [8, 8],
  [9, 4],
  [10, 2],
  [12, 1],
  [31, 4],
  [64, 3],
];

for (const [width, more] of WIDTHS) {
  const rows = rowsOf(width, more);
  const added = { shape: [rows, width], residual: [rows, width] };
  const cases: readonly ForwardCase[] = [
    { layer: "layer", shape: [rows, width], gamma: [width], beta: [width], why: "gamma and beta" },
    { layer: "layer", ...added, gamma: [width], options: { activation: "silu" }, why: "a residual, the sum, gamma alone, silu" },
    { layer: "rms", ...added, gamma: [width], why: "root mean square of a sum" },
    { layer: "layer", shape: [rows, width], options: { center: false }, why: "the mean stays" },
  ];
  for (const testCase of cases) {
    gpuTest(
      `${rows} rows of ${width}: ${testCase.layer}, ${testCase.why}`,
      async ({ gpu }) => {
        const { y, sum, saved } = runCase(gpu, testCase);
        const wanted = expectedOf(testCase);
        expectWithin(await y.read(), wanted.y);
        expect(sum !== undefined).toBe(testCase.residual !== undefined);
        if (sum) expectWithin(await sum.read(), wanted.sum, "sum");
        if (saved!.mean) expectWithin(await saved!.mean.read(), wanted.mean, "mean");
        expectWithin(await saved!.rstd.read(), wanted.rstd, "rstd");
      },
      software,
    );
  }
}

gpuTest(
  "x in f16, gamma with an offset, and no statistics are asked for",
  async ({ gpu }) => {
    for (const width of [7, 12, 33]) {
      const shape = [rowsOf(width), width];
      const testCase: ForwardCase = { layer: "layer", shape, residual: shape, gamma: [width], beta: [width], why: "f16" };
      const dtypes = { x: "f16", residual: "f16" } as const;
      expectWithinHalf(await runCase(gpu, testCase, dtypes).y.read(), expectedOf(testCase, dtypes).y);
      const x = { data: normal(shape[0]! * width, 3, 1e4), shape };
      const gamma = { data: normal(width, 4, 1), shape: [width] };
      const given = { gamma: gpu.tensor(gamma.data), saved: false };
      expectWithin(await layerNorm(gpu, gpu.tensor(x.data, shape), given).y.read(), layerNormForward(x, { gamma }).y, `rows of ${width}`);
      const shifted = rmsNorm(gpu, gpu.tensor(x.data, shape), { ...given, gammaOffset: 1 });
      expectWithin(await shifted.y.read(), rmsNormForward(x, { gamma: { ...gamma, data: gamma.data.map((value) => value + 1) } }).y, `rms of ${width}`);
    }
  },
  software,
);

describe("a spoiled row spoils no other", () => {
  for (const width of [2, 3, 5, 6, 7, 8, 9, 10, 17, 33, 63]) {
    gpuTest(
      `rows of ${width}`,
      async ({ gpu }) => {
        const shape = [rowsOf(width), width];
        const data = normal(shape[0]! * width, 5);
        const spoiled = new Map([0, 5, 6, 10, 15, 133, 400, shape[0]! - 1].map((row, i) => [row, [Number.NaN, Number.POSITIVE_INFINITY, 1e17, -1e30][i % 4]!]));
        const values = data.map((value, i) => spoiled.get(Math.floor(i / width)) ?? value);
        const others = (y: ArrayLike<number>): number[] => Array.from(y).filter((_, i) => !spoiled.has(Math.floor(i / width)));
        const gamma = gpu.tensor(new Float32Array(width).fill(1));
        const found = await layerNorm(gpu, gpu.tensor(values, shape), { gamma }).y.read();
        expectWithin(others(found), others(layerNormForward({ data: values, shape }, {}).y));
      },
      software,
    );
  }
});

describe("hostile data, and constant rows", () => {
  for (let width = 1; width <= 65; width++) {
    gpuTest(
      `rows of ${width}`,
      async ({ gpu }) => {
        const shape = [rowsOf(width), width];
        const families = Object.values(HOSTILE).map((make) => make(Math.max(width * 3, 64)));
        const kinds = families.length + 1;
        // Row by row another family; the last is a constant.
        const data = new Float32Array(shape[0]! * width).map((_, i) => {
          const row = Math.floor(i / width);
          const family = families[row % kinds];
          return family ? family[((Math.floor(row / kinds) % 3) * width + (i % width)) % family.length]! : row + 0.1;
        });
        const beta = normal(width, 4);
        const { y } = layerNorm(gpu, gpu.tensor(data, shape), { gamma: gpu.tensor(new Float32Array(width).fill(1)), beta: gpu.tensor(beta) });
        const found = await y.read();
        expectWithin(found, layerNormForward({ data, shape }, { beta: { data: beta, shape: [width] } }).y);
        const constant = (kinds - 1) * width;
        expect(found.slice(constant, constant + width)).toEqual(beta);
      },
      software,
    );
  }
});
