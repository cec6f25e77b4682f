import { expect } from "vitest";
import { DeviceLostError, Gpu, groupNorm, instanceNorm, LayerNorm, layerNorm, NormgpuError, TensorError, UnsupportedError } from "../../src/index.ts";
import { gpuTest } from "../gpu-test.ts";
import { REFUSALS } from "./refusals.ts";

REFUSALS.forEach(({ what, call, error, says }, i) => {
  gpuTest(`refused before any GPU work: ${what} (${i + 1})`, async ({ gpu }) => {
    let thrown: unknown = null;
    const { submit } = GPUQueue.prototype;
    let submits = 0;
    GPUQueue.prototype.submit = function (...args) {
      submits++;
      return submit.apply(this, args);
    };
    try {
      call(gpu);
    } catch (found) {
      thrown = found;
    } finally {
      GPUQueue.prototype.submit = submit;
    }
    expect(thrown).toBeInstanceOf(error);
    expect(thrown).toBeInstanceOf(NormgpuError);
    expect((thrown as NormgpuError).message).toContain(says);
    expect((thrown as NormgpuError).code).toMatch(/^[a-z-]+$/);
    expect(submits).toBe(what === "out.saved of another call" ? 1 : 0);
  });
});

gpuTest("reads and writes say what is wrong", async ({ gpu }) => {
  await expect(gpu.wrap(bare(gpu), [4]).read()).rejects.toThrow("lacks COPY_SRC");
  const x = gpu.empty([2, 3]);
  expect(() => x.write([1, 2])).toThrow("values has 2 values; [2, 3] holds 6");
  x.destroy();
  await expect(x.read()).rejects.toBeInstanceOf(TensorError);
});

gpuTest("empty batches give empty outputs", async ({ gpu }) => {
  expect(await layerNorm(gpu, gpu.empty([0, 4])).y.read()).toEqual(new Float32Array(0));
  expect(await groupNorm(gpu, gpu.empty([0, 4, 2]), { groups: 2 }).y.read()).toEqual(new Float32Array(0));
  expect(await instanceNorm(gpu, gpu.empty([0, 4, 2])).y.read()).toEqual(new Float32Array(0));
});

gpuTest("a wrapped buffer that its owner destroyed rejects the read of what was made from it, and harms nothing else", async ({ gpu }) => {
  const buffer = (gpu.device as GPUDevice).createBuffer({ size: 64, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
  const x = gpu.wrap(buffer, [4, 4]);
  buffer.destroy();
  await expect(layerNorm(gpu, x).y.read()).rejects.toBeInstanceOf(TensorError);
  expect(await layerNorm(gpu, gpu.tensor([1, 1, 1, 1])).y.read()).toEqual(new Float32Array(4));
});

gpuTest("without WebGPU the error says what is missing", async () => {
  await expect(Gpu.open({ gpu: { requestAdapter: async () => null } })).rejects.toBeInstanceOf(UnsupportedError);
  await expect(Gpu.open({ gpu: { requestAdapter: async () => null } })).rejects.toThrow("no adapter");
});

gpuTest("after a loss every call says so, and nothing hangs", async () => {
  const gpu = await Gpu.open();
  const norm = new LayerNorm(gpu, { shape: 4 });
  const x = gpu.tensor([1, 2, 3, 4], [1, 4]);
  const { y } = norm.forward(x);
  const pending = expect(y.read()).rejects.toBeInstanceOf(DeviceLostError);
  (gpu.device as GPUDevice).destroy();
  await pending;
  const info = await gpu.lost;
  expect(info.reason).toBe("destroyed");
  expect(gpu.isLost).toBe(true);
  for (const call of [
    () => norm.forward(x),
    () => gpu.tensor([1]),
    () => gpu.empty([1]),
    () => gpu.wrap(x.buffer, [1]),
    () => gpu.batch(() => 1),
    () => gpu.tidy(() => 1),
    () => x.write([1, 2, 3, 4]),
    () => new LayerNorm(gpu, { shape: 4 }),
    () => layerNorm(gpu, x),
  ]) {
    expect(call).toThrow(DeviceLostError);
  }
  await expect(y.read()).rejects.toBeInstanceOf(DeviceLostError);
  await expect(norm.prepare([2, 4])).rejects.toBeInstanceOf(DeviceLostError);
  x.destroy();
  gpu.destroy();
  gpu.destroy();
});

gpuTest("a destroyed Gpu leaves a borrowed device alone", async ({ gpu }) => {
  const other = Gpu.from(gpu.device);
  const x = other.tensor([1, 2, 3]);
  other.destroy();
  expect(() => other.empty([1])).toThrow("this Gpu was destroyed");
  await expect(x.read()).rejects.toBeInstanceOf(TensorError);
  expect(await gpu.tensor([1, 2, 3]).read()).toEqual(Float32Array.of(1, 2, 3));
});

function bare(gpu: Gpu): GPUBuffer {
  return (gpu.device as GPUDevice).createBuffer({ size: 64, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
}
