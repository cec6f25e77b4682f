import { describe, expect } from "vitest";
import { layerNorm, type Dtype, type ForwardResult } from "../../src/index.ts";
import { layerNormForward } from "../../src/reference/index.ts";
import { expectWithin, expectWithinHalf } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { FORWARD_CASES, type ForwardCase } from "./forward-cases.ts";
import { expectedOf, runCase, type CaseDtypes } from "./run-forward-case.ts";

const HALF: CaseDtypes = { x: "f16", residual: "f16" };

/** What a result of these types must be; statistics and the sum's own statistics are f32 as ever. */
async function check({ y, sum, saved }: ForwardResult, testCase: ForwardCase, dtypes: CaseDtypes): Promise<void> {
  const wanted = expectedOf(testCase, dtypes);
  const own: Dtype = dtypes.y ?? dtypes.x ?? "f32";
  expect([y.dtype, y.byteLength]).toEqual([own, y.size * (own === "f16" ? 2 : 4)]);
  const within = own === "f16" ? expectWithinHalf : expectWithin;
  within(await y.read(), wanted.y);
  if (sum) within(await sum.read(), wanted.sum, "sum");
  if (saved!.mean) expectWithin(await saved!.mean.read(), wanted.mean, "mean");
  expectWithin(await saved!.rstd.read(), wanted.rstd, "rstd");
  expectWithin(await saved!.variance.read(), wanted.variance, "variance");
}

/** Odd and even rows, one and many, by every walk, with and without a residual. */
const SHAPES: readonly ForwardCase[] = [
  ...[1, 2, 3, 7, 49, 63, 131, 768].map((length): ForwardCase => ({ why: "one row", layer: "layer", shape: [1, length], gamma: [length], beta: [length] })),
  ...[1, 3, 7, 12, 49, 63, 96].map((length): ForwardCase => ({ why: "many rows", layer: "layer", shape: [71, length], residual: [71, length] })),
  { why: "rows by four, fused", layer: "rms", shape: [66, 100], gamma: [100], residual: [66, 100], residualBias: [100] },
  { why: "long odd rows", layer: "layer", shape: [3, 33333], gamma: [33333], residual: [3, 33333] },
  { why: "long even rows", layer: "layer", shape: [3, 33336], gamma: [33336], residual: [3, 33336] },
  { why: "runs, odd planes", layer: "batch", shape: [6, 5, 7, 7], gamma: [5], beta: [5], residual: [6, 5, 7, 7], options: { training: true } },
  { why: "runs, even planes", layer: "batch", shape: [4, 6, 8, 8], gamma: [6], beta: [6], residual: [4, 6, 8, 8], options: { training: true } },
  { why: "runs, bias alone", layer: "batch", shape: [4, 6, 8, 8], residualBias: [6], options: { training: true } },
  { why: "runs, eval", layer: "batch", shape: [3, 5, 7, 9], gamma: [5], beta: [5], options: { training: false } },
  { why: "columns, odd", layer: "instance", shape: [3, 8, 8, 3], gamma: [3], options: { layout: "nhwc" } },
  { why: "columns, even, fused", layer: "instance", shape: [2, 7, 7, 128], gamma: [128], residual: [2, 7, 7, 128], options: { layout: "nhwc" } },
  {
    why: "split columns, odd",
    layer: "batch",
    shape: [4, 9, 9, 5],
    gamma: [5],
    beta: [5],
    residual: [4, 9, 9, 5],
    options: { training: true, layout: "nhwc" },
  },
  { why: "split columns, even", layer: "batch", shape: [4, 9, 9, 8], gamma: [8], residual: [4, 9, 9, 8], options: { training: true, layout: "nhwc" } },
  { why: "general, odd", layer: "layer", shape: [3, 5, 7, 3], residual: [3, 5, 7, 3], options: { axes: [0, 2] } },
  { why: "general, even", layer: "layer", shape: [3, 4, 5, 6], gamma: [5, 6], residual: [4, 5, 6], options: { axes: [0, 2] } },
];

const all: CaseDtypes = { x: "f16", y: "f16", gamma: "f16", beta: "f16", residual: "f16", residualBias: "f16", fixed: "f16" };
const MIXED: Readonly<Record<string, CaseDtypes>> = {
  "x in f16, y in f32": { x: "f16", y: "f32", residual: "f16" },
  "x in f32, y in f16": { x: "f32", y: "f16" },
  "residual in f32": { x: "f16", residual: "f32" },
  "residual alone in f16": { x: "f32", residual: "f16" },
  "all in f16, parameters too": all,
  "parameters alone in f16": { ...all, x: "f32", y: "f32", residual: "f32" },
};

/** Cases for mixed types: each walk, odd and even, with every input. */
const FULL: readonly ForwardCase[] = [
  { why: "rows", layer: "layer", shape: [9, 64], gamma: [64], beta: [64], residual: [9, 64], residualBias: [64] },
  { why: "odd rows", layer: "layer", shape: [9, 63], gamma: [63], beta: [63], residual: [9, 63], residualBias: [63] },
  { why: "runs", layer: "batch", shape: [3, 5, 7, 7], gamma: [5], beta: [5], residual: [3, 5, 7, 7], residualBias: [5], options: { training: true } },
  { why: "eval", layer: "batch", shape: [3, 4, 8, 8], gamma: [4], beta: [4], residual: [3, 4, 8, 8], options: { training: false } },
  {
    why: "columns",
    layer: "batch",
    shape: [3, 7, 7, 8],
    gamma: [8],
    beta: [8],
    residual: [7, 8],
    residualBias: [8],
    options: { training: true, layout: "nhwc" },
  },
];

describe.each(Object.entries(PLANNED_AS))("f16, planned as %s", (_, planAs) => {
  for (const testCase of SHAPES) {
    gpuTest(
      `${testCase.layer} [${testCase.shape.join(", ")}]: ${testCase.why}`,
      async ({ gpu }) => check(runCase(gpu, testCase, HALF), testCase, HALF),
      planAs,
    );
  }
  for (const [name, dtypes] of Object.entries(MIXED)) {
    gpuTest(
      name,
      async ({ gpu }) => {
        for (const testCase of FULL) await check(runCase(gpu, testCase, dtypes), testCase, dtypes);
      },
      planAs,
    );
  }

  gpuTest(
    "y in f16 beside a sum in f32, and the other way round",
    async ({ gpu }) => {
      for (const testCase of FULL) {
        for (const [own, other] of [
          ["f16", "f32"],
          ["f32", "f16"],
        ] as const) {
          const out = { y: gpu.empty(testCase.shape, { dtype: own }), sum: gpu.empty(testCase.shape, { dtype: other }) };
          const { y, sum } = runCase(gpu, testCase, HALF, out);
          const wanted = expectedOf(testCase, HALF);
          const [narrow, wide] = own === "f16" ? [y, sum!] : [sum!, y];
          expectWithinHalf(await narrow.read(), own === "f16" ? wanted.y : wanted.sum);
          expectWithin(await wide.read(), own === "f16" ? wanted.sum : wanted.y);
        }
      }
    },
    planAs,
  );

  gpuTest(
    "values whose sum or square leave f16",
    async ({ gpu }) => {
      for (const [mean, std] of [
        [795, 1],
        [7600, 30],
        [60000, 1000],
        [-60000, 100],
      ] as const) {
        for (const length of [64, 65, 20000]) {
          const x = gpu.tensor(normal(2 * length, 3, mean, std), [2, length], { dtype: "f16" });
          const data = await x.read();
          const { y, saved } = layerNorm(gpu, x);
          const wanted = layerNormForward({ data, shape: [2, length] });
          expectWithinHalf(await y.read(), wanted.y);
          expectWithin(await saved!.mean!.read(), wanted.mean, "mean");
          expectWithin(await saved!.variance.read(), wanted.variance, "variance");
        }
      }
    },
    planAs,
  );

  gpuTest(
    "results past the largest half become that, NaN stays NaN, and a small sum keeps its last bits",
    async ({ gpu }) => {
      const x = gpu.tensor([60000, -60000, 1, NaN, 2 ** -24, 5 * 2 ** -24, 0, -0], [2, 4], { dtype: "f16" });
      const residual = gpu.tensor([60000, -60000, 1, 1, 2 ** -24, 2 ** -20, 0, -0], [2, 4], { dtype: "f16" });
      const { sum } = layerNorm(gpu, x, { residual });
      expect([...(await sum!.read())]).toEqual([65504, -65504, 2, NaN, 2 ** -23, 21 * 2 ** -24, 0, -0]);
    },
    planAs,
  );
});

describe("every forward case in f16", () => {
  for (const testCase of FORWARD_CASES) {
    gpuTest(`${testCase.layer} [${testCase.shape.join(", ")}]: ${testCase.why}`, async ({ gpu }) => check(runCase(gpu, testCase, HALF), testCase, HALF));
  }
});
