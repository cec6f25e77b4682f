import type { Shape } from "../core/shape.ts";
import type { StatisticsView } from "../core/statistics-view.ts";

/** The names under which a layer knows the tensors of a plan: x is `v` in a weight norm. */
export type PNormRole = "x" | "y" | "dy" | "dx";

/** What both directions of a division by a p-norm ask of the planner: y = g * x / max(norm, eps), norm = (sum of |x|^p)^(1/p) of the values that share a statistic. */
export interface PNormRequest {
  readonly shape: Shape;
  readonly view: StatisticsView;
  /** p, from 1. */
  readonly power: number;
  readonly eps: number;
  /** A factor g for each statistic, in the tensor `g`. */
  readonly hasG: boolean;
  readonly names: Readonly<Record<PNormRole, string>>;
  /** Every operand starts at a multiple of 16 bytes. */
  readonly aligned: boolean;
}

/** Forward: reads x and g, writes y and, where it is wanted, `norm`. */
export interface PNormForwardRequest extends PNormRequest {
  readonly writesNorm: boolean;
}

/** Backward: reads x, dy, `norm` and g; writes dx and, where there is a g, `dg`. */
export interface PNormBackwardRequest extends PNormRequest {
  /** dx and dg are added to what stands in their tensors. */
  readonly accumulates: boolean;
}
