import { describe, expect } from "vitest";
import { sizeOf, type Shape } from "../../src/core/shape.ts";
import { LpNorm, lpNorm, lpNormBackward, WeightNorm, weightNorm, weightNormBackward, type Gpu, type WeightNormGradients } from "../../src/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { countCalls } from "../gpu/spy.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const SHAPE: Shape = [8, 3, 5, 5];
const COUNT = 600;

function layer(gpu: Gpu): { norm: WeightNorm; dw: ReturnType<Gpu["tensor"]> } {
  return { norm: WeightNorm.from(gpu, gpu.tensor(normal(COUNT, 1, 0, 0.1), SHAPE)), dw: gpu.tensor(normal(COUNT, 2), SHAPE) };
}

gpuTest("a layer starts as the weight that it is made from, whatever becomes of that weight", async ({ gpu }) => {
  for (const [dim, shape] of [
    [0, [8, 1, 1, 1]],
    [-1, [1, 1, 1, 5]],
    [null, []],
  ] as const) {
    const weight = gpu.tensor(normal(COUNT, 1, 0, 0.1), SHAPE);
    const norm = WeightNorm.from(gpu, weight, { dim });
    weight.destroy();
    expect(norm.g.shape).toEqual(shape);
    expect(await norm.v.read()).toEqual(normal(COUNT, 1, 0, 0.1));
    const { w, saved } = norm.forward();
    expectWithin(await w.read(), normal(COUNT, 1, 0, 0.1), "w");
    expect(await saved!.norm.read()).toEqual(await norm.g.read());
    norm.destroy();
    norm.destroy();
  }
});

gpuTest("a layer without a weight starts at zero, and zero norms give zeros", async ({ gpu }) => {
  const norm = new WeightNorm(gpu, { shape: [4, 6] });
  expect(Object.fromEntries(Object.entries(norm.parameters()).map(([name, { shape }]) => [name, shape]))).toEqual({ g: [4, 1], v: [4, 6] });
  norm.g.write([1, 2, 3, 4]);
  const { w, saved } = norm.forward();
  const { dv, dg } = norm.backward(gpu.tensor(normal(24, 1), [4, 6]), saved!);
  for (const values of [w, dv, dg!]) expect((await values.read()).every((value) => value === 0)).toBe(true);
});

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const [shape, dim] of [
    [[8, 3, 5, 5], 0],
    [[3, 3, 20, 64], 3],
    [[900, 6], 1],
    [[5, 20000], 0],
    [[6, 7, 40], 1],
  ] as const) {
    gpuTest(
      `weight norm of [${shape.join(", ")}], dim ${dim}: dv is orthogonal to v; gradients add up where they are asked to`,
      async ({ gpu }) => {
        const [v, dw] = [normal(sizeOf(shape), 1, 0.2), normal(sizeOf(shape), 2, 1)];
        const { saved } = weightNorm(gpu, gpu.tensor(v, shape), { g: gpu.tensor(normal(shape[dim]!, 3, 1)), dim });
        const upstream = gpu.tensor(dw, shape);
        const out = weightNormBackward(gpu, upstream, saved!);
        const [dv, dg] = [await out.dv.read(), await out.dg!.read()];
        let along = 0;
        let size = 0;
        v.forEach((value, i) => {
          along += value * dv[i]!;
          size += Math.abs(value * dv[i]!);
        });
        expect(Math.abs(along) / size).toBeLessThan(1e-6);
        weightNormBackward(gpu, upstream, saved!, { out, accumulate: true });
        expectWithin(
          await out.dv.read(),
          dv.map((value) => 2 * value),
          "dv twice",
        );
        expectWithin(
          await out.dg!.read(),
          dg.map((value) => 2 * value),
          "dg twice",
        );
        weightNormBackward(gpu, upstream, saved!, { out });
        expect(await out.dv.read()).toEqual(dv);
        expect(await out.dg!.read()).toEqual(dg);
      },
      planAs,
    );
  }
});

gpuTest("repeated calls whose out names every output make no GPU object", async ({ gpu }) => {
  const { norm, dw } = layer(gpu);
  const out = norm.forward();
  const gradients: WeightNormGradients = norm.backward(dw, out.saved!);
  await gradients.dv.read();
  const step = (): void => {
    const { saved } = norm.forward({ out });
    norm.backward(dw, saved!, { out: gradients, accumulate: true });
  };
  step();
  await gradients.dv.read();
  const counts = countCalls(gpu, () => {
    for (let i = 0; i < 10; i++) step();
  });
  expect(counts).toEqual({ submit: 20 });
  expect(norm.forward({ saved: false }).saved).toBeUndefined();
});

gpuTest("prepare compiles both directions", async ({ gpu }) => {
  const { norm, dw } = layer(gpu);
  const lp = new LpNorm(gpu, { p: 7, axes: [1] });
  await Promise.all([norm.prepare(), lp.prepare([2, 30, 4])]);
  const counts = countCalls(gpu, () => {
    norm.backward(dw, norm.forward().saved!);
    lp.backward(gpu.empty([2, 30, 4]), lp.forward(gpu.empty([2, 30, 4])).saved!);
  });
  expect(counts["createComputePipeline"]).toBeUndefined();
  expect(norm.plan().dispatches.map(({ kernel }) => kernel)).toEqual(["p-norm-row"]);
  expect(lp.plan([2, 30], "backward").bytesMoved).toBe(2 * 30 * 4 * 3);
});

gpuTest("the caller's encoder and pass, and a batch", async ({ gpu }) => {
  const device = gpu.device as GPUDevice;
  const { norm, dw } = layer(gpu);
  const forward = norm.forward();
  const alone = await norm.backward(dw, forward.saved!).dv.read();
  const encoder = device.createCommandEncoder();
  const first = norm.forward({ encoder });
  const pass = encoder.beginComputePass();
  const { dv } = norm.backward(dw, first.saved!, { pass });
  pass.end();
  expect(await dv.read(), "nothing ran yet").toEqual(new Float32Array(COUNT));
  device.queue.submit([encoder.finish()]);
  expect(await dv.read()).toEqual(alone);
  let batched!: WeightNormGradients;
  const counts = countCalls(gpu, () => {
    gpu.batch(() => {
      batched = norm.backward(dw, WeightNorm.from(gpu, norm.v).forward().saved!);
    });
  });
  expect(counts["submit"]).toBe(1);
  expectWithin(await batched.dv.read(), alone);
});

gpuTest("wrapped buffers at any offset", async ({ gpu }) => {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const place = (offset: number): ReturnType<Gpu["wrap"]> => gpu.wrap((gpu.device as GPUDevice).createBuffer({ size: 8192, usage }), [10, 64], { offset });
  const [x, dy] = [normal(640, 1), normal(640, 2)];
  const plain = lpNorm(gpu, gpu.tensor(x, [10, 64]));
  const wanted = [await plain.y.read(), await lpNormBackward(gpu, gpu.tensor(dy, [10, 64]), plain.saved!).dx.read()];
  for (const offset of [4, 16, 256, 1028]) {
    const [a, b, y, dx] = [place(offset), place(offset + 8), place(1284 - offset), place(offset)];
    a.write(x);
    b.write(dy);
    const { saved } = lpNorm(gpu, a, { out: { y } });
    lpNormBackward(gpu, b, saved!, { out: { dx } });
    expectWithin(await y.read(), wanted[0]!, "y");
    expectWithin(await dx.read(), wanted[1]!, "dx");
  }
});
