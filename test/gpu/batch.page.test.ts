import { expect } from "vitest";
import { layerNorm, type Gpu, type Tensor } from "../../src/index.ts";
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

gpuTest("scratch memory that grows in the middle of a batch", async ({ gpu }) => {
  const rows = Array.from({ length: 4 }, (_, i) => gpu.tensor(Float32Array.from({ length: 32 * 4 ** i }, (_value, k) => k % 7), [4, 2 * 4 ** i, 4]));
  // A transposed residual has to be copied into row order first.
  const forward = (x: Tensor): Tensor => layerNorm(gpu, x, { axes: [0], saved: false }).y;
  const alone: Float32Array[] = [];
  for (const x of rows) alone.push(await forward(x).read());
  const together = gpu.batch(() => rows.map(forward));
  for (const [i, y] of together.entries()) expect(await y.read()).toEqual(alone[i]);
});
