import { expect } from "vitest";
import { BatchNorm, EstimatedBatchNorm, GroupNorm, LayerNorm, layerNorm, LocalResponseNorm, LpNorm, RMSNorm, type Gpu, type Tensor } from "../../src/index.ts";
import { batchNormForward, layerNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";

// What a layer remembers of its calls must never hide that something has changed.

const IMAGES = [4, 6, 5, 5];
const images = normal(600, 1, 3);

function repeated(
  gpu: Gpu,
  options: ConstructorParameters<typeof BatchNorm>[1] = { channels: 6 },
): { norm: BatchNorm; x: Tensor; call: () => Promise<Float32Array> } {
  const norm = new BatchNorm(gpu, options);
  const x = gpu.tensor(images, IMAGES);
  const out = norm.forward(x);
  const call = (): Promise<Float32Array> => norm.forward(x, { out }).y.read();
  return { norm, x, call };
}

gpuTest("a tensor that was destroyed after a good call is refused, whichever it is", async ({ gpu }) => {
  const make = (): { norm: LayerNorm; x: Tensor; dy: Tensor } => ({
    norm: new LayerNorm(gpu, { shape: 8 }),
    x: gpu.tensor(normal(32, 1), [4, 8]),
    dy: gpu.tensor(normal(32, 2), [4, 8]),
  });
  for (const name of ["x", "gamma", "beta", "out.y", "out.saved"] as const) {
    const { norm, x } = make();
    const out = norm.forward(x);
    for (let i = 0; i < 3; i++) norm.forward(x, { out });
    await out.y.read();
    norm.forward(x, { out });
    ({ x, gamma: norm.gamma!, beta: norm.beta!, "out.y": out.y, "out.saved": out.saved! })[name].destroy();
    expect(() => norm.forward(x, { out })).toThrow(`LayerNorm.forward: ${name} was destroyed`);
  }
  for (const name of ["dy", "gamma", "saved.x", "saved.statistics", "out.dx", "out.dbeta"] as const) {
    const { norm, x, dy } = make();
    const { saved } = norm.forward(x);
    const out = norm.backward(dy, saved);
    for (let i = 0; i < 3; i++) norm.backward(dy, saved, { out });
    await out.dx.read();
    norm.backward(dy, saved, { out });
    ({ dy, gamma: norm.gamma!, "saved.x": x, "saved.statistics": saved!, "out.dx": out.dx, "out.dbeta": out.dbeta! })[name].destroy();
    expect(() => norm.backward(dy, saved, { out })).toThrow(`LayerNorm.backward: ${name} was destroyed`);
  }
});

gpuTest("training is switched between calls with the same tensors", async ({ gpu }) => {
  const { norm, call } = repeated(gpu);
  const trained = await call();
  expect(await call()).toEqual(trained);
  norm.training = false;
  const [mean, variance] = [await norm.runningMean!.read(), await norm.runningVariance!.read()];
  const expected = batchNormForward({ data: images, shape: IMAGES }, { training: false, mean, variance }).y;
  for (let i = 0; i < 3; i++) expectWithin(await call(), expected);
  norm.training = true;
  for (let i = 0; i < 3; i++) expect(await call()).toEqual(trained);
  expect(norm.numBatchesTracked).toBe(6);
});

gpuTest("momentum null: each call has its own weight", async ({ gpu }) => {
  const { norm, x, call } = repeated(gpu, { channels: 6, momentum: null });
  const means = [await norm.runningMean!.read()];
  for (let i = 1; i < 4; i++) {
    const data = normal(600, i + 10, 3 + i);
    x.write(data);
    await call();
    means.push(batchNormForward({ data, shape: IMAGES }, { training: true }).mean as never);
  }
  expectWithin(
    await norm.runningMean!.read(),
    means[0]!.map((_, channel) => means.reduce((sum, mean) => sum + mean[channel]!, 0) / 4),
  );
});

gpuTest("a moving speed that is set between calls", async ({ gpu }) => {
  const norm = new EstimatedBatchNorm(gpu, { channels: 6, movingSpeed: 0 });
  const x = gpu.tensor(images, IMAGES);
  const out = norm.forward(x);
  for (let i = 0; i < 3; i++) norm.forward(x, { out });
  expect(await norm.runningMean.read()).toEqual(new Float32Array(6));
  norm.movingSpeed = 1;
  norm.forward(x, { out });
  expectWithin(await norm.runningMean.read(), batchNormForward({ data: images, shape: IMAGES }, { training: true }).mean!);
});

gpuTest("gamma, residual, sum, saved and dtype that differ from call to call", async ({ gpu }) => {
  const norm = new LayerNorm(gpu, { shape: 8 });
  const [data, added] = [normal(32, 1), normal(32, 2)];
  const [x, residual] = [gpu.tensor(data, [4, 8]), gpu.tensor(added, [4, 8])];
  const gamma = gpu.tensor(new Float32Array(8).fill(2));
  const of = (options: Parameters<typeof layerNormForward>[1]): Float64Array => layerNormForward({ data, shape: [4, 8] }, options).y;
  const out = { y: gpu.empty([4, 8]) };
  const two = { data: new Float32Array(8).fill(2), shape: [8] };
  const each = gpu.tensor(normal(32, 3), [4, 8]);
  for (let i = 0; i < 3; i++) {
    expectWithin(await norm.forward(x, { out }).y.read(), of({}));
    expectWithin(await norm.forward(x, { out, gamma }).y.read(), of({ gamma: two }));
    expectWithin(await norm.forward(x, { out, gamma: each }).y.read(), of({ gamma: { data: normal(32, 3), shape: [4, 8] } }));
    expectWithin(await norm.forward(x, { out, gamma: null, beta: null }).y.read(), of({}));
    expectWithin(await norm.forward(x, { out, residual }).y.read(), of({ residual: { data: added, shape: [4, 8] } }));
    expect(norm.forward(x, { out, residual, sum: true, saved: false }).sum).toBeDefined();
    expect(norm.forward(x, { out, residual, saved: false }).sum).toBeUndefined();
    expect(norm.forward(x, { out, saved: false }).saved).toBeUndefined();
    expect(norm.forward(x, { dtype: "f16", saved: false }).y.dtype).toBe("f16");
  }
});

gpuTest("what is refused stays refused after good calls with the same tensors", async ({ gpu }) => {
  const norm = new LayerNorm(gpu, { shape: 8 });
  const [x, dy] = [gpu.tensor(normal(32, 1), [4, 8]), gpu.tensor(normal(32, 2), [4, 8])];
  const out = norm.forward(x);
  const gradients = norm.backward(dy, out.saved);
  const others = [new LayerNorm(gpu, { shape: 8, eps: 1 }), new RMSNorm(gpu, { shape: 8 })].map((other) => other.forward(x, { out: { saved: out.saved! } }));
  const residual = gpu.tensor(normal(32, 3), [4, 8]);
  for (let i = 0; i < 3; i++) {
    norm.forward(x, { out });
    norm.backward(dy, out.saved, { out: gradients });
    norm.forward(x, { out, dtype: "f32" });
    expect(() => norm.forward(x, { out, dtype: "f64" as never })).toThrow("dtype is f64");
    expect(() => norm.forward(x, { out, dtype: ["f32"] as never })).toThrow("dtype is f32; wanted");
    expect(() => norm.forward(x, { out, dtype: "f16" })).toThrow("dtype is f16; out.y is f32");
    expect(() => norm.forward(x, { out, sum: true })).toThrow("sum is true; it needs a residual");
    expect(() => norm.forward(x, { out, sum: 1 as never })).toThrow("sum is true; it needs a residual");
    expect(() => norm.forward(x, { out: { y: out.y, saved: { statistics: out.saved!.statistics } as never } })).toThrow("wanted what a forward call saved");
    expect(() => norm.forward(x, { out: { y: x } })).toThrow("lie in the same GPUBuffer");
    for (const other of others)
      expect(() => norm.backward(dy, other.saved, { out: gradients }), "the same statistics tensor").toThrow("saved comes from another");
    expect(norm.forward(x, { residual, sum: true, saved: false }).sum).toBeDefined();
    expect(norm.forward(x, { residual, sum: "true" as never, saved: false }).sum, "as true as any other word").toBeUndefined();
    expect(() => norm.backward(dy, out.saved, { out: { dx: gradients.dx }, accumulate: true })).toThrow("out.dgamma is missing");
    expect(() => norm.backward(dy, out.saved, { out: gradients, gamma: null })).toThrow("gamma is absent");
    expect(() => norm.backward(dy, out.saved, { out: { ...gradients, dresidual: dy } })).toThrow("out.dresidual must be out.dx");
    expect(norm.backward(dy, out.saved, { out: gradients, wants: { dgamma: false } }).dgamma).toBeUndefined();
    expect(norm.backward(dy, out.saved, { out: gradients, wants: { dgamma: 0 as never } }).dgamma).toBeUndefined();
  }
  x.destroy();
  expect(() => norm.forward(x, { out })).toThrow("x was destroyed");
});

gpuTest("scratch memory that has grown between two calls with the same tensors", async ({ gpu: { device, capabilities } }) => {
  const { Gpu: Own } = await import("../../src/index.ts");
  const gpu = Own.from(device);
  const { norm, call } = repeated(gpu);
  expect(norm.plan(IMAGES).dispatches.length, String(capabilities.adapterClass)).toBeGreaterThan(1);
  const expected = await call();
  await call();
  for (const size of [64, 1024, 16_384]) {
    new BatchNorm(gpu, { channels: size }).forward(gpu.tensor(normal(size * 4, 5), [4, size]));
    expect(await call()).toEqual(expected);
    expect(await call()).toEqual(expected);
  }
  gpu.destroy();
  expect(() => norm.forward(norm.gamma!)).toThrow("this Gpu was destroyed");
});

/** Teams that use subgroups, as pipelines are labelled. */
const TEAMS = /subgroup|cluster/;

/** Labels of the pipelines that `work` sets. */
function pipelinesOf(work: () => void): string[] {
  const labels: string[] = [];
  const original = GPUComputePassEncoder.prototype.setPipeline;
  GPUComputePassEncoder.prototype.setPipeline = function (pipeline) {
    labels.push(pipeline.label);
    return original.call(this, pipeline);
  };
  try {
    work();
  } finally {
    GPUComputePassEncoder.prototype.setPipeline = original;
  }
  return labels;
}

gpuTest(
  "a verdict on subgroups between two calls with the same tensors: the second has the plan that it allows",
  async ({ gpu }) => {
    const norm = new LayerNorm(gpu, { shape: 768 });
    const x = gpu.tensor(normal(4096 * 768, 1), [4096, 768]);
    const out = norm.forward(x);
    norm.forward(x, { out });
    const call = (): unknown => norm.forward(x, { out });
    const before = await out.y.read();
    expect(pipelinesOf(call).join()).not.toMatch(TEAMS);
    await gpu.plans.settled();
    expect(pipelinesOf(call).join()).toMatch(TEAMS);
    expectWithin(await out.y.read(), before);
  },
  { adapterClass: "discrete", subgroups: true, subgroupTest: "untested" },
);

gpuTest("a layer's options cannot be changed under it, nor through what it was made with", async ({ gpu }) => {
  const axes = [1, 2];
  const given = { shape: [3, 4], axes };
  const norm = new LayerNorm(gpu, given);
  const x = gpu.tensor(normal(24, 1), [2, 3, 4]);
  const expected = await norm.forward(x).y.read();
  axes.reverse();
  Object.assign(given, { eps: 100, axes: [0] });
  expect(await norm.forward(x).y.read()).toEqual(expected);
  expect(() => Object.assign(norm.options, { eps: 100 })).toThrow(TypeError);
  expect(() => (new GroupNorm(gpu, { groups: 2, channels: 4 }).options as { groups: number }).groups++).toThrow(TypeError);
  expect(() => (new LocalResponseNorm(gpu, { size: 3 }).options as { size: number }).size++).toThrow(TypeError);
  const first = [0];
  const divided = new LpNorm(gpu, { axes: first });
  const before = await divided.forward(x).y.read();
  first[0] = 1;
  expect(await divided.forward(x).y.read()).toEqual(before);
});

gpuTest("an earlier result is given back as it is where it says the same, and anew where x is another", async ({ gpu }) => {
  const [a, b] = [gpu.tensor(normal(32, 1), [4, 8]), gpu.tensor(normal(32, 2), [4, 8])];
  const norm = new LayerNorm(gpu, { shape: 8 });
  const out = norm.forward(a);
  expect(norm.forward(a, { out }).saved).toBe(out.saved);
  const other = norm.forward(b, { out }).saved!;
  expect(other.x).toBe(b);
  expect(other.statistics).toBe(out.saved!.statistics);
  expect(layerNorm(gpu, a, { out }).saved, "without gamma").not.toBe(out.saved);
});

gpuTest("options of a function that change between calls with the same tensors", async ({ gpu }) => {
  const data = normal(32, 1, 3);
  const x = gpu.tensor(data, [4, 8]);
  const given = { data, shape: [4, 8] };
  for (const options of [{}, { eps: 1 }, { axes: [0] }, { axes: [0, 1] }, { eps: 1 }, {}]) {
    for (let i = 0; i < 2; i++) {
      const { y, saved } = layerNorm(gpu, x, options);
      expectWithin(await y.read(), layerNormForward(given, options).y);
      expectWithin(await saved!.variance.read(), layerNormForward(given, options).variance);
    }
  }
  expectWithin(
    await layerNorm(gpu, x, { activation: "relu" }).y.read(),
    layerNormForward(given, {}).y.map((value) => Math.max(0, value)),
  );
  expectWithin(await layerNorm(gpu, x, { center: false }).y.read(), layerNormForward(given, { center: false }).y);
  for (const eps of [Number.NaN, -1]) expect(() => layerNorm(gpu, x, { eps })).toThrow("layerNorm: eps is");
  expect(() => layerNorm(gpu, x, { activation: "swish" as never })).toThrow("layerNorm: activation is swish");
});
