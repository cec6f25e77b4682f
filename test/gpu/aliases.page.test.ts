import { expect } from "vitest";
import { batchNorm, layerNorm, type Gpu, type Tensor } from "../../src/index.ts";
import { gpuTest } from "../gpu-test.ts";

const USAGE = 128 | 8 | 4; // STORAGE, COPY_DST, COPY_SRC

function arena(gpu: Gpu, bytes = 8192): GPUBuffer {
  return (gpu.device as GPUDevice).createBuffer({ size: bytes, usage: USAGE });
}

gpuTest("an output in the buffer of an input is refused wherever it lies, whichever dispatch reads the input", async ({ gpu }) => {
  const shared = arena(gpu);
  const far = { offset: 4096 };
  const refused: [string, () => unknown][] = [
    ["x", () => layerNorm(gpu, gpu.wrap(shared, [2, 3]), { out: { y: gpu.wrap(shared, [2, 3], far) } })],
    [
      "x of a walk that copies it first",
      () => layerNorm(gpu, gpu.wrap(shared, [2, 3, 2, 3]), { axes: [0, 2], out: { y: gpu.wrap(shared, [2, 3, 2, 3], far) } }),
    ],
    ["residual", () => layerNorm(gpu, gpu.empty([2, 3]), { residual: gpu.wrap(shared, [2, 3]), out: { y: gpu.wrap(shared, [2, 3], far) } })],
    ["sum over its own residual", () => layerNorm(gpu, gpu.empty([2, 3]), { residual: gpu.wrap(shared, [2, 3]), out: { sum: gpu.wrap(shared, [2, 3], far) } })],
    ["broadcast residual", () => layerNorm(gpu, gpu.empty([2, 3, 4]), { residual: gpu.wrap(shared, [2, 1, 4]), out: { y: gpu.wrap(shared, [2, 3, 4], far) } })],
  ];
  for (const [what, call] of refused) expect(call, what).toThrow("lie in the same GPUBuffer");
});

gpuTest("running statistics in the buffer of y are refused, although no dispatch binds both", async ({ gpu }) => {
  const shared = arena(gpu);
  const x = gpu.empty([4, 3, 50, 50]);
  const mean = gpu.wrap(shared, [3]);
  const variance = gpu.empty([3]);
  const y = gpu.wrap(arena(gpu, 4 * 7500 * 4), [4, 3, 50, 50]);
  expect(() => batchNorm(gpu, x, { training: true, mean, variance, out: { y } })).not.toThrow();
  const tight = gpu.wrap(y.buffer, [3]);
  expect(() => batchNorm(gpu, x, { training: true, mean: tight, variance, out: { y } })).toThrow("lie in the same GPUBuffer");
});

gpuTest("inputs may share a buffer; outputs may where their bound ranges are apart", async ({ gpu }) => {
  const values = Float32Array.from({ length: 12 }, (_, i) => i * i);
  const shared = arena(gpu);
  const x = gpu.tensor(values, [4, 3]);
  const statistics = (offset: number): { mean: Tensor; variance: Tensor } => ({
    mean: gpu.wrap(shared, [3], { offset: 256 }),
    variance: gpu.wrap(shared, [3], { offset }),
  });
  const { mean, variance } = statistics(512);
  mean.write([0, 0, 0]);
  variance.write([1, 1, 1]);
  batchNorm(gpu, x, { training: true, mean, variance, momentum: 1 });
  expect([...(await mean.read())]).toEqual([0, 1, 2].map((c) => (values[c]! + values[c + 3]! + values[c + 6]! + values[c + 9]!) / 4));
  // A binding starts at a multiple of 256, so that these two would be bound over each other.
  expect(() => batchNorm(gpu, x, { training: true, ...statistics(268) })).toThrow("lie in the same GPUBuffer");
  const gamma = gpu.wrap(shared, [3], { offset: 1024 });
  const beta = gpu.wrap(shared, [3], { offset: 1036 });
  gamma.write([0, 0, 0]);
  beta.write([1, 2, 3]);
  expect(await layerNorm(gpu, x, { gamma, beta }).y.read()).toEqual(Float32Array.from({ length: 12 }, (_, i) => 1 + (i % 3)));
});
