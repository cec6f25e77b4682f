import type { Plan, Tensor } from "../../src/index.ts";
import type { Extents, NormName } from "./norms.ts";

/** One call of a layer. */
export interface Job {
  readonly norm: NormName;
  readonly x: Float32Array;
  readonly extents: Extents;
  readonly eps: number;
  /** The same for all channels. */
  readonly gamma: number;
  readonly beta: number;
}

/** What a call gives. */
export interface Outcome {
  readonly y: ArrayLike<number>;
  /** Of each statistic; null where no mean is taken. */
  readonly mean: ArrayLike<number> | null;
  /** Of each statistic: the biased variance, the mean square of RMSNorm, the norm of Weight Norm. */
  readonly spread: ArrayLike<number>;
  /** What the GPU ran; null on the CPU. */
  readonly plan: Plan | null;
}

export function shapeOf({ extents: { n, c, side } }: Job): [number, number, number, number] {
  return [n, c, side, side];
}

/** Gives each value of a parameter that there is. */
export function fill(tensor: Tensor | null, value: number): void {
  tensor?.write(new Float32Array(tensor.size).fill(value));
}
