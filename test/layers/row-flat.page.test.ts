import { describe, expect } from "vitest";
import { batchNorm, instanceNorm, type Activation } from "../../src/index.ts";
import { batchNormForward, instanceNormForward } from "../../src/reference/index.ts";
import { expectWithin, expectWithinHalf } from "../bound.ts";
import { HOSTILE, normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";
import type { ForwardCase } from "./forward-cases.ts";
import { expectedOf, runCase } from "./run-forward-case.ts";

// Planes that end anywhere in a lane, enough of them for a CPU to take them as lanes of the tensor, whatever runs the test.
const software = { adapterClass: "software" } as const;
const silu: Activation = "silu";

const CASES: readonly ForwardCase[] = [
  { layer: "instance", shape: [16, 126, 7, 7], gamma: [126], beta: [126], why: "a lane ends with four planes; the last team has fewer" },
  { layer: "instance", shape: [12, 113, 9, 11], gamma: [113], options: { activation: silu }, why: "planes of 99, gamma alone, silu" },
  { layer: "instance", shape: [16, 129, 6, 9], beta: [129], why: "a lane ends with two planes" },
  { layer: "instance", shape: [4, 9, 43, 47], gamma: [9], beta: [9], why: "planes of more than one chain" },
  { layer: "instance", shape: [64, 100, 5, 5], gamma: [100], beta: [100], why: "planes of 25 lie in seven lanes at most" },
  { layer: "instance", shape: [32, 100, 3, 17], gamma: [100], options: { activation: silu }, why: "planes of 51 may leave their last lane to the next" },
  { layer: "instance", shape: [32, 100, 5, 6], gamma: [100], beta: [100], why: "planes of 30: a lane ends with two" },
  { layer: "instance", shape: [64, 129, 2, 4], gamma: [129], beta: [129], why: "planes of two whole lanes" },
  { layer: "instance", shape: [16, 129, 8, 8], gamma: [129], beta: [129], why: "planes of sixteen whole lanes" },
  { layer: "instance", shape: [64, 200, 5], gamma: [200], beta: [200], why: "planes of five" },
  { layer: "batch", shape: [64, 100, 5, 5], gamma: [100], beta: [100], why: "statistics of many planes of 25" },
  { layer: "batch", shape: [64, 100, 4, 4], gamma: [100], beta: [100], why: "statistics of many planes of four whole lanes" },
  { layer: "batch", shape: [8, 101, 3, 17], gamma: [101], beta: [101], why: "statistics of planes of 51, channels not in fours" },
  { layer: "instance", shape: [128, 200, 3], gamma: [200], beta: [200], why: "planes shorter than a lane" },
  { layer: "instance", shape: [31, 517, 5], gamma: [517], beta: [517], why: "short planes of a tensor that is no whole number of lanes" },
  { layer: "instance", shape: [8, 100, 1, 1], gamma: [100], beta: [100], why: "planes of one value, of a small tensor" },
  { layer: "batch", shape: [64, 100, 3], gamma: [100], beta: [100], why: "statistics of planes shorter than a lane" },
  {
    layer: "batch",
    shape: [7, 101, 3, 3],
    gamma: [101],
    beta: [101],
    options: { activation: silu },
    why: "statistics of short planes, no whole number of lanes",
  },
  { layer: "group", shape: [64, 128, 4, 4], gamma: [128], beta: [128], options: { groups: 8 }, why: "groups of many short planes" },
  { layer: "rms", shape: [7200, 10], why: "root mean square of rows of ten" },
  { layer: "layer", shape: [7300, 9], options: { center: false }, why: "rows of nine, whose mean stays" },
];

for (const testCase of CASES) {
  gpuTest(
    `${testCase.layer} ${testCase.shape.join("x")}: ${testCase.why}`,
    async ({ gpu }) => {
      const { y, saved } = runCase(gpu, testCase);
      const wanted = expectedOf(testCase);
      expectWithin(await y.read(), wanted.y);
      if (saved!.mean) expectWithin(await saved!.mean.read(), wanted.mean, "mean");
      expectWithin(await saved!.rstd.read(), wanted.rstd, "rstd");
    },
    software,
  );
}

gpuTest(
  "x in f16, and no statistics are asked for",
  async ({ gpu }) => {
    const testCase = CASES[0]!;
    expectWithinHalf(await runCase(gpu, testCase, { x: "f16" }).y.read(), expectedOf(testCase, { x: "f16" }).y);
    const shape = [8, 256, 7, 7];
    const x = { data: normal(8 * 256 * 49, 3, 1e4), shape };
    expectWithin(await instanceNorm(gpu, gpu.tensor(x.data, shape), { saved: false }).y.read(), instanceNormForward(x).y);
  },
  software,
);

gpuTest(
  "NaN and infinity stay in their own planes",
  async ({ gpu }) => {
    const data = normal(1600 * 49, 3);
    data[5 * 49] = Number.NaN;
    data[11 * 49 + 48] = Number.POSITIVE_INFINITY;
    const found = await instanceNorm(gpu, gpu.tensor(data, [16, 100, 7, 7])).y.read();
    const spoiled = new Set(Array.from(found, (value, i) => (Number.isFinite(value) ? -1 : Math.floor(i / 49))));
    expect(spoiled).toEqual(new Set([-1, 5, 11]));
  },
  software,
);

describe("a spoiled channel spoils no other", () => {
  const [samples, channels] = [16, 12];
  for (const plane of [4, 5, 6, 7, 8, 9, 10, 11]) {
    gpuTest(
      `planes of ${plane}`,
      async ({ gpu }) => {
        const shape = [samples, channels, plane];
        const data = normal(samples * channels * plane, 5);
        for (const [spoiled, by] of [Number.NaN, Number.POSITIVE_INFINITY, 1e17, -1e30, Number.NaN, 1e17].entries()) {
          const values = data.map((value, i) => (Math.floor(i / plane) % channels === spoiled ? by : value));
          const others = (y: ArrayLike<number>): number[] => Array.from(y).filter((_, i) => Math.floor(i / plane) % channels !== spoiled);
          const found = await batchNorm(gpu, gpu.tensor(values, shape), {
            training: true,
            gamma: gpu.tensor(new Float32Array(channels).fill(1), [1, channels, 1]),
          }).y.read();
          expectWithin(others(found), others(batchNormForward({ data: values, shape }, { training: true }).y), `beside channel ${spoiled} of ${by}`);
        }
      },
      software,
    );
  }
});

describe("hostile data", () => {
  for (const [family, make] of Object.entries(HOSTILE)) {
    gpuTest(
      `planes of ${family}`,
      async ({ gpu }) => {
        for (const [length, planes] of [
          [25, 3200],
          [49, 1600],
          [64, 1200],
          [99, 800],
        ] as const) {
          const values = make(length * 3);
          const x = { data: new Float32Array(planes * length).map((_, i) => values[i % values.length]!), shape: [8, planes / 8, length] };
          expectWithin(await instanceNorm(gpu, gpu.tensor(x.data, x.shape)).y.read(), instanceNormForward(x).y, `planes of ${length}`);
        }
      },
      software,
    );
  }
});
