import { ABSENT, parameterView, type ParameterView, type WalkAxes } from "../core/parameter-view.ts";
import { sizeOf, stridesOf, type Shape } from "../core/shape.ts";
import type { Capabilities } from "./capabilities.ts";
import { gatherDispatch } from "./gather-plan.ts";
import type { Dispatch, Variant } from "./plan.ts";
import type { ParameterRole } from "./request.ts";

/** Strides of each parameter over the axes of a shape. */
export type ParameterStrides = Readonly<Partial<Record<ParameterRole, readonly number[]>>>;

/** Parameters as one walk reads them. */
export interface Operands {
  /** Values a segment, and segments a row. */
  readonly items: number;
  readonly segments: number;
  readonly views: Readonly<Record<ParameterRole, ParameterView>>;
  /** The role that each parameter is bound to: its own, or that of a rearranged copy. */
  readonly roles: Readonly<Partial<Record<ParameterRole, string>>>;
  /** Dispatches that make the copies, and their sizes in bytes. */
  readonly gathers: readonly Dispatch[];
  readonly scratch: Readonly<Record<string, number>>;
}

const ROLES: readonly ParameterRole[] = ["gamma", "beta", "residual_bias"];

/**
 * The axes of a walk. `segments: "cut"`: the items may be cut into segments wherever that spares a copy. `segments: "fold"`: likewise, and the
 * segments then count as rows.
 */
export interface WalkRequest {
  readonly rows: readonly number[];
  readonly segments: readonly number[] | "cut" | "fold";
  readonly items: readonly number[];
}

/** Finds how a walk can read its parameters. One that is not linear is first copied: in the order of x's axes, or, at worst, to the size of x. */
export function arrangeParameters(shape: Shape, strides: ParameterStrides, axes: WalkRequest, capabilities: Capabilities): Operands {
  const cut = bestCut(shape, strides, axes);
  const views: Record<ParameterRole, ParameterView> = { gamma: ABSENT, beta: ABSENT, residual_bias: ABSENT };
  const roles: Partial<Record<ParameterRole, string>> = {};
  const gathers: Dispatch[] = [];
  const scratch: Record<string, number> = {};
  for (const role of ROLES) {
    const own = strides[role];
    if (!own) continue;
    const direct = parameterView(shape, own, cut.walk);
    roles[role] = direct ? role : `${role}_copy`;
    if (direct) {
      views[role] = direct;
      continue;
    }
    const copy = rearranged(shape, own, cut.walk);
    views[role] = copy.view;
    gathers.push(gatherDispatch(copy.extents, copy.source, role, `${role}_copy`, capabilities));
    scratch[`${role}_copy`] = sizeOf(copy.extents) * 4;
  }
  return { items: extentOf(shape, cut.walk.items), segments: cut.segments, views, roles, gathers, scratch };
}

/** Count of values along these axes. */
export function extentOf(shape: Shape, axes: readonly number[]): number {
  return sizeOf(axes.map((axis) => shape[axis]!));
}

/** The cut of the items that leaves the fewest parameters to be copied; the fewest segments among equals. */
function bestCut(shape: Shape, strides: ParameterStrides, axes: WalkRequest): { walk: WalkAxes; segments: number } {
  const { rows, segments, items } = axes;
  if (typeof segments !== "string") return { walk: { rows, segments, items }, segments: extentOf(shape, segments) };
  const cuts = Array.from({ length: Math.max(1, items.length) }, (_, place) => {
    const head = items.slice(0, place);
    const walk: WalkAxes =
      segments === "cut" ? { rows, segments: head, items: items.slice(place) } : { rows: [...rows, ...head], segments: [], items: items.slice(place) };
    const copies = ROLES.filter((role) => strides[role] && !parameterView(shape, strides[role], walk)).length;
    return { walk, segments: extentOf(shape, head), copies };
  });
  return cuts.reduce((best, cut) => (cut.copies < best.copies ? cut : best));
}

/** The smaller of two copies that the walk can read: over the axes along which the parameter changes, in x's order, or over all. */
export function rearranged(shape: Shape, source: readonly number[], walk: WalkAxes): { extents: number[]; source: number[]; view: ParameterView } {
  const all = [...walk.rows, ...walk.segments, ...walk.items];
  for (const axes of [all.filter((axis) => source[axis] !== 0), all]) {
    const extents = axes.map((axis) => shape[axis]!);
    const own = stridesOf(extents);
    const strides = shape.map((_, axis) => (axes.includes(axis) ? own[axes.indexOf(axis)]! : 0));
    const view = parameterView(shape, strides, walk);
    if (view) return { extents, source: axes.map((axis) => source[axis]!), view };
  }
  throw new Error("a contiguous parameter is linear in every walk");
}

/** Lane width of a dispatch and its parameters' views in units of that width. */
export interface Lanes {
  readonly lane: Variant["lane"];
  readonly parameter: Variant["parameter"];
  readonly views: Readonly<Record<ParameterRole, ParameterView>>;
}

/** Four values a lane where segments and parameters stay whole, else one. */
export function chooseLanes(operands: Pick<Operands, "items" | "views" | "roles">, aligned: boolean): Lanes {
  const views = ROLES.filter((role) => operands.roles[role]).map((role) => operands.views[role]);
  const one: Lanes = { lane: 1, parameter: "scalar", views: operands.views };
  if (!aligned || operands.items % 4 !== 0) return one;
  if (views.every((view) => view.item === 0)) return { ...one, lane: 4 };
  const whole = (view: ParameterView): boolean => view.item === 1 && [view.majorStride, view.minorStride, view.segment].every((stride) => stride % 4 === 0);
  if (!views.every(whole)) return one;
  const inLanes = (view: ParameterView): ParameterView => ({
    ...view,
    majorStride: view.majorStride / 4,
    minorStride: view.minorStride / 4,
    segment: view.segment / 4,
  });
  const { gamma, beta, residual_bias } = operands.views;
  return { lane: 4, parameter: "lane", views: { gamma: inLanes(gamma), beta: inLanes(beta), residual_bias: inLanes(residual_bias) } };
}

/** True where gamma and beta, where they are there, lie along a row and are the same for all rows. */
export function isAlongRow(roles: Operands["roles"], views: Operands["views"]): boolean {
  const present = (["gamma", "beta"] as const).filter((role) => roles[role]).map((role) => views[role]);
  return present.every(({ item, majorStride, minorStride }) => item === 1 && majorStride === 0 && minorStride === 0);
}

/** A view as the members of the WGSL struct `ParameterView`. */
export function viewParams(name: string, view: ParameterView): Record<string, number> {
  return {
    [`${name}.major`]: view.major,
    [`${name}.major_count`]: view.majorCount,
    [`${name}.major_stride`]: view.majorStride,
    [`${name}.minor`]: view.minor,
    [`${name}.minor_count`]: view.minorCount,
    [`${name}.minor_stride`]: view.minorStride,
    [`${name}.segment`]: view.segment,
    [`${name}.item`]: view.item,
  };
}
