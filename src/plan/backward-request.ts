import type { Activation } from "../core/activation.ts";
import type { Shape } from "../core/shape.ts";
import type { StatisticsView } from "../core/statistics-view.ts";
import type { ForwardRequest } from "./request.ts";
import type { BackwardWalks } from "./walks.ts";

/**
 * What a backward call asks of the planner. Strides are in values over the axes of `shape`, 0 where a tensor is broadcast.
 *
 * Roles that its dispatches bind: `x` (what was normalized), `dy`, `dsum`, `statistics` (the five planes of plan/request.ts), `gamma`, `beta`, and the outputs `dx`, `dgamma`, `dbeta`,
 * `dmean`, `dvariance`. With h = dy * activation'(xhat * gamma + beta) * gamma:
 *
 *     moments, rms   dx = rstd * (h - mean(h) - direction * mean(h * xhat)) + dsum      equations: reference/gradient.ts
 *     fixed          dx = rstd * h + dsum
 */
export interface BackwardRequest {
  /** What the layer brings to be planned with. */
  readonly walks: BackwardWalks;
  readonly shape: Shape;
  readonly view: StatisticsView;
  /** Strides of gamma and beta where they were given. beta is read for an activation's slope alone. */
  readonly parameters: Readonly<Partial<Record<"gamma" | "beta", readonly number[]>>>;
  readonly statistics: ForwardRequest["statistics"];
  readonly subtractsMean: boolean;
  readonly activation: Activation;
  readonly eps: number;
  readonly epsMode: ForwardRequest["epsMode"];
  readonly correction: ForwardRequest["correction"];
  readonly gammaScale: number;
  readonly gammaShift: number;
  /** A gradient of the sum x + residual + residualBias is added to dx. */
  readonly hasDsum: boolean;
  /** Outputs that are wanted. */
  readonly wants: Readonly<Record<BackwardOutput, boolean>>;
  /** Parameter gradients are added to what stands in their tensors. */
  readonly accumulates: boolean;
  /** Strides of what was added to x and has another shape: its gradient is dx summed to that shape. `dresidual_bias` accumulates like a parameter's. */
  readonly added?: Readonly<Partial<Record<"dresidual" | "dresidual_bias", readonly number[]>>>;
  /** Every operand starts at a multiple of 16 bytes. */
  readonly aligned: boolean;
  /** True: x is a share of what the statistics were taken of, whose xhat need not add up to 0. */
  readonly isShare?: boolean;
}

export type BackwardOutput = "dx" | "dgamma" | "dbeta" | "dmean" | "dvariance";
