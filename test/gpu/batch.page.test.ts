import { expect } from "vitest";
import { Gpu, LayerNorm, layerNorm, type Tensor } from "../../src/index.ts";
import { normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";
import { countCalls } from "./spy.ts";

const ROW = Float32Array.of(1, 2, 3, 4);

function normalized(gpu: Gpu, x: Tensor): Tensor {
  return layerNorm(gpu, x, { saved: false }).y;
}

gpuTest("tensors destroyed inside a batch live until its submit", async ({ gpu }) => {
  const x = gpu.tensor(ROW);
  const expected = await normalized(gpu, normalized(gpu, x)).read();
  let last: Tensor | null = null;
  const counts = countCalls(gpu, () => {
    gpu.batch(() => {
      const middle = normalized(gpu, x);
      last = normalized(gpu, middle);
      middle.destroy();
      expect(middle.destroyed).toBe(true);
      gpu.tidy(() => {
        normalized(gpu, x);
      });
    });
  });
  expect(counts["submit"]).toBe(1);
  expect(await last!.read()).toEqual(expected);
});

gpuTest("an inner batch joins the outer one", async ({ gpu }) => {
  const x = gpu.tensor(ROW);
  const counts = countCalls(gpu, () => {
    gpu.batch(() => {
      normalized(gpu, x);
      gpu.batch(() => normalized(gpu, x));
      normalized(gpu, x);
    });
  });
  expect(counts["submit"]).toBe(1);
});

gpuTest("an empty batch submits nothing and gives what its function gives", async ({ gpu }) => {
  const counts = countCalls(gpu, () => {
    expect(gpu.batch(() => 7)).toBe(7);
  });
  expect(counts["submit"]).toBeUndefined();
});

gpuTest("an error inside a batch: what it recorded is not run, what comes later is", async ({ gpu }) => {
  const x = gpu.tensor(ROW);
  const expected = await normalized(gpu, x).read();
  let abandoned: Tensor | null = null;
  expect(() =>
    gpu.batch(() => {
      abandoned = normalized(gpu, x);
      normalized(gpu, abandoned).destroy();
      layerNorm(gpu, x, { eps: -1 });
    }),
  ).toThrow("eps is -1");
  expect(await abandoned!.read()).toEqual(new Float32Array(4));
  expect(await normalized(gpu, x).read()).toEqual(expected);
});

gpuTest("writes inside a batch come between the calls", async ({ gpu }) => {
  const x = gpu.tensor(ROW);
  const ys: Tensor[] = [];
  gpu.batch(() => {
    ys.push(normalized(gpu, x));
    x.write([4, 3, 2, 1]);
    ys.push(normalized(gpu, x));
  });
  const [first, second] = await Promise.all(ys.map((y) => y.read()));
  expect([...first!].map((value) => -value)).toEqual([...second!]);
  expect(first![3]).toBeGreaterThan(1);
});

gpuTest("scratch memory that grows in the middle of a batch", async ({ gpu: { device } }) => {
  // Fresh Gpus have no scratch memory yet.
  const [single, batched] = [Gpu.from(device), Gpu.from(device)];
  const axes = [0, 2];
  const shapes = [2, 8, 32, 128].map((extent) => [4, 3, extent, 2]);
  const data = shapes.map((shape, i) => normal(24 * shape[2]!, i));
  const sizes = shapes.map((shape) =>
    Object.values(new LayerNorm(single, { axes, shape: [4, shape[2]!], affine: false }).plan(shape).scratch).reduce((sum, bytes) => sum + bytes, 0),
  );
  expect(sizes[0]).toBeGreaterThan(0);
  expect(sizes.toSorted((a, b) => a - b)).toEqual(sizes);
  const forward = (gpu: Gpu, i: number): Tensor => layerNorm(gpu, gpu.tensor(data[i]!, shapes[i]!), { axes, saved: false }).y;
  const together = batched.batch(() => shapes.map((_, i) => forward(batched, i)));
  for (const [i, y] of together.entries()) expect(await y.read()).toEqual(await forward(single, i).read());
  single.destroy();
  batched.destroy();
});
