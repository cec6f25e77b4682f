import { expect } from "vitest";
import { Gpu, layerNorm, type Tensor } from "../../src/index.ts";
import { gpuTest } from "../gpu-test.ts";

const ROW = Float32Array.of(1, 2, 3, 4);

gpuTest("a read gives the values of the moment it was called, whatever follows", async ({ gpu }) => {
  const x = gpu.tensor(ROW);
  const beforeWrite = x.read();
  x.write([5, 6, 7, 8]);
  const beforeDestroy = x.read();
  x.destroy();
  expect(await beforeWrite).toEqual(ROW);
  expect(await beforeDestroy).toEqual(Float32Array.of(5, 6, 7, 8));
  await expect(x.read()).rejects.toThrow("was destroyed");
});

gpuTest("a read of an output, which the next call overwrites", async ({ gpu }) => {
  const out = layerNorm(gpu, gpu.tensor(ROW), { saved: false });
  const first = out.y.read();
  layerNorm(gpu, gpu.tensor([4, 4, 4, 4]), { saved: false, out });
  expect(await out.y.read()).toEqual(new Float32Array(4));
  expect((await first)[0]).toBeCloseTo(-1.3416, 3);
});

gpuTest("many reads of one tensor at once", async ({ gpu }) => {
  const x = gpu.tensor(ROW);
  const all = await Promise.all(Array.from({ length: 20 }, () => x.read()));
  for (const values of all) expect(values).toEqual(ROW);
  all[0]![0] = 9;
  expect(all[1], "each read has an array of its own").toEqual(ROW);
});

gpuTest("a read inside a tidy outlives the tensor", async ({ gpu }) => {
  let pending: Promise<Float32Array> | null = null;
  let inner: Tensor | null = null;
  gpu.tidy(() => {
    inner = gpu.tensor(ROW);
    pending = inner.read();
  });
  expect(inner!.destroyed).toBe(true);
  expect(await pending!).toEqual(ROW);
});

gpuTest("tidy keeps what it returns: a tensor, several, a result with its statistics, and the whole of which a part is returned", async ({ gpu }) => {
  const x = gpu.tensor(ROW, [1, 4]);
  const mean = gpu.tidy(() => layerNorm(gpu, x).saved!.mean!);
  expect(await mean.read()).toEqual(Float32Array.of(2.5));
  const [a, b] = gpu.tidy(() => [gpu.tensor([1]), gpu.tensor([2])]);
  expect([...(await a!.read()), ...(await b!.read())]).toEqual([1, 2]);
  const { y, saved } = gpu.tidy(() => layerNorm(gpu, x));
  expect(saved!.statistics.destroyed).toBe(false);
  expect(y.destroyed).toBe(false);
  const outer: Tensor[] = [];
  const kept = gpu.tidy(() => {
    outer.push(gpu.tensor([3]));
    return gpu.tidy(() => {
      outer.push(gpu.tensor([4]));
      return gpu.tensor([5]);
    });
  });
  expect(outer.map((tensor) => tensor.destroyed)).toEqual([true, true]);
  expect(await kept.read()).toEqual(Float32Array.of(5));
});

gpuTest("tidy destroys also when the function throws, and refuses a promise", async ({ gpu }) => {
  let lost: Tensor | null = null;
  expect(() =>
    gpu.tidy(() => {
      lost = gpu.tensor(ROW);
      throw new Error("mine");
    }),
  ).toThrow("mine");
  expect(lost!.destroyed).toBe(true);
  expect(() => gpu.tidy(async () => {})).toThrow("promise");
});

gpuTest("a part of a tensor is destroyed with it, and not the other way round", async ({ gpu }) => {
  const { saved } = layerNorm(gpu, gpu.tensor(ROW, [1, 4]));
  saved!.mean!.destroy();
  expect(saved!.rstd.destroyed).toBe(false);
  expect((await saved!.rstd.read())[0]).toBeCloseTo(1 / Math.sqrt(1.25 + 1e-5), 6);
  saved!.destroy();
  expect(saved!.rstd.destroyed).toBe(true);
  await expect(saved!.rstd.read()).rejects.toThrow("was destroyed");
});

gpuTest("empty tensors and single values", async ({ gpu }) => {
  const none = gpu.tensor([], [0, 3]);
  expect(none.size).toBe(0);
  expect(await none.read()).toEqual(new Float32Array(0));
  none.write([]);
  none.destroy();
  const one = gpu.tensor([7], []);
  expect(await one.read()).toEqual(Float32Array.of(7));
  expect(await gpu.empty([2, 2]).read()).toEqual(new Float32Array(4));
});

gpuTest("values come from any array of numbers, also from the middle of a buffer", async ({ gpu }) => {
  const middle = new Float32Array([0, 0, ...ROW, 0]).subarray(2, 6);
  for (const values of [ROW, middle, [...ROW], Float64Array.from(ROW), Int8Array.from(ROW)]) {
    expect(await gpu.tensor(values).read()).toEqual(ROW);
    const x = gpu.empty([4]);
    x.write(values);
    expect(await x.read()).toEqual(ROW);
  }
});

gpuTest("`using` frees the tensor at the end of its block", async ({ gpu }) => {
  let seen: Tensor;
  {
    using x = gpu.tensor(ROW);
    seen = x;
    expect(seen.destroyed).toBe(false);
  }
  expect(seen.destroyed).toBe(true);
});

gpuTest("a wrapped buffer is never destroyed, neither by its tensor nor by its Gpu", async ({ gpu }) => {
  const device = gpu.device as GPUDevice;
  const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  const other = Gpu.from(device);
  const x = other.wrap(buffer, [4]);
  x.write(ROW);
  x.destroy();
  other.destroy();
  expect(await gpu.wrap(buffer, [4]).read()).toEqual(ROW);
});
