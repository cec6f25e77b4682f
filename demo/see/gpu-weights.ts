import { WeightNorm, WeightStandardization, type Gpu, type Tensor } from "../../src/index.ts";
import { fill, type Job, type Outcome } from "./engine.ts";

/** Runs a layer of weights on the GPU; what it makes is added to `made`. A file of its own: it loads when a weight is first shown. @throws NormgpuError */
export function computeWeight(gpu: Gpu, job: Job, v: Tensor, made: { destroy(): void }[]): Promise<Outcome> {
  return (job.norm === "weight-norm" ? weightNorm : weightStandardization)(gpu, job, v, made);
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
