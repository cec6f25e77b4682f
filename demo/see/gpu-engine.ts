import {
  BatchNorm,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  RMSNorm,
  WeightNorm,
  WeightStandardization,
  type ForwardOptions,
  type ForwardResult,
  type Gpu,
  type Plan,
  type Tensor,
} from "../../src/index.ts";
import { shapeOf, type Job, type Outcome } from "./engine.ts";

/** Runs the layer on the GPU, through the classes that programs use. @throws NormgpuError */
export async function computeOnGpu(gpu: Gpu, job: Job): Promise<Outcome> {
  const x = gpu.tensor(job.x, shapeOf(job));
  const made: (Tensor | { destroy(): void })[] = [x];
  try {
    if (job.norm === "weight-norm") return await weightNorm(gpu, job, x, made);
    if (job.norm === "weight-standardization") return await weightStandardization(gpu, job, x, made);
    return await normalization(gpu, job, x, made);
  } finally {
    for (const one of made) one.destroy();
  }
}

interface Layer {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  forward(x: Tensor, options?: ForwardOptions): ForwardResult;
  plan(shape: readonly number[]): Plan;
  prepare(shape: readonly number[]): Promise<void>;
  destroy(): void;
}

function layerOf(gpu: Gpu, { norm, eps, extents: { c, side, groups } }: Job): Layer {
  if (norm === "batch") return new BatchNorm(gpu, { channels: c, eps, trackRunningStats: false });
  if (norm === "instance") return new InstanceNorm(gpu, { channels: c, eps, affine: true });
  if (norm === "group") return new GroupNorm(gpu, { channels: c, groups, eps });
  return norm === "layer" ? new LayerNorm(gpu, { shape: [c, side, side], eps }) : new RMSNorm(gpu, { shape: [c, side, side], eps });
}

function fill(tensor: Tensor | null, value: number): void {
  tensor?.write(new Float32Array(tensor.size).fill(value));
}

async function normalization(gpu: Gpu, job: Job, x: Tensor, made: { destroy(): void }[]): Promise<Outcome> {
  const layer = layerOf(gpu, job);
  made.push(layer);
  fill(layer.gamma, job.gamma);
  fill(layer.beta, job.beta);
  await layer.prepare(x.shape);
  const { y, saved } = layer.forward(x);
  made.push(y, saved!);
  const [values, mean, spread] = await Promise.all([y.read(), saved!.mean?.read() ?? null, saved!.variance.read()]);
  return { y: values, mean, spread, plan: layer.plan(x.shape) };
}

async function weightNorm(gpu: Gpu, job: Job, v: Tensor, made: { destroy(): void }[]): Promise<Outcome> {
  const layer = new WeightNorm(gpu, { weight: v });
  made.push(layer);
  fill(layer.g, job.gamma);
  const { w, saved } = layer.forward();
  made.push(w, saved!);
  const [values, spread] = await Promise.all([w.read(), saved!.norm.read()]);
  return { y: values, mean: null, spread, plan: layer.plan() };
}

async function weightStandardization(gpu: Gpu, job: Job, v: Tensor, made: { destroy(): void }[]): Promise<Outcome> {
  const layer = new WeightStandardization(gpu, { channels: job.extents.n, gain: true, eps: job.eps });
  made.push(layer);
  fill(layer.gain, job.gamma);
  await layer.prepare(v.shape);
  const { w, saved } = layer.forward(v);
  made.push(w, saved!);
  const [values, mean, spread] = await Promise.all([w.read(), saved!.mean!.read(), saved!.variance.read()]);
  return { y: values, mean, spread, plan: layer.plan(v.shape) };
}
