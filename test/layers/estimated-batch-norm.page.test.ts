import { expect } from "vitest";
import { EstimatedBatchNorm } from "../../src/index.ts";
import { batchNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

interface Estimates {
  mean: Float64Array;
  variance: Float64Array;
}

/** The estimates after a batch of [N, C, positions], written out from the paper: the variance about the mean as it was before. */
function moved(data: ArrayLike<number>, [samples, channels, positions]: readonly [number, number, number], old: Estimates, speed: number): Estimates {
  const found = { mean: old.mean.slice(), variance: old.variance.slice() };
  for (let c = 0; c < channels; c++) {
    let [sum, squares] = [0, 0];
    for (let n = 0; n < samples; n++) {
      for (let p = 0; p < positions; p++) {
        const distance = data[(n * channels + c) * positions + p]! - old.mean[c]!;
        sum += distance;
        squares += distance * distance;
      }
    }
    found.mean[c]! += (speed * sum) / (samples * positions);
    found.variance[c]! += speed * (squares / (samples * positions) - old.variance[c]!);
  }
  return found;
}

const SHAPES = [
  [4, 6, 25],
  [3, 2, 20000],
  [70, 5, 1],
  [1, 3, 1],
] as const;

for (const [device, planAs] of Object.entries(PLANNED_AS)) {
  for (const shape of SHAPES) {
    for (const movingSpeed of [0, 0.1, 1]) {
      gpuTest(
        `three batches by their estimates, then eval: [${shape.join(", ")}], speed ${movingSpeed}, on ${device}`,
        async ({ gpu }) => {
          const [samples, channels, positions] = shape;
          const norm = new EstimatedBatchNorm(gpu, { channels, movingSpeed });
          const gamma = normal(channels, 5);
          norm.gamma!.write(gamma);
          let estimates: Estimates = { mean: new Float64Array(channels), variance: new Float64Array(channels).fill(1) };
          const reference = (data: Float32Array): Float64Array =>
            batchNormForward({ data, shape }, { training: false, ...estimates, gamma: { data: gamma, shape: [channels] } }).y;
          for (let step = 0; step < 3; step++) {
            const data = normal(samples * channels * positions, step + 1, 1e2, 3);
            estimates = moved(data, shape, estimates, movingSpeed);
            expectWithin(await norm.forward(gpu.tensor(data, shape)).y.read(), reference(data), `y ${step}`);
          }
          expect(norm.numBatchesTracked).toBe(3);
          expectWithin(await norm.runningMean.read(), estimates.mean, "mean");
          expectWithin(await norm.runningVariance.read(), estimates.variance, "variance");
          norm.training = false;
          const before = await norm.runningMean.read();
          estimates = { mean: Float64Array.from(before), variance: Float64Array.from(await norm.runningVariance.read()) };
          const data = normal(samples * channels * positions, 9, 1e2, 3);
          expectWithin(await norm.forward(gpu.tensor(data, shape)).y.read(), reference(data), "eval");
          expect(await norm.runningMean.read(), "eval moves nothing").toEqual(before);
          norm.destroy();
        },
        planAs,
      );
    }
  }
}

gpuTest("channels last gives what channels first gives", async ({ gpu }) => {
  const data = normal(4 * 6 * 25, 1, 10);
  const last = data.map((_, i) => data[Math.floor(i / 150) * 150 + (i % 6) * 25 + (Math.floor(i / 6) % 25)]!);
  const [first, other] = [
    new EstimatedBatchNorm(gpu, { channels: 6, movingSpeed: 0.1 }),
    new EstimatedBatchNorm(gpu, { channels: 6, movingSpeed: 0.1, layout: "nhwc" }),
  ];
  first.forward(gpu.tensor(data, [4, 6, 25]));
  other.forward(gpu.tensor(last, [4, 25, 6]));
  expectWithin(await other.runningMean.read(), await first.runningMean.read());
  expectWithin(await other.runningVariance.read(), await first.runningVariance.read());
});

gpuTest("wrong options say what is wrong, and a refused call moves nothing", async ({ gpu }) => {
  expect(() => new EstimatedBatchNorm(gpu, { channels: 6, movingSpeed: 1.5 })).toThrow("EstimatedBatchNorm: movingSpeed is 1.5; wanted a number from 0 to 1");
  const norm = new EstimatedBatchNorm(gpu, { channels: 6, movingSpeed: 0.1 });
  expect(() => norm.forward(gpu.empty([2, 5, 4]))).toThrow("EstimatedBatchNorm.forward: x is [2, 5, 4]; channels (5) must equal 6");
  expect(norm.numBatchesTracked).toBe(0);
  expect(await norm.forward(gpu.empty([0, 6, 4])).y.read()).toEqual(new Float32Array(0));
  expect(norm.numBatchesTracked).toBe(0);
});
