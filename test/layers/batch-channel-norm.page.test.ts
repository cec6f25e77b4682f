import { expect } from "vitest";
import { BatchChannelNorm, readSafetensors, writeSafetensors, type Saved } from "../../src/index.ts";
import {
  batchChannelNormBackward,
  batchChannelNormForward,
  batchNormBackward,
  groupNormBackward,
  layerNormBackward,
  type BatchChannelNormArguments,
  type NdArray,
  type NormBackward,
} from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const CASES = [
  { layout: "nchw", shape: [3, 6, 5, 5], groups: 3 },
  { layout: "nchw", shape: [2, 4, 9000], groups: 2 },
  { layout: "nhwc", shape: [3, 5, 5, 12], groups: 4 },
  { layout: "nchw", shape: [4, 6, 3], groups: 1 },
  { layout: "nhwc", shape: [4, 7, 6], groups: 6 },
] as const;

/** The second half's gradients: a value per group is a value per channel once the groups are x's channels (NCHW), or a layer norm of the cut x (NHWC). */
function channelBackward(dy: Float32Array, x: Float32Array, args: BatchChannelNormArguments & { shape: readonly number[] }): NormBackward {
  const { shape, groups, layout, activation = "none", gamma, beta } = args;
  const samples = shape[0]!;
  const own = { gamma: gamma!, beta: beta!, activation };
  if (layout === "nchw") {
    const cut = [samples, groups, x.length / samples / groups];
    return groupNormBackward({ data: dy, shape: cut }, { data: x, shape: cut }, { ...own, groups });
  }
  const each = shape.at(-1)! / groups;
  const cut = [samples, x.length / samples / groups / each, groups, each];
  const column = (values: NdArray): NdArray => ({ data: values.data, shape: [groups, 1] });
  return layerNormBackward({ data: dy, shape: cut }, { data: x, shape: cut }, { activation, gamma: column(gamma!), beta: column(beta!), axes: [1, 3] });
}

/** The statistics that a call normalized by, as the reference takes them. */
async function estimatesOf(saved: Saved): Promise<{ mean: Float32Array; variance: Float32Array }> {
  return { mean: await saved.mean!.read(), variance: await saved.variance.read() };
}

const KINDS = { "the batch": undefined, estimates: 0.25 };

for (const [device, planAs] of Object.entries(PLANNED_AS)) {
  for (const { layout, shape, groups } of CASES) {
    for (const [kind, movingSpeed] of Object.entries(KINDS)) {
      gpuTest(
        `training by ${kind}, then eval, with gradients: ${layout} [${shape.join(", ")}] in ${groups} groups on ${device}`,
        async ({ gpu }) => {
          const channels = layout === "nchw" ? shape[1] : shape.at(-1)!;
          const size = shape.reduce((a: number, b) => a * b, 1);
          const norm = new BatchChannelNorm(gpu, { channels, groups, layout, activation: "silu", ...(movingSpeed !== undefined && { movingSpeed }) });
          const array = (count: number, seed: number, mean = 0): { data: Float32Array; shape: number[] } => ({
            data: normal(count, seed, mean),
            shape: [count],
          });
          const parameters = { bnGamma: array(channels, 1, 1), bnBeta: array(channels, 2), gamma: array(groups, 3, 1), beta: array(groups, 4) };
          for (const [name, tensor] of Object.entries(norm.parameters())) tensor.write(parameters[name as keyof typeof parameters].data);
          const running = { mean: new Float64Array(channels), variance: new Float64Array(channels).fill(1) };
          for (const training of [true, true, false]) {
            norm.training = training;
            const x = { data: normal(size, training ? 5 : 6, 10, 2), shape };
            // A mean of its own for each channel: sums over a channel must not be what is left of cancelled noise.
            const inner = layout === "nchw" ? size / shape[0] / channels : 1;
            const dy = { data: normal(size, 7).map((value, i) => value + 1 + (Math.floor(i / inner) % channels) / 2), shape };
            const args: BatchChannelNormArguments = {
              ...parameters,
              ...running,
              groups,
              layout,
              training,
              activation: "silu",
              ...(movingSpeed !== undefined && { movingSpeed }),
            };
            const expected = batchChannelNormForward(x, args);
            const gradients = batchChannelNormBackward(dy, x, args);
            const { y, saved } = norm.forward(gpu.tensor(x.data, shape));
            expectWithin(await y.read(), expected.y);
            expectWithin(await saved!.channel.mean!.read(), expected.mean, "mean of the groups");
            const found = norm.backward(gpu.tensor(dy.data, shape), saved!);
            expectWithin(await found.dx.read(), gradients.dx, "dx");
            // Sums over a whole channel of what nearly cancels: each half is held against the reference of the very values that it was given.
            const between = await saved!.channel.x.read();
            const second = channelBackward(dy.data, between, { ...args, shape });
            expectWithin(await found.dgamma!.read(), second.dgamma!.data, "dgamma");
            expectWithin(await found.dbeta!.read(), second.dbeta!.data, "dbeta");
            const gradient = await norm.channel.backward(gpu.tensor(dy.data, shape), saved!.channel).dx.read();
            const kept = movingSpeed === undefined && training ? { training } : { training: false, ...(await estimatesOf(saved!.batch)) };
            const first = batchNormBackward({ data: gradient, shape }, x, { layout, gamma: parameters.bnGamma, beta: parameters.bnBeta, ...kept });
            expectWithin(await found.dbnGamma!.read(), first.dgamma!.data, "dbnGamma");
            expectWithin(await found.dbnBeta!.read(), first.dbeta!.data, "dbnBeta");
            saved!.destroy();
            if (!training) continue;
            running.mean = expected.runningMean! as Float64Array<ArrayBuffer>;
            running.variance = expected.runningVariance! as Float64Array<ArrayBuffer>;
          }
          expectWithin(await norm.batch.runningMean!.read(), running.mean, "running mean");
          expectWithin(await norm.batch.runningVariance!.read(), running.variance, "running variance");
          expect(norm.batch.numBatchesTracked).toBe(2);
          norm.destroy();
        },
        planAs,
      );
    }
  }
}

const SHAPE = [3, 6, 25];
const X = { data: normal(450, 1, 10), shape: SHAPE };

gpuTest("nothing saved, a caller's pass or encoder, a batch, a result written again: all the same values", async ({ gpu }) => {
  const norm = new BatchChannelNorm(gpu, { channels: 6, groups: 3 });
  const x = gpu.tensor(X.data, SHAPE);
  const first = norm.forward(x);
  const wanted = await first.y.read();
  const same = async (y: { read(): Promise<Float32Array> }, what: string): Promise<void> => expect(await y.read(), what).toEqual(wanted);
  await same(norm.forward(x, { saved: false }).y, "saved: false");
  await same(norm.forward(x, { out: first }).y, "out");
  await same(gpu.batch(() => norm.forward(x, { saved: false })).y, "batch");
  await same(gpu.tidy(() => norm.forward(x, { saved: false })).y, "tidy");
  await same(norm.forward(x, { saved: false }).y, "after tidy");
  const encoder = (gpu.device as GPUDevice).createCommandEncoder();
  const recorded = norm.forward(x, { saved: false, encoder });
  // Another shape in between takes another buffer and leaves the recorded one alone.
  norm.forward(gpu.tensor(normal(900, 2), [6, 6, 25]), { saved: false });
  (gpu.device as GPUDevice).queue.submit([encoder.finish()]);
  await same(recorded.y, "encoder");
  const other = (gpu.device as GPUDevice).createCommandEncoder();
  const pass = other.beginComputePass();
  const passed = norm.forward(x, { pass });
  pass.end();
  (gpu.device as GPUDevice).queue.submit([other.finish()]);
  await same(passed.y, "pass");
  expect(norm.batch.numBatchesTracked).toBe(9);
  norm.destroy();
});

gpuTest("residual before the first normalization, its gradients, and accumulation", async ({ gpu }) => {
  const norm = new BatchChannelNorm(gpu, { channels: 6, groups: 3 });
  const residual = normal(450, 3);
  const dy = { data: normal(450, 4), shape: SHAPE };
  const sum = { data: X.data.map((value, i) => Math.fround(value + residual[i]!)), shape: SHAPE };
  const one = (count: number): { data: Float32Array; shape: number[] } => ({ data: new Float32Array(count).fill(1), shape: [count] });
  const args = { groups: 3, training: true, bnGamma: one(6), gamma: one(3) };
  const result = norm.forward(gpu.tensor(X.data, SHAPE), { residual: gpu.tensor(residual, SHAPE) });
  expectWithin(await result.y.read(), batchChannelNormForward(sum, args).y);
  const expected = batchChannelNormBackward(dy, sum, args);
  const found = norm.backward(gpu.tensor(dy.data, SHAPE), result.saved!);
  expectWithin(await found.dresidual!.read(), expected.dx, "dresidual");
  norm.backward(gpu.tensor(dy.data, SHAPE), result.saved!, { accumulate: true, out: found });
  expectWithin(
    await found.dgamma!.read(),
    expected.dgamma!.data.map((value) => 2 * value),
    "dgamma twice",
  );
  expectWithin(
    await found.dbnGamma!.read(),
    expected.dbnGamma!.data.map((value) => 2 * value),
    "dbnGamma twice",
  );
});

gpuTest("f16 in and out: what lies between stays f32, and y is rounded once", async ({ gpu }) => {
  const norm = new BatchChannelNorm(gpu, { channels: 6, groups: 3 });
  const x = gpu.tensor(X.data, SHAPE, { dtype: "f16" });
  const rounded = { data: await x.read(), shape: SHAPE };
  const { y, saved } = norm.forward(x);
  expect([y.dtype, saved!.channel.x.dtype]).toEqual(["f16", "f32"]);
  const expected = batchChannelNormForward(rounded, { groups: 3, training: true }).y;
  // One ulp of f16 at the size of each value.
  const found = await y.read();
  expect(found.every((value, i) => Math.abs(value - expected[i]!) <= 2 ** -10 * Math.max(Math.abs(expected[i]!), 2 ** -4))).toBe(true);
  const dy = gpu.tensor(normal(450, 4), SHAPE, { dtype: "f16" });
  const { dx } = norm.backward(dy, saved!);
  expect(dx.dtype).toBe("f16");
  const ones = { bnGamma: { data: new Float32Array(6).fill(1), shape: [6] } };
  const wanted = batchChannelNormBackward({ data: await dy.read(), shape: SHAPE }, rounded, { groups: 3, training: true, ...ones }).dx;
  const gradient = await dx.read();
  expect(gradient.every((value, i) => Math.abs(value - wanted[i]!) <= 2 ** -10 * Math.max(Math.abs(wanted[i]!), 2 ** -4))).toBe(true);
});

gpuTest("state under the authors' keys, through a file and back", async ({ gpu }) => {
  const norm = new BatchChannelNorm(gpu, { channels: 6, groups: 3, movingSpeed: 0.5 });
  norm.forward(gpu.tensor(X.data, SHAPE));
  const state = await norm.stateDict();
  expect(Object.fromEntries(Object.entries(state).map(([key, { shape }]) => [key, shape]))).toEqual({
    weight: [1, 3, 1],
    bias: [1, 3, 1],
    "bn.weight": [6],
    "bn.bias": [6],
    "bn.running_mean": [6],
    "bn.running_var": [6],
    "bn.num_batches_tracked": [],
    "bn.estbn_moving_speed": [1],
  });
  const copy = new BatchChannelNorm(gpu, { channels: 6, groups: 3, movingSpeed: 0 });
  copy.loadStateDict(readSafetensors(writeSafetensors(state)).tensors);
  expect(await copy.stateDict()).toEqual(state);
  expect(() => copy.loadStateDict({ weight: { shape: [3], data: [1, 2, 3] } }, { strict: false })).toThrow("weight is [3]; wanted [1, 3, 1]");
});

gpuTest("wrong calls say what is wrong, and move nothing", async ({ gpu }) => {
  expect(() => new BatchChannelNorm(gpu, { channels: 6, groups: 4 })).toThrow("BatchChannelNorm: channels is 6; it must be a multiple of groups (4)");
  expect(() => new BatchChannelNorm(gpu, { channels: 6, groups: 3, movingSpeed: 2 })).toThrow("movingSpeed is 2");
  const norm = new BatchChannelNorm(gpu, { channels: 6, groups: 3 });
  const x = gpu.tensor(X.data, SHAPE);
  expect(() => norm.forward(gpu.empty([3, 5, 25]))).toThrow("x is [3, 5, 25]; channels (5) must equal 6");
  expect(() => norm.forward(x, { out: { y: gpu.empty([3, 6, 24]) } })).toThrow(
    "BatchChannelNorm.forward: out.y is [3, 6, 24]; it must have x's shape [3, 6, 25]",
  );
  expect(norm.batch.numBatchesTracked).toBe(0);
  expect(await norm.batch.runningMean!.read()).toEqual(new Float32Array(6));
  expect(await norm.forward(gpu.empty([0, 6, 25])).y.read()).toEqual(new Float32Array(0));
});
