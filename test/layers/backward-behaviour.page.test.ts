import { PLANES, ROW_GRADIENTS } from "../../src/plan/walks.ts";
import { describe, expect } from "vitest";
import { BatchNorm, GroupNorm, LayerNorm, layerNorm, layerNormBackward, type BackwardResult } from "../../src/index.ts";
import { runBackward } from "../../src/layers/backward.ts";
import { runForward } from "../../src/layers/forward.ts";
import { layerNormSpec } from "../../src/layers/layer-norm.ts";
import { layerNormBackward as layerNormGradients, weightStandardizationBackward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { countCalls } from "../gpu/spy.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { array, arraysOf, backwardOnGpu, expectedGradients } from "./backward-calls.ts";
import type { ForwardCase } from "./forward-cases.ts";

const shape = [2, 8, 6, 6];
const data = normal(576, 1, 1);
const upstream = normal(576, 2, 0.5);

gpuTest("a repeated call whose out names every output makes no GPU object and submits once", async ({ gpu }) => {
  const norm = new GroupNorm(gpu, { groups: 4, channels: 8, activation: "silu" });
  const [x, dy, residual] = [gpu.tensor(data, shape), gpu.tensor(upstream, shape), gpu.tensor(normal(6, 3), [6])];
  const { saved } = norm.forward(x, { residual, residualBias: gpu.tensor(normal(8, 4)) });
  const out = norm.backward(dy, saved!);
  norm.backward(dy, saved!, { out });
  await out.dx.read();
  const counts = countCalls(gpu, () => {
    for (let i = 0; i < 10; i++) norm.backward(dy, saved!, { out });
  });
  expect(counts).toEqual({ submit: 10 });
  expect(Object.keys(out).toSorted()).toEqual(["dbeta", "dgamma", "dresidual", "dresidualBias", "dx"]);
});

gpuTest("prepareBackward compiles before the first call", async ({ gpu }) => {
  const norm = new GroupNorm(gpu, { groups: 2, channels: 6, activation: "tanh" });
  await norm.prepare([3, 6, 11]);
  await norm.prepareBackward([3, 6, 11]);
  const counts = countCalls(gpu, () => {
    norm.backward(gpu.empty([3, 6, 11]), norm.forward(gpu.empty([3, 6, 11])).saved!);
  });
  expect(counts["createComputePipeline"]).toBeUndefined();
});

const ACCUMULATED: readonly ForwardCase[] = [
  { why: "written by the walk itself", layer: "layer", shape: [3, 400], gamma: [400], beta: [400] },
  { why: "merged", layer: "batch", shape: [3, 5, 40], gamma: [5], beta: [5], residualBias: [40], options: { training: true } },
  { why: "in two stages", layer: "layer", shape: [3000, 20], gamma: [1], beta: [20] },
  { why: "nothing to add: the sum cancels", layer: "batch", shape: [3, 5, 40], residualBias: [5], options: { training: true } },
];
for (const testCase of ACCUMULATED) {
  gpuTest(`accumulate adds to what stands there: ${testCase.layer}, ${testCase.why}`, async ({ gpu }) => {
    const arrays = arraysOf(testCase);
    const wanted = expectedGradients(testCase, arrays);
    const first = backwardOnGpu(gpu, testCase, arrays);
    const out = backwardOnGpu(gpu, testCase, arrays, { out: first, accumulate: true });
    for (const [name, values] of Object.entries(wanted)) {
      const twice = Float64Array.from(values, (value) => value * (name === "dx" ? 1 : 2));
      expectWithin(await out[name as keyof BackwardResult]!.read(), twice, name);
    }
  });
}

gpuTest("dsum is added to dx and to what is made of dx; wants leaves out", async ({ gpu }) => {
  const testCase: ForwardCase = { why: "", layer: "batch", shape: [3, 5, 40], gamma: [5], residual: [40], residualBias: [5], options: { training: true } };
  const arrays = arraysOf(testCase);
  const extra = normal(600, 9);
  const wanted = expectedGradients(testCase, arrays);
  const { dx, dresidual, dresidualBias, dgamma } = backwardOnGpu(gpu, testCase, arrays, { dsum: gpu.tensor(extra, [3, 5, 40]), wants: { dgamma: false } });
  expect(dgamma).toBeUndefined();
  expectWithin(
    await dx.read(),
    extra.map((value, i) => value + wanted.dx![i]!),
    "dx",
  );
  const summed = (length: number, place: (i: number) => number, start: ArrayLike<number>): Float64Array => {
    const sums = Float64Array.from(start);
    extra.forEach((value, i) => (sums[place(i)]! += value));
    expect(sums.length).toBe(length);
    return sums;
  };
  expectWithin(
    await dresidual!.read(),
    summed(40, (i) => i % 40, wanted.dresidual!),
    "dresidual",
  );
  expectWithin(
    await dresidualBias!.read(),
    summed(5, (i) => Math.floor(i / 40) % 5, wanted.dresidualBias!),
    "dresidualBias",
  );
});

gpuTest("gradients of what was added to x: sums that cancel keep their digits", async ({ gpu }) => {
  const testCase: ForwardCase = {
    why: "",
    layer: "group",
    shape: [3, 7, 3, 2, 16],
    gamma: [3, 7, 1, 1, 1],
    residual: [3, 2, 1],
    options: { groups: 4, layout: "nhwc" },
  };
  for (let seed = 1; seed <= 8; seed++) {
    const { parameters, x } = arraysOf(testCase);
    const arrays = { x, parameters, dy: array(testCase.shape, seed, 0.3) };
    const { dx, dresidual } = backwardOnGpu(gpu, testCase, arrays);
    expectWithin(await dresidual!.read(), expectedGradients(testCase, arrays).dresidual!, "dresidual");
    dx.destroy();
  }
});

gpuTest("dbeta of a million values of dy that cancel keeps its digits", async ({ gpu }) => {
  for (const seed of [6, 7, 8]) {
    const testCase: ForwardCase = { why: "", layer: "batch", shape: [48, 1, 128, 160], gamma: [1], beta: [1], options: { training: true } };
    const arrays = { ...arraysOf(testCase), dy: array(testCase.shape, seed) };
    const { dbeta } = backwardOnGpu(gpu, testCase, arrays);
    expectWithin(await dbeta!.read(), expectedGradients(testCase, arrays).dbeta!, "dbeta");
  }
});

gpuTest("a residual of x's shape has dx itself as its gradient", async ({ gpu }) => {
  const testCase: ForwardCase = { why: "", layer: "layer", shape: [5, 12], residual: [5, 12] };
  const { dx, dresidual } = backwardOnGpu(gpu, testCase, arraysOf(testCase));
  expect(dresidual).toBe(dx);
});

gpuTest("an x without values: gradients of parameters are zeros", async ({ gpu }) => {
  const norm = new BatchNorm(gpu, { channels: 5 });
  const { saved } = norm.forward(gpu.empty([0, 5, 4]));
  const garbage = { dgamma: gpu.tensor(new Float32Array(5).fill(7)), dbeta: gpu.tensor(new Float32Array(5).fill(7)) };
  const { dx, dgamma, dbeta } = norm.backward(gpu.empty([0, 5, 4]), saved!, { out: garbage });
  expect(dx.shape).toEqual([0, 5, 4]);
  expect(await dgamma!.read()).toEqual(new Float32Array(5));
  expect(await dbeta!.read()).toEqual(new Float32Array(5));
});

gpuTest("encoder, pass and batch", async ({ gpu }) => {
  const device = gpu.device as GPUDevice;
  const norm = new LayerNorm(gpu, { shape: 6 });
  const [x, dy] = [gpu.tensor(data, shape), gpu.tensor(upstream, shape)];
  const { saved } = norm.forward(x);
  const alone = await norm.backward(dy, saved!).dx.read();
  const encoder = device.createCommandEncoder();
  const first = norm.backward(dy, saved!, { encoder });
  const pass = encoder.beginComputePass();
  const second = norm.backward(dy, saved!, { pass });
  pass.end();
  device.queue.submit([encoder.finish()]);
  expect(await first.dx.read()).toEqual(alone);
  expect(await second.dx.read()).toEqual(alone);
  const third = gpu.batch(() => norm.backward(dy, norm.forward(x).saved!));
  expect(await third.dx.read()).toEqual(alone);
});

gpuTest("eval mode of a layer: statistics are those of the forward call, whatever the mode and the running statistics are now", async ({ gpu }) => {
  const norm = new BatchNorm(gpu, { channels: 8 });
  const [x, dy] = [gpu.tensor(data, shape), gpu.tensor(upstream, shape)];
  norm.training = false;
  const { saved } = norm.forward(x);
  norm.training = true;
  norm.forward(x);
  const { dx, dmean } = norm.backward(dy, saved!);
  expect(dmean).toBeUndefined();
  expectWithin(
    await dx.read(),
    upstream.map((value) => value / Math.sqrt(1 + 1e-5)),
    "dx",
  );
  const asked = norm.backward(dy, saved!, { wants: { dmean: true, dvariance: true } });
  expect([asked.dmean!.shape, asked.dvariance!.shape]).toEqual([[8], [8]]);
});

gpuTest("f16: dx is f16 and past 65504 infinite; gradients of parameters are f32", async ({ gpu }) => {
  const x = gpu.tensor(normal(96, 1), [4, 24], { dtype: "f16" });
  const dy = gpu.tensor(
    normal(96, 2).map((value, i) => (i === 7 ? 60000 : value)),
    [4, 24],
    { dtype: "f16" },
  );
  const gamma = gpu.tensor(new Float32Array(24).fill(4));
  const { dx, dgamma } = layerNormBackward(gpu, dy, layerNorm(gpu, x, { gamma }).saved!, { gamma });
  expect([dx.dtype, dgamma!.dtype]).toEqual(["f16", "f32"]);
  expect((await dx.read())[7]).toBe(Infinity);
});

gpuTest("wrong calls are refused before any GPU work", async ({ gpu }) => {
  const norm = new LayerNorm(gpu, { shape: 12 });
  const x = gpu.tensor(normal(60, 1), [5, 12]);
  const saved = norm.forward(x).saved!;
  const dy = gpu.empty([5, 12]);
  expect(() => norm.backward(gpu.empty([5, 11]), saved)).toThrow("LayerNorm.backward: dy is [5, 11]; x was [5, 12]");
  expect(() => norm.backward(dy, saved, { accumulate: true })).toThrow("accumulate is true; out.dgamma is missing");
  expect(() => norm.backward(dy, norm.forward(x, { saved: false }).saved!)).toThrow("wanted what forward saved");
  expect(() => norm.backward(dy, saved, { gamma: null })).toThrow("gamma is absent; it must be as in the forward call: [12]");
  expect(() => norm.backward(dy, saved, { out: { dgamma: gpu.empty([11]) } })).toThrow("out.dgamma is [11]; wanted [12]");
  expect(() => norm.backward(dy, saved, { out: { dx: dy } })).toThrow("lie in the same GPUBuffer");
  const other = layerNorm(gpu, x, { eps: 0.1 }).saved!;
  expect(() => norm.backward(dy, other)).toThrow("saved comes from another call: moments over axes [1] of [5, 12], eps 0.1; this one is");
  saved.destroy();
  expect(() => norm.backward(dy, saved)).toThrow("saved.statistics was destroyed");
});

gpuTest("rstd 0 and constant rows: dx is finite", async ({ gpu }) => {
  for (const eps of [0, 1e-5]) {
    const x = gpu.tensor(new Float32Array(60).fill(3), [5, 12]);
    const { dx } = layerNormBackward(gpu, gpu.tensor(normal(60, 2), [5, 12]), layerNorm(gpu, x, { eps }).saved!, { eps });
    const wanted = layerNormGradients(array([5, 12], 2), { data: new Float32Array(60).fill(3), shape: [5, 12] }, { eps });
    expectWithin(await dx.read(), wanted.dx, "dx");
  }
});

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  const FAR: readonly ForwardCase[] = [
    { why: "", layer: "layer", shape: [9, 700] },
    { why: "", layer: "layer", shape: [2, 40000] },
    { why: "", layer: "layer", shape: [3, 40000], gamma: [40000], beta: [40000] },
    { why: "", layer: "group", shape: [3, 8, 21, 20], options: { groups: 2 } },
    { why: "", layer: "group", shape: [2, 30, 12], options: { groups: 3, layout: "nhwc" } },
    { why: "", layer: "instance", shape: [3, 4, 40, 50], gamma: [4], beta: [4] },
    { why: "", layer: "batch", shape: [6, 4, 60, 60], gamma: [4], beta: [4], options: { training: true } },
    { why: "", layer: "batch", shape: [700, 6], gamma: [6], beta: [6], options: { training: true } },
  ];
  for (const testCase of FAR) {
    gpuTest(
      `${testCase.layer} [${testCase.shape.join(", ")}]: x and dy of mean 1e4 and std 1, and outliers in dy`,
      async ({ gpu }) => {
        const ready = arraysOf(testCase);
        const spiked = array(testCase.shape, 6);
        const values = Float32Array.from(spiked.data);
        values[0] = 1e4;
        values[values.length >> 1] = -3e3;
        for (const dy of [array(testCase.shape, 6, 1e4), { ...spiked, data: values }]) {
          const arrays = { ...ready, x: array(testCase.shape, 1, 1e4), dy };
          const wanted = expectedGradients(testCase, arrays);
          const found = backwardOnGpu(gpu, testCase, arrays);
          for (const [name, gradient] of Object.entries(wanted)) expectWithin(await found[name as keyof BackwardResult]!.read(), gradient, name);
        }
      },
      planAs,
    );
  }

  for (const [epsMode, correction] of [
    ["outsideStd", 1],
    ["outsideStd", 0],
    ["insideVariance", 1],
  ] as const) {
    gpuTest(
      `eps ${epsMode}, correction ${correction}, a scaled gamma: what weight standardization needs`,
      async ({ gpu }) => {
        const [v, dw, gain] = [array([12, 30], 1, 0.4), array([12, 30], 2, 0.2), array([12, 1], 3, 1, 0.5)];
        const specOf = (x: readonly number[]): ReturnType<typeof layerNormSpec> => ({
          ...layerNormSpec("test", x, { eps: 0.1 }),
          epsMode,
          correction,
          gammaScale: 1.7 / Math.sqrt(30),
        });
        const gamma = gpu.tensor(gain.data, gain.shape);
        const { saved } = runForward(gpu, PLANES, "test", gpu.tensor(v.data, v.shape), specOf, { gamma });
        const { dx, dgamma } = runBackward(gpu, ROW_GRADIENTS, "test", gpu.tensor(dw.data, dw.shape), saved!, specOf, { gamma });
        const wanted = weightStandardizationBackward(dw, v, { eps: 0.1, epsMode, correction, gain, gamma: 1.7 });
        expectWithin(await dx.read(), wanted.dv, "dv");
        expectWithin(await dgamma!.read(), wanted.dgain!.data, "dgain");
      },
      planAs,
    );
  }
});
