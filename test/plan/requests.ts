import { sizeOf, stridesOf, type Shape } from "../../src/core/shape.ts";
import { statisticsView } from "../../src/core/statistics-view.ts";
import type { Capabilities } from "../../src/plan/capabilities.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { ForwardRequest } from "../../src/plan/request.ts";
import { CHANNELS, FEATURES, PLANES, SAMPLES } from "../../src/plan/walks.ts";
import { EVERY_WALK } from "./every-walk.ts";

const LIMITS = {
  f16: false,
  timestamps: false,
  maxWorkgroupsPerDimension: 65535,
  maxInvocationsPerWorkgroup: 256,
  maxWorkgroupStorageBytes: 16384,
  maxBindingBytes: 2 ** 31,
  maxBufferBytes: 2 ** 31,
};

/** A software adapter like SwiftShader, and a large GPU with and without subgroups. */
export const DEVICES = {
  software: { ...LIMITS, adapterClass: "software", subgroups: true, subgroupMinSize: 4, subgroupMaxSize: 4 },
  gpu: { ...LIMITS, adapterClass: "discrete", subgroups: true, subgroupMinSize: 32, subgroupMaxSize: 32 },
  plain: { ...LIMITS, adapterClass: "discrete", subgroups: false, subgroupMinSize: 4, subgroupMaxSize: 128 },
} as const satisfies Record<string, Capabilities>;

/** A request without parameters for x of this shape. */
export function request(shape: Shape, reduced: readonly number[], more: Partial<ForwardRequest> = {}): ForwardRequest {
  return {
    walks: EVERY_WALK,
    shape,
    view: statisticsView(shape, reduced),
    parameters: {},
    residual: null,
    statistics: "moments",
    applies: true,
    subtractsMean: true,
    activation: "none",
    eps: 1e-5,
    epsMode: "insideVariance",
    correction: 0,
    gammaScale: 1,
    gammaShift: 0,
    writesSum: false,
    writesStatistics: false,
    running: null,
    aligned: true,
    ...more,
  };
}

/** Strides over `shape` of a parameter with a value for each index of `axes`. */
export function along(shape: Shape, axes: readonly number[]): number[] {
  const own = stridesOf(axes.map((axis) => shape[axis]!));
  return shape.map((_, axis) => (axes.includes(axis) ? own[axes.indexOf(axis)]! : 0));
}

/** LayerNorm of the last axis, gamma and beta per feature. */
export function layer(rows: number, length: number): ForwardRequest {
  const shape = [rows, length];
  return request(shape, [1], { walks: FEATURES, parameters: { gamma: along(shape, [1]), beta: along(shape, [1]) } });
}

/** BatchNorm of [N, C, ...] or [N, ..., C], gamma and beta per channel. */
export function batch(shape: Shape, axis: number, kind: "moments" | "fixed" = "moments"): ForwardRequest {
  const reduced = shape.map((_, place) => place).filter((place) => place !== axis);
  const parameters = { gamma: along(shape, [axis]), beta: along(shape, [axis]) };
  return request(shape, reduced, { walks: CHANNELS, parameters, statistics: kind, running: kind === "moments" ? { momentum: 0.1, unbiased: true } : null });
}

/** InstanceNorm of [N, C, ...] or [N, ..., C], gamma and beta per channel. */
export function instance(shape: Shape, axis: number): ForwardRequest {
  const reduced = shape.map((_, place) => place).filter((place) => place !== axis && place !== 0);
  return request(shape, reduced, { walks: SAMPLES, parameters: { gamma: along(shape, [axis]), beta: along(shape, [axis]) } });
}

/** GroupNorm of [N, C, ...], gamma and beta per channel. */
export function group([n, c, ...rest]: readonly [number, number, ...number[]], groups: number): ForwardRequest {
  const shape = [n, groups, c / groups, ...rest];
  const reduced = shape.map((_, place) => place).slice(2);
  const perChannel = shape.map((_, place) => (place === 1 ? c / groups : place === 2 ? 1 : 0));
  return request(shape, reduced, { walks: PLANES, parameters: { gamma: perChannel, beta: perChannel } });
}

/** GroupNorm of [N, ..., C], gamma and beta per channel. */
export function groupLast(x: Shape, groups: number): ForwardRequest {
  const channels = x.at(-1)!;
  const shape = [...x.slice(0, -1), groups, channels / groups];
  const last = shape.length - 1;
  const reduced = [...shape.keys()].filter((place) => place > 0 && place !== last - 1);
  return request(shape, reduced, { walks: PLANES, parameters: { gamma: along(shape, [last - 1, last]), beta: along(shape, [last - 1, last]) } });
}

/** The same plan in one line: walk, then each kernel with its team, workgroup, grid and lane. */
export function brief(plan: Plan): string {
  const kernels = plan.dispatches.map(
    ({ kernel, variant, overrides, grid }) => `${kernel} ${variant.team} ${overrides["WORKGROUP"]} ${grid.join("x")} lane ${variant.lane}`,
  );
  return [plan.walk, ...kernels].join(" | ");
}

/** Bytes of x. */
export function bytesOf(asked: ForwardRequest): number {
  return sizeOf(asked.shape) * 4;
}
