import { ABSENT, parameterView, type ParameterView, type WalkAxes } from "../core/parameter-view.ts";
import { sizeOf, type Shape } from "../core/shape.ts";
import type { StatisticsView } from "../core/statistics-view.ts";
import type { BackwardRequest } from "./backward-request.ts";
import type { Capabilities } from "./capabilities.ts";
import { gatherDispatch, permutedStrides } from "./gather-plan.ts";
import { chooseLanes, extentOf, rearranged, type Lanes } from "./operands.ts";
import type { Dispatch } from "./plan.ts";
import { statisticsStride, STATISTICS_PLANES } from "./request.ts";
import { SHORTEST_RUN } from "./thresholds.ts";

/** What the lines of a backward kernel read beside x and dy. */
export type LineRole = "gamma" | "beta" | "statistics";

/** Tensors of x's shape, and where each of their values finds its parameters and its statistic. */
export interface Field {
  readonly shape: Shape;
  /** Roles of the tensors of x's shape. */
  readonly tensors: { readonly x: string; readonly dy: string };
  readonly strides: Readonly<Partial<Record<LineRole, readonly number[]>>>;
}

/** Dispatches that must come first, and the memory that they write, by role. */
export interface Copies {
  readonly gathers: readonly Dispatch[];
  readonly scratch: Readonly<Record<string, number>>;
}

/** A field as one walk goes through it. */
export interface Lines extends Copies {
  readonly columns: boolean;
  /** Values a segment, and segments a row. */
  readonly items: number;
  readonly segments: number;
  readonly lanes: Lanes;
  readonly statistics: ParameterView;
  /** Neighbouring items with the same statistic, where statistics change from item to item. */
  readonly statisticsRun: number;
  readonly statisticsStride: number;
  /** The axes and strides that a copy of the statistics was made with; null where they are read in place. */
  readonly statisticsCopy: { readonly extents: readonly number[]; readonly source: readonly number[] } | null;
  readonly roles: Readonly<Partial<Record<LineRole, string>>>;
}

/** The field of a request: statistics lie in the order of the axes that are not reduced. */
export function fieldOf(request: BackwardRequest): Field {
  const { outer, kept } = request.view.axes;
  const strides = request.shape.map(() => 0);
  let stride = 1;
  for (const axis of [...outer, ...kept].toReversed()) {
    strides[axis] = stride;
    stride *= request.shape[axis]!;
  }
  const { gamma, beta } = request.parameters;
  // Without an activation no slope depends on beta.
  const read = { ...(gamma && { gamma }), ...(beta && request.activation !== "none" && { beta }) };
  return { shape: request.shape, tensors: { x: "x", dy: "dy" }, strides: { ...read, statistics: strides } };
}

/** The field with its axes in another order, its tensors copied into it. */
export function permuted(field: Field, order: readonly number[], tag: string, capabilities: Capabilities): Copies & { field: Field } {
  const pick = (list: readonly number[]): number[] => order.map((axis) => list[axis]!);
  const shape = pick(field.shape);
  const strides = Object.fromEntries(Object.entries(field.strides).map(([role, list]) => [role, pick(list)]));
  const gathers: Dispatch[] = [];
  const scratch: Record<string, number> = {};
  const copy = (role: string): string => {
    const name = `${role}_${tag}`;
    if (name in scratch || role === "") return role && name;
    gathers.push(gatherDispatch(shape, permutedStrides(field.shape, order), role, name, capabilities));
    scratch[name] = sizeOf(shape) * 4;
    return name;
  };
  return { field: { shape, tensors: { x: copy(field.tensors.x), dy: copy(field.tensors.dy) }, strides }, gathers, scratch };
}

/** True where a view is walked down its columns: its runs are short. */
export function walksColumns({ repeats, kept, run }: StatisticsView): boolean {
  return repeats * kept > 1 && run < SHORTEST_RUN && kept * run > 1;
}

/** Rows of one value are columns of one value: then neighbouring values are walked side by side. */
export function spread(view: StatisticsView): StatisticsView {
  if (view.count > 1 || view.repeats * view.kept * view.run > 1) return view;
  const all = [...view.axes.outer, ...view.axes.repeats, ...view.axes.kept, ...view.axes.run].toSorted((a, b) => a - b);
  return { ...view, outer: 1, repeats: 1, kept: view.outer, run: 1, axes: { outer: [], repeats: [], kept: all, run: [] } };
}

/** Finds how a walk along a view reads parameters and statistics; what it cannot read in place is copied. `tag` keeps the names of copies apart. */
export function arrangeLines(field: Field, view: StatisticsView, tag: string, aligned: boolean, capabilities: Capabilities): Lines {
  const columns = walksColumns(view);
  const { walk, segments } = columns ? columnWalk(field.shape, view) : bestRunWalk(field, view);
  const { shape, strides } = field;
  const gathers: Dispatch[] = [];
  const scratch: Record<string, number> = {};
  const roles: Partial<Record<LineRole, string>> = {};
  const views = { gamma: ABSENT, beta: ABSENT, residual_bias: ABSENT };
  const copy = (role: LineRole, extents: readonly number[], source: readonly number[]): void => {
    roles[role] = `${role}_${tag}`;
    gathers.push(gatherDispatch(extents, source, role, roles[role], capabilities));
    scratch[roles[role]] = sizeOf(extents) * 4;
  };
  for (const role of ["gamma", "beta"] as const) {
    const own = strides[role];
    if (!own) continue;
    const direct = parameterView(shape, own, walk);
    const found = direct ? null : rearranged(shape, own, walk);
    roles[role] = role;
    views[role] = direct ?? found!.view;
    if (found) copy(role, found.extents, found.source);
  }
  const statistics = statisticsLines(shape, strides.statistics, walk, view);
  if (strides.statistics) roles.statistics = "statistics";
  if (statistics.copy) {
    const planes = plannedCopy(statistics.copy, STATISTICS_PLANES, statisticsStride(countOf(shape, strides.statistics!)));
    copy("statistics", planes.extents, planes.source);
  }
  const items = extentOf(shape, walk.items);
  const lanes = chooseLanes({ items, views, roles: { ...(roles.gamma && { gamma: roles.gamma }), ...(roles.beta && { beta: roles.beta }) } }, aligned);
  return {
    columns,
    items,
    segments,
    lanes,
    statistics: statistics.view,
    statisticsRun: statistics.run,
    statisticsStride: statistics.copy ? sizeOf(statistics.copy.extents) : statisticsStride(countOf(shape, strides.statistics ?? [])),
    statisticsCopy: statistics.copy,
    roles,
    gathers,
    scratch,
  };
}

/** Extents and strides that copy `planes` planes at once. */
export function plannedCopy(copy: NonNullable<Lines["statisticsCopy"]>, planes: number, stride: number): { extents: number[]; source: number[] } {
  return { extents: [planes, ...copy.extents], source: [stride, ...copy.source] };
}

/** Values that a tensor with these strides has. */
function countOf(shape: Shape, strides: readonly number[]): number {
  return sizeOf(shape.filter((_, axis) => strides[axis]));
}

function columnWalk(shape: Shape, { axes }: StatisticsView): { walk: WalkAxes; segments: number } {
  return { walk: { rows: axes.outer, segments: axes.repeats, items: [...axes.kept, ...axes.run] }, segments: extentOf(shape, axes.repeats) };
}

/** The run, cut where that leaves the fewest tensors to be copied; the longest items among equals. What is cut off counts as rows. */
function bestRunWalk({ shape, strides }: Field, { axes }: StatisticsView): { walk: WalkAxes; segments: number } {
  const rows = [...axes.outer, ...axes.repeats, ...axes.kept];
  const cuts = Array.from({ length: Math.max(1, axes.run.length) }, (_, place) => {
    const head = axes.run.slice(0, place);
    const walk = { rows: [...rows, ...head], segments: [], items: axes.run.slice(place) };
    const copies = (["gamma", "beta"] as const).filter((role) => strides[role] && !parameterView(shape, strides[role], walk)).length;
    const statistics = strides.statistics && !inPlace(shape, strides.statistics, walk) ? 1 : 0;
    return { walk, segments: extentOf(shape, head), copies: copies + statistics };
  });
  return cuts.reduce((best, cut) => (cut.copies < best.copies ? cut : best));
}

/** Statistics that stay the same along the last axes of the items are found by a division. */
function inPlace(shape: Shape, strides: readonly number[], walk: WalkAxes): { view: ParameterView; run: number } | null {
  let head = walk.items.length;
  while (head > 0 && (strides[walk.items[head - 1]!] === 0 || shape[walk.items[head - 1]!] === 1)) head--;
  const view = parameterView(shape, strides, { ...walk, items: walk.items.slice(0, head) });
  return view && { view, run: view.item === 0 ? 1 : extentOf(shape, walk.items.slice(head)) };
}

function statisticsLines(
  shape: Shape,
  strides: readonly number[] | undefined,
  walk: WalkAxes,
  view: StatisticsView,
): { view: ParameterView; run: number; copy: Lines["statisticsCopy"] } {
  if (!strides) return { view: ABSENT, run: 1, copy: null };
  const direct = inPlace(shape, strides, walk);
  if (direct) return { ...direct, copy: null };
  const found = rearranged(shape, strides, walk);
  if (sizeOf(found.extents) === 0) throw new Error(`no statistics in ${view.count} values`);
  return { view: found.view, run: 1, copy: { extents: found.extents, source: found.source } };
}
