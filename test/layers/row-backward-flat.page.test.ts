import { expect } from "vitest";
import type { BackwardOptions, BackwardResult } from "../../src/index.ts";
import { expectWithin, expectWithinHalf } from "../bound.ts";
import { gpuTest } from "../gpu-test.ts";
import { array, arraysOf, backwardOnGpu, expectedGradients, type Arrays } from "./backward-calls.ts";
import type { ForwardCase } from "./forward-cases.ts";

// Planes that end anywhere in a lane, enough of them for a CPU to take them as lanes of the tensor, whatever runs the test.
const software = { adapterClass: "software" } as const;

const CASES: readonly ForwardCase[] = [
  { layer: "instance", shape: [24, 126, 7, 7], gamma: [126], beta: [126], why: "a lane ends with four planes; the last team has fewer" },
  { layer: "instance", shape: [28, 113, 6, 7], gamma: [113], beta: [113], options: { activation: "relu" }, why: "a lane ends with two planes, relu" },
  { layer: "instance", shape: [32, 120, 5, 7], gamma: [120], why: "planes of 35 may leave their last lane to the next; gamma alone" },
  { layer: "instance", shape: [64, 100, 5, 5], beta: [100], why: "planes of 25, beta alone" },
  { layer: "instance", shape: [128, 120, 3, 3], gamma: [120], beta: [120], why: "planes of nine" },
  { layer: "instance", shape: [24, 129, 8, 8], gamma: [129], beta: [129], why: "planes of sixteen whole lanes" },
  { layer: "instance", shape: [16, 60, 13, 13], gamma: [60], beta: [60], why: "planes too long to be held" },
  { layer: "instance", shape: [4, 20, 43, 47], gamma: [20], beta: [20], why: "planes of more than one chain" },
  { layer: "batch", shape: [24, 124, 7, 7], gamma: [124], beta: [124], why: "statistics of many planes" },
  { layer: "batch", shape: [128, 128, 3, 3], gamma: [128], beta: [128], options: { activation: "relu" }, why: "statistics of many planes of nine, relu" },
  { layer: "batch", shape: [8, 64, 17, 17], gamma: [64], beta: [64], why: "statistics of many planes too long to be held" },
  { layer: "batch", shape: [24, 124, 7, 7], gamma: [124], beta: [124], options: { training: false }, why: "statistics that were given" },
  { layer: "batch", shape: [24, 122, 6, 9], gamma: [122], beta: [122], why: "channels in twos" },
  { layer: "batch", shape: [64, 100, 4, 8], gamma: [100], beta: [100], why: "planes of eight whole lanes" },
  { layer: "group", shape: [16, 192, 7, 7], gamma: [192], beta: [192], options: { groups: 32 }, why: "rows of six planes, which end in a lane" },
  { layer: "group", shape: [24, 120, 7, 7], gamma: [120], beta: [120], options: { groups: 24, activation: "relu" }, why: "rows of five planes" },
  { layer: "group", shape: [4, 24, 37, 39], gamma: [24], beta: [24], options: { groups: 6 }, why: "rows of long planes" },
];

/** What may be far off, beside dy about 0.3: sums that must keep their digits. */
const OFFSET = 1e4;

async function expectGradients(found: BackwardResult, wanted: ReturnType<typeof expectedGradients>): Promise<void> {
  for (const [name, values] of Object.entries(wanted)) expectWithin(await found[name as keyof BackwardResult]!.read(), values!, name);
}

for (const testCase of CASES) {
  gpuTest(
    `${testCase.layer} ${testCase.shape.join("x")}: ${testCase.why}`,
    async ({ gpu }) => {
      for (const arrays of [arraysOf(testCase), { ...arraysOf(testCase), dy: array(testCase.shape, 6, OFFSET) }]) {
        await expectGradients(backwardOnGpu(gpu, testCase, arrays), expectedGradients(testCase, arrays));
      }
    },
    software,
  );
}

gpuTest(
  "what else is added to dx, and to gradients that stand there",
  async ({ gpu }) => {
    const testCase = CASES[0]!;
    const arrays = arraysOf(testCase);
    const dsum = array(testCase.shape, 7);
    const earlier = { dgamma: array([126], 8), dbeta: array([126], 9) };
    const wanted = expectedGradients(testCase, arrays);
    const plus = (a: ArrayLike<number>, b: ArrayLike<number>): number[] => Array.from(a, (value, i) => value + b[i]!);
    const out = { dgamma: gpu.tensor(earlier.dgamma.data, [126]), dbeta: gpu.tensor(earlier.dbeta.data, [126]) };
    const more: BackwardOptions = { dsum: gpu.tensor(dsum.data, testCase.shape), out, accumulate: true };
    await expectGradients(backwardOnGpu(gpu, testCase, arrays, more), {
      dx: plus(wanted.dx!, dsum.data),
      dgamma: plus(wanted.dgamma!, earlier.dgamma.data),
      dbeta: plus(wanted.dbeta!, earlier.dbeta.data),
    });
  },
  software,
);

gpuTest(
  "x and dy in f16",
  async ({ gpu }) => {
    for (const testCase of [CASES[0]!, CASES[8]!, CASES[10]!]) {
      const halved = ({ data, shape }: Arrays["x"]): Arrays["x"] => ({ data: Float32Array.from(data, (value) => Math.round(value * 256) / 256), shape });
      const arrays = { ...arraysOf(testCase), x: halved(array(testCase.shape, 1, 1.5)), dy: halved(array(testCase.shape, 6, 0.3)) };
      const found = backwardOnGpu(gpu, testCase, arrays, {}, "f16");
      expectWithinHalf(await found.dx!.read(), expectedGradients(testCase, arrays).dx!);
    }
  },
  software,
);

gpuTest(
  "NaN and infinity stay in their own statistics",
  async ({ gpu }) => {
    for (const testCase of [CASES[0]!, CASES[6]!, CASES[8]!]) {
      const [, channels, height, width] = testCase.shape as [number, number, number, number];
      const arrays = arraysOf(testCase);
      const wanted = expectedGradients(testCase, arrays).dx!;
      const spoilt = Float32Array.from(arrays.dy.data);
      const size = height * width;
      // The last value of plane 5 and the first of plane 9, whose lanes they share with others.
      spoilt[6 * size - 1] = NaN;
      spoilt[9 * size] = Infinity;
      const dx = await backwardOnGpu(gpu, testCase, { ...arrays, dy: { data: spoilt, shape: testCase.shape } }).dx!.read();
      const isSpoilt = (i: number): boolean => {
        const plane = Math.floor(i / size);
        return [5, 9].includes(testCase.layer === "batch" ? plane % channels : plane);
      };
      const kept = Array.from(dx, (value, i) => (isSpoilt(i) ? 0 : value));
      expectWithin(
        kept,
        Array.from(wanted, (value, i) => (isSpoilt(i) ? 0 : value)),
        "dx",
      );
      expect(Number.isNaN(dx[6 * size - 2])).toBe(true);
    }
  },
  software,
);
