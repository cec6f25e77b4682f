import { expect } from "vitest";
import { GroupNorm, InstanceNorm, LayerNorm, layerNorm, RMSNorm } from "../../src/index.ts";
import { groupNormForward, layerNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { countCalls } from "../gpu/spy.ts";
import { gpuTest } from "../gpu-test.ts";

gpuTest("a repeated call whose out names every output makes no GPU object and submits once", async ({ gpu }) => {
  const norm = new GroupNorm(gpu, { groups: 4, channels: 8, activation: "silu" });
  const x = gpu.tensor(normal(2 * 8 * 36, 1), [2, 8, 6, 6]);
  const residual = gpu.tensor(normal(2 * 8 * 36, 2), [2, 8, 6, 6]);
  const out = norm.forward(x, { residual });
  norm.forward(x, { residual, out });
  // What was new is watched by error scopes until its first result has been seen.
  await out.y.read();
  const counts = countCalls(gpu, () => {
    for (let i = 0; i < 10; i++) norm.forward(x, { residual, out });
  });
  expect(counts).toEqual({ submit: 10 });
});

gpuTest("2000 calls leave as many buffers as they made", async ({ gpu }) => {
  const norm = new LayerNorm(gpu, { shape: 64 });
  const x = gpu.tensor(normal(640, 1), [10, 64]);
  let alive = 0;
  const create = GPUDevice.prototype.createBuffer;
  const destroy = GPUBuffer.prototype.destroy;
  GPUDevice.prototype.createBuffer = function (...args) {
    alive++;
    return create.apply(this, args);
  };
  GPUBuffer.prototype.destroy = function () {
    alive--;
    return destroy.apply(this);
  };
  try {
    const marks: number[] = [];
    for (let i = 0; i < 2000; i++) {
      gpu.tidy(() => {
        norm.forward(x);
      });
      if (i === 199 || i === 1999) marks.push(alive);
    }
    expect(marks[1]).toBe(marks[0]);
  } finally {
    GPUDevice.prototype.createBuffer = create;
    GPUBuffer.prototype.destroy = destroy;
  }
});

gpuTest("gpu.batch: 53 norms in one pass and one submit, with a read inside coming after what it reads", async ({ gpu }) => {
  const norm = new LayerNorm(gpu, { shape: 64 });
  const x = gpu.tensor(normal(640, 1), [10, 64]);
  const counts = countCalls(gpu, () => {
    gpu.batch(() => {
      let y = x;
      for (let i = 0; i < 53; i++) y = norm.forward(y, { saved: false }).y;
    });
  });
  expect(counts["submit"]).toBe(1);
  let read: Promise<Float32Array> | null = null;
  gpu.batch(() => {
    read = norm.forward(x).y.read();
  });
  expectWithin(await read!, layerNormForward({ data: normal(640, 1), shape: [10, 64] }).y);
  expect(() => gpu.batch(async () => {})).toThrow("promise");
  expect(() =>
    gpu.batch(() => {
      throw new Error("mine");
    }),
  ).toThrow("mine");
  expectWithin(await norm.forward(x).y.read(), layerNormForward({ data: normal(640, 1), shape: [10, 64] }).y);
});

gpuTest("the caller's encoder and the caller's pass", async ({ gpu }) => {
  const device = gpu.device as GPUDevice;
  const x = gpu.tensor(normal(640, 1), [10, 64]);
  const expected = layerNormForward({ data: normal(640, 1), shape: [10, 64] }).y;
  const encoder = device.createCommandEncoder();
  const first = layerNorm(gpu, x, { encoder });
  const pass = encoder.beginComputePass();
  const second = layerNorm(gpu, x, { pass });
  pass.end();
  expect(await first.y.read(), "nothing ran yet").toEqual(new Float32Array(640));
  device.queue.submit([encoder.finish()]);
  expectWithin(await first.y.read(), expected);
  expectWithin(await second.y.read(), expected);
});

gpuTest("out is written again; saved: false keeps nothing", async ({ gpu }) => {
  const a = gpu.tensor(normal(640, 1), [10, 64]);
  const b = gpu.tensor(normal(640, 2, 5), [10, 64]);
  const first = layerNorm(gpu, a);
  const second = layerNorm(gpu, b, { out: first });
  expect(second.y).toBe(first.y);
  expect(second.saved!.x).toBe(b);
  expectWithin(await second.y.read(), layerNormForward({ data: normal(640, 2, 5), shape: [10, 64] }).y);
  expectWithin(await second.saved!.mean!.read(), layerNormForward({ data: normal(640, 2, 5), shape: [10, 64] }).mean);
  expect(layerNorm(gpu, a, { saved: false }).saved).toBeUndefined();
});

gpuTest("prepare compiles before the first call, and plan says what will run", async ({ gpu }) => {
  const norm = new InstanceNorm(gpu, { channels: 3, affine: true });
  await norm.prepare([2, 3, 11, 13]);
  const counts = countCalls(gpu, () => {
    norm.forward(gpu.empty([2, 3, 11, 13]));
  });
  expect(counts["createComputePipeline"]).toBeUndefined();
  expect(counts["createShaderModule"]).toBeUndefined();
  const plan = norm.plan([2, 3, 11, 13]);
  expect(plan.dispatches.length).toBeGreaterThan(0);
  expect(plan.bytesMoved).toBe(2 * 2 * 3 * 11 * 13 * 4);
});

gpuTest("64 calls at once, two layers on one device, give what they give one by one", async ({ gpu }) => {
  const norms = [new LayerNorm(gpu, { shape: 64 }), new RMSNorm(gpu, { shape: 64 })];
  const x = gpu.tensor(normal(640, 1), [10, 64]);
  const alone = await Promise.all(norms.map((norm) => norm.forward(x).y.read()));
  const together = await Promise.all(Array.from({ length: 64 }, (_, i) => norms[i % 2]!.forward(x).y.read()));
  together.forEach((values, i) => expect(values).toEqual(alone[i % 2]));
});

gpuTest("wrapped buffers at any offset, as input and as output", async ({ gpu }) => {
  const device = gpu.device as GPUDevice;
  const shape = [3, 4, 5, 8];
  const data = normal(480, 1);
  const expected = groupNormForward({ data, shape }, { groups: 2 }).y;
  for (const offset of [4, 16, 256, 1028]) {
    const [input, output] = [0, 1].map(() =>
      device.createBuffer({ size: 4096, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC }),
    );
    const x = gpu.wrap(input!, shape, { offset });
    x.write(data);
    const y = gpu.wrap(output!, shape, { offset: 1284 - offset });
    const norm = new GroupNorm(gpu, { groups: 2, channels: 4 });
    expectWithin(await norm.forward(x, { out: { y } }).y.read(), expected);
    x.destroy();
    expect(() => norm.forward(x)).toThrow("destroyed");
    expectWithin(await gpu.wrap(input!, shape, { offset }).read(), data, "the buffer is still there");
  }
});

gpuTest("the same plan gives the same bits", async ({ gpu }) => {
  const x = gpu.tensor(normal(8 * 16 * 900, 1), [8, 16, 30, 30]);
  const norm = new GroupNorm(gpu, { groups: 4, channels: 16 });
  const first = await norm.forward(x).y.read();
  for (let i = 0; i < 5; i++) expect(await norm.forward(x).y.read()).toEqual(first);
});
