import {
  batchNormForward,
  groupNormForward,
  instanceNormForward,
  layerNormForward,
  rmsNormForward,
  weightNormForward,
  weightStandardizationForward,
  type NdArray,
} from "../../src/reference/index.ts";
import { shapeOf, type Job, type Outcome } from "./engine.ts";

/** The same call by the float64 reference on the CPU. Parameters are the f32 values that a GPU gets. */
export function computeOnReference(job: Job): Outcome {
  const { norm, extents } = job;
  const x = { data: job.x, shape: shapeOf(job) };
  const full = (shape: number[], value: number): NdArray => ({ data: new Float32Array(shape.reduce((a, b) => a * b)).fill(value), shape });
  const eps = Math.fround(job.eps);
  if (norm === "weight-norm") {
    const { w, norm: spread } = weightNormForward(x, { g: full([extents.n], job.gamma) });
    return { y: w, mean: null, spread, plan: null };
  }
  if (norm === "weight-standardization") {
    const { w, mean, variance } = weightStandardizationForward(x, { eps, gain: full([extents.n], job.gamma) });
    return { y: w, mean, spread: variance, plan: null };
  }
  const { c, side, groups } = extents;
  const own = norm === "layer" || norm === "rms" ? [c, side, side] : [c];
  const args = { eps, axes: [1, 2, 3], training: true, groups, gamma: full(own, job.gamma), ...(norm !== "rms" && { beta: full(own, job.beta) }) };
  const { y, mean, variance } = FORWARDS[norm](x, args);
  return { y, mean: norm === "rms" ? null : mean, spread: variance, plan: null };
}

const FORWARDS = { batch: batchNormForward, layer: layerNormForward, instance: instanceNormForward, group: groupNormForward, rms: rmsNormForward };

/** The largest difference from the reference, relative to its largest value (at least 1). */
export function errorOf(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [worst, size] = [0, 1];
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(found[i]! - expected[i]!);
    if (!(distance <= worst)) worst = Number.isNaN(distance) ? Infinity : distance;
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return worst / size;
}
