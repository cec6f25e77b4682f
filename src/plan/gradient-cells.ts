import { parameterView } from "../core/parameter-view.ts";
import { sizeOf } from "../core/shape.ts";
import { contains, reducedAxes, stillAxes, type Wanted } from "./backward-plan.ts";
import type { BackwardRequest } from "./backward-request.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Field } from "./gradient-lines.ts";
import { mergeLayout, termsOf, type MergeLayout } from "./gradient-merge.ts";
import { isCentered, sumGradients, type Partials } from "./gradient-sums.ts";
import { viewParams } from "./operands.ts";
import { SMALLEST_CELL } from "./thresholds.ts";

/** Sums that serve statistics and parameters alike. */
export interface Cells {
  readonly partials: Partials;
  readonly statistic: MergeLayout;
  readonly weights: Record<string, number> | null;
  /** A cell is a whole statistic. */
  readonly whole: boolean;
  /** Where the slices of a cell lie among the partials of each target, as far as a merge must know; null where they lie apart. */
  readonly slicesIn: (layout: MergeLayout) => Readonly<Record<string, number>> | null;
}

/**
 * A cell reaches over the axes along which statistics, gamma and beta all stay the same: a channel, or one plane of a sample. Its sums make the statistic's, weighted
 * with the gamma of each cell, and the parameters'. Null where cells are too small, or lie so that a merge cannot find them.
 */
export function cellSums(
  request: BackwardRequest,
  field: Field,
  wanted: readonly Wanted[],
  needsStatistics: boolean,
  capabilities: Capabilities,
): Cells | null {
  const own = reducedAxes(request);
  const gamma = request.parameters.gamma;
  const still = needsStatistics ? stillAxes(request, gamma) : request.shape.map((_, axis) => axis);
  const reduced = own.filter((axis) => still.includes(axis) && wanted.every((one) => one.reduced.includes(axis)));
  const whole = contains(reduced, own);
  const values = sizeOf(reduced.map((axis) => request.shape[axis]!));
  if (!needsStatistics && wanted.length < 2) return null;
  if (!whole && values < SMALLEST_CELL) return null;
  const partials = sumGradients(request, field, { reduced, weighted: false, plain: false }, "cells", capabilities);
  const statistic = mergeLayout(partials, own);
  if (partials.gathers.length > 0 || !statistic) return null;
  const weighs = gamma !== undefined && (!contains(stillAxes(request, gamma), own) || request.statistics === "fixed");
  const weights = weighs ? weightParams(partials, statistic, gamma) : null;
  if (weighs && !weights) return null;
  const isWhole = whole && isCentered(request) && !request.isShare;
  return { partials, statistic, weights, whole: isWhole, slicesIn: (layout) => (isWhole ? cellParams(partials, layout) : {}) };
}

/** How gamma weights the partials of each statistic, or null where its index cannot be said. */
function weightParams(partials: Pick<Partials, "extents" | "axes">, { view }: MergeLayout, gamma: readonly number[]): Record<string, number> | null {
  const strides = partials.axes.map((axis) => (axis < 0 ? 0 : gamma[axis]!));
  const rows = parameterView(partials.extents, strides, { rows: [...view.axes.outer, ...view.axes.kept], segments: [], items: [] });
  const terms = termsOf(partials.extents, strides, [...view.axes.repeats, ...view.axes.run]);
  if (!rows || terms.length > 1) return null;
  const [term] = terms;
  return { ...viewParams("weight_view", rows), weight_divisor: term?.divisor ?? 1, weight_count: term?.extent ?? 1, weight_stride: term?.stride ?? 0 };
}

/** Where the slices of a cell lie among the partials of a target; null where they lie apart. */
function cellParams(partials: Partials, { view }: MergeLayout): { cell_divisor: number; cell_count: number } | null {
  const places = [...view.axes.repeats, ...view.axes.run];
  const slice = places.findIndex((place) => partials.axes[place] === -1);
  const after = places.slice(slice + 1);
  const inner = sizeOf(after.map((place) => partials.extents[place]!));
  const walked = after.filter((place) => partials.view.axes.run.includes(partials.axes[place]!));
  if (!partials.columns || walked.length === 0) return { cell_divisor: inner, cell_count: partials.slices };
  return walked.length === after.length ? { cell_divisor: 1, cell_count: partials.slices * inner } : null;
}
