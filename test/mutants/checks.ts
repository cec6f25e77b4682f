import { sizeOf, type Shape } from "../../src/core/shape.ts";
import {
  batchNorm,
  batchNormApply,
  batchNormMoments,
  EstimatedBatchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  mergeMoments,
  type Activation,
  type Saved,
} from "../../src/index.ts";
import {
  batchNormForward,
  estimatedBatchNormForward,
  groupNormForward,
  instanceNormForward,
  layerNormForward,
  type NdArray,
  type NormForward,
} from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import type { Check } from "./mutant.ts";

// Checks of forward kernels that several tables use. Row lengths have a ragged end, the mean is far from 0, gamma and beta matter.

export const array = (shape: Shape, mean = 1e4, seed = 3): NdArray & { data: Float32Array } => ({ data: normal(sizeOf(shape), seed, mean), shape });

/** Rows of this shape through LayerNorm, with every output. */
export const rows =
  (shape: Shape, activation: Activation = "none", mean = 1e4): Check =>
  async (gpu) => {
    const length = [shape.at(-1)!];
    const [x, gamma, beta] = [array(shape, mean), array(length, 1, 4), array(length, 0, 5)];
    const given = { gamma: gpu.tensor(gamma.data), beta: gpu.tensor(beta.data), activation };
    const { y, saved } = layerNorm(gpu, gpu.tensor(x.data, shape), given);
    const wanted = layerNormForward(x, { gamma, beta, activation });
    expectWithin(await y.read(), wanted.y);
    await expectStatistics(saved!, wanted);
  };

async function expectStatistics(saved: Saved, wanted: NormForward): Promise<void> {
  expectWithin(await saved.mean!.read(), wanted.mean, "mean");
  expectWithin(await saved.rstd.read(), wanted.rstd, "rstd");
}

const training = { training: true } as const;

/** Planes through BatchNorm in training, with running statistics: slices of runs, their merge, their apply. */
export const planes =
  (shape: Shape): Check =>
  async (gpu) => {
    const x = array(shape);
    const channels = shape[1]!;
    const start = { mean: normal(channels, 6, 9e3), variance: normal(channels, 7, 4, 0.1) };
    const [mean, variance] = [gpu.tensor(start.mean), gpu.tensor(start.variance)];
    const { y, saved } = batchNorm(gpu, gpu.tensor(x.data, shape), { ...training, mean, variance, momentum: 0.5 });
    const wanted = batchNormForward(x, { ...training, ...start, momentum: 0.5 });
    expectWithin(await y.read(), wanted.y);
    await expectStatistics(saved!, wanted);
    expectWithin(await mean.read(), wanted.runningMean!, "running mean");
    expectWithin(await variance.read(), wanted.runningVariance!, "running variance");
  };

const nhwc = { layout: "nhwc" } as const;

/** Columns through InstanceNorm: one dispatch where they are many. */
export const columns =
  (shape: Shape): Check =>
  async (gpu) => {
    const x = array(shape);
    expectWithin(await instanceNorm(gpu, gpu.tensor(x.data, shape), nhwc).y.read(), instanceNormForward(x, nhwc).y);
  };

/** Planes through GroupNorm, gamma of each channel apart from the others. */
export const groups =
  (shape: Shape, count: number): Check =>
  async (gpu) => {
    const [x, gamma] = [array(shape), array([shape[1]!], 1, 4)];
    const y = groupNorm(gpu, gpu.tensor(x.data, shape), { groups: count, gamma: gpu.tensor(gamma.data) }).y;
    expectWithin(await y.read(), groupNormForward(x, { groups: count, gamma }).y);
  };

/** Groups of channels that lie last, through GroupNorm without gamma. */
export const lastGroups =
  (shape: Shape, count: number): Check =>
  async (gpu) => {
    const x = array(shape);
    expectWithin(await groupNorm(gpu, gpu.tensor(x.data, shape), { ...nhwc, groups: count }).y.read(), groupNormForward(x, { ...nhwc, groups: count }).y);
  };

/** InstanceNorm that moves its running statistics. */
export const samples: Check = async (gpu) => {
  const x = array([7, 6, 35]);
  const start = { mean: normal(6, 6, 9e3), variance: normal(6, 7, 4, 0.1) };
  const [mean, variance] = [gpu.tensor(start.mean), gpu.tensor(start.variance)];
  instanceNorm(gpu, gpu.tensor(x.data, x.shape), { mean, variance, momentum: 0.5 });
  const wanted = instanceNormForward(x, { ...start, momentum: 0.5 });
  expectWithin(await mean.read(), wanted.runningMean!, "running mean");
  expectWithin(await variance.read(), wanted.runningVariance!, "running variance");
};

/** Estimates that move first and normalize then. */
export const estimates: Check = async (gpu) => {
  const x = array([7, 6, 3500]);
  const start = { mean: normal(6, 6, 9.99e3), variance: normal(6, 7, 4, 0.1) };
  const norm = new EstimatedBatchNorm(gpu, { channels: 6, movingSpeed: 0.25 });
  norm.runningMean.write(start.mean);
  norm.runningVariance.write(start.variance);
  const wanted = estimatedBatchNormForward(x, { ...start, training: true, movingSpeed: 0.25 });
  expectWithin(await norm.forward(gpu.tensor(x.data, x.shape)).y.read(), wanted.y);
  expectWithin(await norm.runningMean.read(), wanted.runningMean!, "mean");
  expectWithin(await norm.runningVariance.read(), wanted.runningVariance!, "variance");
  norm.destroy();
};

/** Few columns in groups: slices, their merge, their apply. */
export const splitColumns: Check = lastGroups([2, 370, 12], 3);

/** Axes that alternate. */
export const general: Check = async (gpu) => {
  const x = array([3, 4, 5, 6]);
  expectWithin(await layerNorm(gpu, gpu.tensor(x.data, x.shape), { axes: [0, 2] }).y.read(), layerNormForward(x, { axes: [0, 2] }).y);
};

/** BatchNorm in eval mode. */
export const evaluation: Check = async (gpu) => {
  const x = array([3, 4, 50], 0);
  const given = { training: false, mean: normal(4, 6), variance: normal(4, 7, 1, 0.1).map(Math.abs), eps: 1e-2 };
  const y = batchNorm(gpu, gpu.tensor(x.data, x.shape), { ...given, mean: gpu.tensor(given.mean), variance: gpu.tensor(given.variance) }).y;
  expectWithin(await y.read(), batchNormForward(x, given).y);
};

/** The halves of a batch, whose partial moments are exported and merged, against the whole. */
export const synchronized: Check = async (gpu) => {
  const shape = [2, 3, 70];
  const whole = array([4, 3, 70]);
  const halves = [whole.data.slice(0, 420), whole.data.slice(420)].map((data) => gpu.tensor(data, shape));
  const moments = mergeMoments(
    gpu,
    halves.map((half) => batchNormMoments(gpu, half)),
  );
  const y = await Promise.all(halves.map((half) => batchNormApply(gpu, half, moments).y.read()));
  expectWithin([...y[0]!, ...y[1]!], batchNormForward(whole, training).y);
};

/** Gamma and beta per sample, and channels that lie in segments: both terms of a parameter's view. */
export const views: Check = async (gpu) => {
  const x = array([6, 9, 32], 0);
  const [gamma, beta] = [array([6, 1, 32], 1, 4), array([6, 1, 32], 0, 5)];
  const perSample = { gamma: gpu.tensor(gamma.data, gamma.shape), beta: gpu.tensor(beta.data, beta.shape) };
  expectWithin(await layerNorm(gpu, gpu.tensor(x.data, x.shape), perSample).y.read(), layerNormForward(x, { gamma, beta }).y, "per sample");
  const z = array([3, 12, 8, 8], 0);
  const [g, b] = [array([12], 1, 4), array([12], 0, 5)];
  const perChannel = { groups: 4, gamma: gpu.tensor(g.data), beta: gpu.tensor(b.data) };
  expectWithin(await groupNorm(gpu, gpu.tensor(z.data, z.shape), perChannel).y.read(), groupNormForward(z, { groups: 4, gamma: g, beta: b }).y, "per channel");
};
