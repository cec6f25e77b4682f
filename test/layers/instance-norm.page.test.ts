import { expect } from "vitest";
import { InstanceNorm, instanceNorm } from "../../src/index.ts";
import { instanceNormForward, type InstanceNormArguments } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const CONVENTIONS = [
  { name: "PyTorch", momentum: 0.1 },
  { name: "retain, biased", momentum: 0.9, momentumConvention: "retain", runningVariance: "biased" },
  { name: "cumulative average", momentum: null },
] as const;

/** Few samples, samples enough for a team each, rows that are split over teams. */
const SHAPES = {
  nchw: [
    [4, 6, 5, 5],
    [75, 3, 7],
    [2, 2, 20000],
  ],
  nhwc: [
    [4, 5, 5, 6],
    [75, 7, 3],
    [2, 900, 40],
  ],
} as const;

for (const [device, planAs] of Object.entries(PLANNED_AS)) {
  for (const layout of ["nchw", "nhwc"] as const) {
    for (const shape of SHAPES[layout]) {
      gpuTest(
        `running statistics over three batches, then eval: ${layout} [${shape.join(", ")}] on ${device}`,
        async ({ gpu }) => {
          const channels = layout === "nchw" ? shape[1] : shape.at(-1)!;
          const batch = (seed: number): Float32Array =>
            normal(
              shape.reduce((a: number, b) => a * b, 1),
              seed,
              1e3,
              3,
            );
          for (const { name, ...options } of CONVENTIONS) {
            const norm = new InstanceNorm(gpu, { channels, layout, trackRunningStats: true, ...options });
            let [mean, variance] = [new Float64Array(channels), new Float64Array(channels).fill(1)];
            for (let step = 0; step < 3; step++) {
              const args: InstanceNormArguments = { ...options, layout, mean, variance, numBatchesTracked: step };
              const expected = instanceNormForward({ data: batch(step), shape }, args);
              // What is not saved is still there for the running statistics.
              expectWithin(await norm.forward(gpu.tensor(batch(step), shape), { saved: step > 0 }).y.read(), expected.y, `${name}: y`);
              mean = expected.runningMean! as Float64Array<ArrayBuffer>;
              variance = expected.runningVariance! as Float64Array<ArrayBuffer>;
            }
            expect(norm.numBatchesTracked).toBe(3);
            const [held, spread] = [await norm.runningMean!.read(), await norm.runningVariance!.read()];
            expectWithin(held, mean, `${name}: running mean`);
            expectWithin(spread, variance, `${name}: running variance`);
            norm.training = false;
            const expected = instanceNormForward({ data: batch(9), shape }, { layout, training: false, mean: held, variance: spread });
            const { y, saved } = norm.forward(gpu.tensor(batch(9), shape));
            expectWithin(await y.read(), expected.y, `${name}: eval`);
            expect(saved!.mean!.shape).toEqual([channels]);
            expect(await norm.runningMean!.read(), "eval moves nothing").toEqual(held);
            norm.destroy();
          }
        },
        planAs,
      );
    }
  }
}

gpuTest("without running statistics, eval takes those of each instance", async ({ gpu }) => {
  const norm = new InstanceNorm(gpu, { channels: 6 });
  norm.training = false;
  const data = normal(600, 2);
  expectWithin(await norm.forward(gpu.tensor(data, [4, 6, 25])).y.read(), instanceNormForward({ data, shape: [4, 6, 25] }).y);
  expect(norm.runningMean).toBeNull();
  expect(norm.numBatchesTracked).toBe(0);
});

gpuTest("the stateless function moves the running statistics it is given", async ({ gpu }) => {
  const data = normal(600, 3, 1e3);
  const [mean, variance] = [gpu.tensor([1, 2, 3, 4, 5, 6]), gpu.tensor([1, 1, 2, 2, 3, 3])];
  instanceNorm(gpu, gpu.tensor(data, [4, 6, 25]), { mean, variance, momentum: 0.25 });
  const expected = instanceNormForward({ data, shape: [4, 6, 25] }, { mean: [1, 2, 3, 4, 5, 6], variance: [1, 1, 2, 2, 3, 3], momentum: 0.25 });
  expectWithin(await mean.read(), expected.runningMean!);
  expectWithin(await variance.read(), expected.runningVariance!);
});

gpuTest("an empty batch moves nothing", async ({ gpu }) => {
  const norm = new InstanceNorm(gpu, { channels: 6, trackRunningStats: true });
  expect(await norm.forward(gpu.empty([0, 6, 5])).y.read()).toEqual(new Float32Array(0));
  expect(norm.numBatchesTracked).toBe(0);
  expect(await norm.runningVariance!.read()).toEqual(new Float32Array(6).fill(1));
});

gpuTest("wrong calls say what is wrong", async ({ gpu }) => {
  const norm = new InstanceNorm(gpu, { channels: 6, trackRunningStats: true });
  expect(() => norm.forward(gpu.empty([2, 6, 1]))).toThrow(
    "InstanceNorm.forward: x is [2, 6, 1]; an unbiased running variance needs more than 1 value per channel",
  );
  expect(() => instanceNorm(gpu, gpu.empty([2, 6, 4]), { training: false })).toThrow("instanceNorm: training is false; mean and variance are needed");
  expect(() => instanceNorm(gpu, gpu.empty([2, 6, 4]), { mean: gpu.empty([6]) })).toThrow("variance is missing");
  expect(() => instanceNorm(gpu, gpu.empty([2, 6, 4]), { mean: gpu.empty([5]), variance: gpu.empty([6]) })).toThrow(
    "mean is [5]; wanted one value for each of 6",
  );
  expect(() => new InstanceNorm(gpu, { channels: 6, momentum: 2 })).toThrow("momentum is 2");
  expect(norm.numBatchesTracked).toBe(0);
});
