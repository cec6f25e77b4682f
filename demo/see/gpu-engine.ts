import {
  BatchNorm,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  RMSNorm,
  type ForwardOptions,
  type ForwardResult,
  type Gpu,
  type Plan,
  type Tensor,
} from "../../src/index.ts";
import { fill, shapeOf, type Job, type Outcome } from "./engine.ts";
import { NORMS } from "./norms.ts";

/** Runs the layer on the GPU, through the classes that programs use. @throws NormgpuError */
export async function computeOnGpu(gpu: Gpu, job: Job): Promise<Outcome> {
  const x = gpu.tensor(job.x, shapeOf(job));
  const made: (Tensor | { destroy(): void })[] = [x];
  try {
    if (NORMS[job.norm].isWeight) return await (await import("./gpu-weights.ts")).computeWeight(gpu, job, x, made);
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
