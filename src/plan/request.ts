import type { Activation } from "../core/activation.ts";
import type { Correction, EpsMode } from "../core/deviation.ts";
import type { Shape } from "../core/shape.ts";
import type { StatisticsView } from "../core/statistics-view.ts";
import type { ForwardWalks } from "./walks.ts";

/** Parameters that are read beside x, by role. */
export type ParameterRole = "gamma" | "beta" | "residual_bias";

/** What a forward call asks of the planner. Strides are in values over the axes of `shape`, 0 where a tensor is broadcast. */
export interface ForwardRequest {
  /** What the layer brings to be planned with. */
  readonly walks: ForwardWalks;
  /** x, with the axis of channels already cut into groups where there are groups. */
  readonly shape: Shape;
  readonly view: StatisticsView;
  /** Strides of the parameters that are given. */
  readonly parameters: Readonly<Partial<Record<ParameterRole, readonly number[]>>>;
  /** Strides of the residual, or null without one. */
  readonly residual: readonly number[] | null;
  /**
   * `moments`: mean and variance of x. `rms`: mean square. `fixed`: given as the tensors `mean` and `variance`. `given`: the tensor `statistics` of an earlier call,
   * which is only read.
   */
  readonly statistics: "moments" | "rms" | "fixed" | "given";
  /** False: the statistics are all that is wanted, and y is not written. */
  readonly applies: boolean;
  /** False: x is scaled by 1 / std but its mean stays. */
  readonly subtractsMean: boolean;
  readonly activation: Activation;
  readonly eps: number;
  /** Whether eps is added to the variance, or to the standard deviation. */
  readonly epsMode: EpsMode;
  /** 1: the variance that rstd is made of is divided by n - 1; 0: by n. */
  readonly correction: Correction;
  /** The factor of the normalized value is gamma * gammaScale + gammaShift. */
  readonly gammaScale: number;
  readonly gammaShift: number;
  /** x + residual + residual bias is wanted as the tensor `sum`. */
  readonly writesSum: boolean;
  /** Mean and rstd are wanted in the tensor `statistics`. */
  readonly writesStatistics: boolean;
  /** How `running_mean` and `running_variance` move, or null where there are none. */
  readonly running: Running | null;
  /** True: the sum is stored rounded, or costs more to read again than what it is made of; y is then made from x and the residual read once more. */
  readonly reloadsSum?: boolean;
  /** Every operand starts where a lane of four of its values may start. */
  readonly aligned: boolean;
}

/** Planes of the `statistics` tensor: mean, rstd, shift, delta (mean = shift + delta) and variance. */
export const STATISTICS_PLANES = 5;

/** Values between two planes of a `statistics` tensor: each plane starts where a binding may start. */
export function statisticsStride(statistics: number): number {
  return Math.max(64, Math.ceil(statistics / 64) * 64);
}

/** A move of running statistics: old + momentum * (new - old). */
export interface Running {
  readonly momentum: number;
  /** The new variance is taken times n / (n - 1). */
  readonly unbiased: boolean;
  /**
   * What they move towards. `statistics` (default): those that x is normalized with, one for each. `samples`: their average over the outermost axis, which has
   * statistics of its own. `estimates`: mean and mean square distance from the old running mean; and x is normalized with the running statistics after the move.
   */
  readonly towards?: "statistics" | "samples" | "estimates";
}
