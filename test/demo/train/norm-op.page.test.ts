import * as tf from "@tensorflow/tfjs-core";
import { describe, expect } from "vitest";
import { differentiable, normLayer, standardizationLayer, weightNormLayer, type Layer } from "../../../demo/train/norm-op.ts";
import { SharedBackend } from "../../../demo/train/shared-backend.ts";
import { BatchChannelNorm, BatchNorm, GroupNorm, LayerNorm, WeightStandardization, type Gpu } from "../../../src/index.ts";
import * as reference from "../../../src/reference/index.ts";
import { expectWithin } from "../../bound.ts";
import { normal } from "../../data.ts";
import { gpuTest } from "../../gpu-test.ts";

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;
interface Values {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

const [N, SIDE, C, GROUPS] = [3, 7, 8, 2];
const X = [N, SIDE, SIDE, C];
const FILTER = [3, 3, 4, C];
const OPTIONS = { channels: C, affine: false, layout: "nhwc", activation: "relu" } as const;
const values = (shape: readonly number[], seed: number, mean = 0): Values => ({
  data: normal(
    shape.reduce((a, b) => a * b, 1),
    seed,
    mean,
  ),
  shape,
});
const affine = { gamma: values([C], 2, 1), beta: values([C], 3) };

/** y, then the gradients of all inputs for dy, by TensorFlow.js through the operation. */
async function found(
  gpu: Gpu,
  opOf: (shared: SharedBackend) => { op: Op; layers: readonly { destroy(): void }[] },
  inputs: readonly Values[],
  dy: Values,
): Promise<ArrayLike<number>[]> {
  const shared = await SharedBackend.open(gpu);
  const before = tf.memory().numTensors;
  const tensorOf = ({ data, shape }: Values): tf.Tensor => tf.tensor(Float32Array.from(data), [...shape]);
  const { op, layers } = opOf(shared);
  const results = tf.tidy(() => {
    // Neither the first nor the last operation: what comes from TensorFlow.js goes in, and what comes out goes on.
    const through = (...given: tf.Tensor[]): tf.Tensor => tf.mul(op(...given.map((one) => tf.mul(one, 1))), 1);
    const { value, grads } = tf.valueAndGrads(through)(inputs.map(tensorOf), tensorOf(dy));
    return [value, ...grads];
  });
  const read = await Promise.all(results.map((one) => one.data()));
  tf.dispose(results);
  shared.flush();
  for (const layer of layers) layer.destroy();
  expect(tf.memory().numTensors).toBe(before);
  return read;
}

function oneLayer(layerOf: (gpu: Gpu) => Layer): Parameters<typeof found>[1] {
  return (shared) => {
    const layer = layerOf(shared.gpu);
    return { op: differentiable(shared, layer), layers: [layer] };
  };
}

function expectAll(actual: readonly ArrayLike<number>[], expected: Readonly<Record<string, ArrayLike<number>>>): void {
  expect(actual).toHaveLength(Object.keys(expected).length);
  Object.entries(expected).forEach(([name, wanted], i) => expectWithin(actual[i]!, wanted, name));
}

describe("operations of TensorFlow.js give y and the gradients of the reference", () => {
  const [x, dy] = [values(X, 1), values(X, 4)];
  const { gamma, beta } = affine;
  const args = { gamma, beta, layout: "nhwc", activation: "relu" } as const;

  gpuTest("GroupNorm", async ({ gpu }) => {
    const own = { ...args, groups: GROUPS };
    const { dx, dgamma, dbeta } = reference.groupNormBackward(dy, x, own);
    const layer = oneLayer(() => normLayer(new GroupNorm(gpu, { ...OPTIONS, groups: GROUPS })));
    expectAll(await found(gpu, layer, [x, gamma, beta], dy), { y: reference.groupNormForward(x, own).y, dx, dgamma: dgamma!.data, dbeta: dbeta!.data });
  });

  gpuTest("BatchNorm in training", async ({ gpu }) => {
    const own = { ...args, training: true };
    const { dx, dgamma, dbeta } = reference.batchNormBackward(dy, x, own);
    const norm = new BatchNorm(gpu, OPTIONS);
    const layer = oneLayer(() => normLayer(norm));
    expectAll(await found(gpu, layer, [x, gamma, beta], dy), { y: reference.batchNormForward(x, own).y, dx, dgamma: dgamma!.data, dbeta: dbeta!.data });
    norm.destroy();
  });

  gpuTest("LayerNorm over channels and positions, with a gamma for each channel", async ({ gpu }) => {
    const own = { gamma, beta, axes: [1, 2, 3], activation: "relu" } as const;
    const { dx, dgamma, dbeta } = reference.layerNormBackward(dy, x, own);
    const layer = oneLayer(() => normLayer(new LayerNorm(gpu, { shape: [SIDE, SIDE, C], affine: false, activation: "relu" })));
    expectAll(await found(gpu, layer, [x, gamma, beta], dy), { y: reference.layerNormForward(x, own).y, dx, dgamma: dgamma!.data, dbeta: dbeta!.data });
  });

  gpuTest("BatchChannelNorm by estimates, as two operations", async ({ gpu }) => {
    const channel = { gamma: values([GROUPS], 5, 1), beta: values([GROUPS], 6) };
    const estimates = { mean: new Float32Array(C), variance: new Float32Array(C).fill(1) };
    const own = { ...args, ...channel, bnGamma: gamma, bnBeta: beta, groups: GROUPS, training: true, movingSpeed: 0.1, ...estimates };
    const { dx, dgamma, dbeta, dbnGamma, dbnBeta } = reference.batchChannelNormBackward(dy, x, own);
    const bcn = new BatchChannelNorm(gpu, { ...OPTIONS, groups: GROUPS, movingSpeed: 0.1 });
    const opOf: Parameters<typeof found>[1] = (shared) => {
      const layers = [normLayer(bcn.batch), normLayer(bcn.channel)];
      const [first, second] = layers.map((layer) => differentiable(shared, layer));
      return { op: (from, firstGamma, firstBeta, ...rest) => second!(first!(from!, firstGamma!, firstBeta!), ...rest), layers };
    };
    const actual = await found(gpu, opOf, [x, gamma, beta, channel.gamma, channel.beta], dy);
    expectAll(actual, {
      y: reference.batchChannelNormForward(x, own).y,
      dx,
      dbnGamma: dbnGamma!.data,
      dbnBeta: dbnBeta!.data,
      dgamma: dgamma!.data,
      dbeta: dbeta!.data,
    });
    bcn.destroy();
  });

  gpuTest("Weight Standardization of a filter", async ({ gpu }) => {
    const [v, dw] = [values(FILTER, 7, 0.2), values(FILTER, 8)];
    const layer = oneLayer(() => standardizationLayer(new WeightStandardization(gpu, { layout: "hwio" })));
    const { dv } = reference.weightStandardizationBackward(dw, v, { dim: -1 });
    expectAll(await found(gpu, layer, [v], dw), { w: reference.weightStandardizationForward(v, { dim: -1 }).w, dv });
  });

  gpuTest("Weight Norm of a filter", async ({ gpu }) => {
    const [v, g, dw] = [values(FILTER, 7, 0.2), values([C], 9, 1), values(FILTER, 8)];
    const { dv, dg } = reference.weightNormBackward(dw, v, { g, dim: -1 });
    expectAll(await found(gpu, oneLayer(weightNormLayer), [v, g], dw), { w: reference.weightNormForward(v, { g, dim: -1 }).w, dv, dg: dg.data });
  });
});

gpuTest("the gradients are those that TensorFlow.js finds of the equation itself", async ({ gpu }) => {
  const shared = await SharedBackend.open(gpu);
  const layer = normLayer(new GroupNorm(gpu, { ...OPTIONS, groups: GROUPS }));
  const op = differentiable(shared, layer);
  const composed = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor => {
    const view = tf.reshape(x, [N, SIDE * SIDE, GROUPS, C / GROUPS]);
    const { mean, variance } = tf.moments(view, [1, 3], true);
    const xhat = tf.mul(tf.sub(view, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.relu(tf.add(tf.mul(tf.reshape(xhat, X), gamma), beta));
  };
  const inputs = [values(X, 1), affine.gamma, affine.beta].map(({ data, shape }) => tf.tensor(Float32Array.from(data), [...shape]));
  const dy = tf.tensor(Float32Array.from(values(X, 4).data), X);
  const [ours, theirs] = [tf.grads(op)(inputs, dy), tf.grads(composed as Op)(inputs, dy)];
  // Both are within the bound of what is right, in data of this size.
  for (const [i, name] of ["dx", "dgamma", "dbeta"].entries()) expectWithin(await ours[i]!.data(), await theirs[i]!.data(), name, 8e-6);
  tf.dispose([inputs, dy, ours, theirs]);
  shared.flush();
  layer.destroy();
});

gpuTest("nothing is copied between the two, and a step makes no buffer once it has been made before", async ({ gpu }) => {
  const device = gpu.device as GPUDevice;
  const shared = await SharedBackend.open(gpu);
  const layer = normLayer(new GroupNorm(gpu, { ...OPTIONS, groups: GROUPS }));
  const op = differentiable(shared, layer);
  const inputs = [values(X, 1), affine.gamma, affine.beta].map(({ data, shape }) => tf.tensor(Float32Array.from(data), [...shape]));
  const dy = tf.tensor(Float32Array.from(values(X, 4).data), X);
  const step = (): void => tf.tidy(() => void tf.grads(op)(inputs, dy));
  const [make, copy] = [device.createBuffer, GPUCommandEncoder.prototype.copyBufferToBuffer];
  const seen: string[] = [];
  try {
    for (let i = 0; i < 3; i++) {
      step();
      shared.flush();
    }
    await device.queue.onSubmittedWorkDone();
    device.createBuffer = function (descriptor) {
      seen.push(`buffer of ${descriptor.size}`);
      return make.call(this, descriptor);
    };
    GPUCommandEncoder.prototype.copyBufferToBuffer = function (...args: unknown[]) {
      seen.push("copy");
      return Reflect.apply(copy, this, args) as undefined;
    };
    step();
    shared.flush();
  } finally {
    // The method of all devices is seen again: other tests of the page watch that one.
    Reflect.deleteProperty(device, "createBuffer");
    GPUCommandEncoder.prototype.copyBufferToBuffer = copy;
  }
  expect(seen).toEqual([]);
  tf.dispose([inputs, dy]);
  layer.destroy();
});
