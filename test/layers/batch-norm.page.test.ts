import { expect } from "vitest";
import { BatchNorm, batchNorm } from "../../src/index.ts";
import { batchNormForward, type BatchNormArguments } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";

const SHAPE = [4, 6, 5, 5];
const batch = (seed: number): Float32Array => normal(600, seed, 1e3, 3);

const CONVENTIONS = [
  { name: "PyTorch", momentum: 0.1 },
  { name: "ONNX and Keras", momentum: 0.9, momentumConvention: "retain", runningVariance: "biased" },
  { name: "cumulative average", momentum: null },
] as const;

for (const { name, ...options } of CONVENTIONS) {
  gpuTest(`running statistics over three batches and eval: ${name}`, async ({ gpu }) => {
    const norm = new BatchNorm(gpu, { channels: 6, ...options });
    let mean: Float64Array = new Float64Array(6);
    let variance: Float64Array = new Float64Array(6).fill(1);
    for (let step = 0; step < 3; step++) {
      const args: BatchNormArguments = { ...options, training: true, mean, variance, numBatchesTracked: step };
      const expected = batchNormForward({ data: batch(step + 1), shape: SHAPE }, args);
      expectWithin(await norm.forward(gpu.tensor(batch(step + 1), SHAPE)).y.read(), expected.y);
      mean = expected.runningMean!;
      variance = expected.runningVariance!;
    }
    expect(norm.numBatchesTracked).toBe(3);
    expectWithin(await norm.runningMean!.read(), mean, "running mean");
    expectWithin(await norm.runningVariance!.read(), variance, "running variance");
    norm.training = false;
    const [held, spread] = [await norm.runningMean!.read(), await norm.runningVariance!.read()];
    const expected = batchNormForward({ data: batch(9), shape: SHAPE }, { training: false, mean: held, variance: spread });
    expectWithin(await norm.forward(gpu.tensor(batch(9), SHAPE)).y.read(), expected.y);
    expect(await norm.runningMean!.read(), "eval moves nothing").toEqual(held);
    norm.destroy();
  });
}

gpuTest("without running statistics, eval takes those of the batch", async ({ gpu }) => {
  const norm = new BatchNorm(gpu, { channels: 6, trackRunningStats: false });
  norm.training = false;
  const expected = batchNormForward({ data: batch(2), shape: SHAPE }, { training: true });
  expectWithin(await norm.forward(gpu.tensor(batch(2), SHAPE)).y.read(), expected.y);
  expect(norm.runningMean).toBeNull();
});

gpuTest("the stateless function moves the running statistics it is given", async ({ gpu }) => {
  const [mean, variance] = [gpu.tensor([1, 2, 3, 4, 5, 6]), gpu.tensor([1, 1, 2, 2, 3, 3])];
  batchNorm(gpu, gpu.tensor(batch(3), SHAPE), { training: true, mean, variance, momentum: 0.25 });
  const expected = batchNormForward(
    { data: batch(3), shape: SHAPE },
    { training: true, mean: [1, 2, 3, 4, 5, 6], variance: [1, 1, 2, 2, 3, 3], momentum: 0.25 },
  );
  expectWithin(await mean.read(), expected.runningMean!);
  expectWithin(await variance.read(), expected.runningVariance!);
});

gpuTest("an empty batch gives an empty output and moves nothing", async ({ gpu }) => {
  const norm = new BatchNorm(gpu, { channels: 6 });
  const { y } = norm.forward(gpu.empty([0, 6, 5, 5]));
  expect(await y.read()).toEqual(new Float32Array(0));
  expect(norm.numBatchesTracked).toBe(0);
  expect(await norm.runningVariance!.read()).toEqual(new Float32Array(6).fill(1));
});
