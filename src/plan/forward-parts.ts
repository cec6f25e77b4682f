import { ACTIVATIONS } from "../core/activation.ts";
import type { ParameterView } from "../core/parameter-view.ts";
import { sizeOf } from "../core/shape.ts";
import { viewParams } from "./operands.ts";
import type { Dispatch, Team } from "./plan.ts";
import { statisticsStride, type ForwardRequest } from "./request.ts";

/** The part of a plan that one walk contributes. */
export interface WalkPlan {
  readonly team: Team;
  readonly dispatches: readonly Dispatch[];
  readonly scratch: Readonly<Record<string, number>>;
  /** Times that a tensor of x's size is read from memory or written to it. */
  readonly passes: number;
}

/** Flags of a kernel that reads x + residual + bias. */
export function sourceFlags(request: ForwardRequest): Record<string, number> {
  return {
    HAS_RESIDUAL: Number(request.residual !== null),
    HAS_RESIDUAL_BIAS: Number(request.parameters.residual_bias !== undefined),
    WRITES_SUM: Number(request.writesSum),
  };
}

/** Flags of a kernel that writes y. */
export function applyFlags(request: ForwardRequest): Record<string, number> {
  return {
    SUBTRACTS_MEAN: Number(request.subtractsMean),
    HAS_GAMMA: Number(request.parameters.gamma !== undefined),
    HAS_BETA: Number(request.parameters.beta !== undefined),
    SCALES_GAMMA: Number(scalesGamma(request)),
    ACTIVATION: ACTIVATIONS.indexOf(request.activation),
  };
}

/** The numbers of gamma's factor, for a kernel that writes y. */
export function affineParams(request: ForwardRequest): Record<string, number> {
  return { gamma_scale: request.gammaScale, gamma_shift: request.gammaShift };
}

function scalesGamma({ gammaScale, gammaShift }: ForwardRequest): boolean {
  return gammaScale !== 1 || gammaShift !== 0;
}

/** Flags of a kernel that makes rstd from a variance of its own. */
export function deviationFlags(request: Pick<ForwardRequest, "correction" | "epsMode">): Record<string, number> {
  return { UNBIASED: request.correction, EPS_OUTSIDE: Number(request.epsMode === "outsideStd") };
}

/** Flags of a kernel that does everything in one dispatch, where x has nothing added to it. */
export function unsummedFlags(request: ForwardRequest): Record<string, number> {
  return {
    ...applyFlags(request),
    ...deviationFlags(request),
    CENTERED: Number(request.statistics === "moments"),
    WRITES_STATISTICS: Number(request.writesStatistics),
  };
}

/** Flags of a kernel that does everything in one dispatch. */
export function wholeFlags(request: ForwardRequest): Record<string, number> {
  return { ...sourceFlags(request), ...unsummedFlags(request) };
}

/** The numbers of a kernel that does everything in one dispatch: of statistics, and of gamma's factor. */
export function wholeParams(request: ForwardRequest): Record<string, number> {
  const { view, eps } = request;
  return { ...affineParams(request), statistics_stride: statisticsStride(view.statistics), reciprocal: 1 / view.count, eps, zero: 0 };
}

/** Bindings of x, residual, its bias and the sum. */
export function sourceBindings(request: ForwardRequest, roles: Readonly<Record<string, string>>): Record<string, string> {
  const bindings: Record<string, string> = { x: "x" };
  if (roles["residual_bias"]) bindings["residual_bias"] = roles["residual_bias"];
  if (request.residual) bindings["residual"] = "residual";
  if (request.writesSum) bindings["sum"] = "sum";
  return bindings;
}

/** Bindings of gamma, beta and y. */
export function applyBindings(roles: Readonly<Record<string, string>>): Record<string, string> {
  const bindings: Record<string, string> = { y: "y" };
  for (const role of ["gamma", "beta"]) if (roles[role]) bindings[role] = roles[role];
  return bindings;
}

/** Bindings of a kernel that does everything in one dispatch. */
export function wholeBindings(request: ForwardRequest, roles: Readonly<Record<string, string>>): Record<string, string> {
  const bindings = { ...sourceBindings(request, roles), ...applyBindings(roles) };
  return request.writesStatistics ? { ...bindings, statistics: "statistics" } : bindings;
}

/** Views as members of a kernel's params. */
export function viewsParams(views: Readonly<Record<string, ParameterView>>): Record<string, number> {
  return Object.assign({}, ...Object.entries(views).map(([role, view]) => viewParams(`${role}_view`, view)));
}

/** True where x has something added before the norm. */
export function isSummed(request: ForwardRequest): boolean {
  return request.residual !== null || request.parameters.residual_bias !== undefined;
}

/** Tensors of x's size that one dispatch for everything reads and writes. */
export function wholePasses(request: ForwardRequest): number {
  return 2 + Number(request.residual !== null) + Number(request.writesSum);
}

/** The two halves of a norm whose statistics take a dispatch of their own: what is read and summed, and what is applied to the sum. */
export interface Halves {
  readonly moments: ForwardRequest;
  readonly apply: ForwardRequest;
  /** Role that the apply reads as x. */
  readonly applied: string;
  readonly scratch: Readonly<Record<string, number>>;
  readonly passes: number;
}

/** x + residual is summed and written once by the first half and read again by the second; or, where that is not wanted, summed by both and written by the second. */
export function halves(request: ForwardRequest): Halves {
  const { gamma, beta, residual_bias } = request.parameters;
  const affine = { ...(gamma && { gamma }), ...(beta && { beta }) };
  const summed = isSummed(request);
  if (request.reloadsSum) {
    return {
      moments: { ...request, parameters: residual_bias ? { residual_bias } : {}, writesSum: false },
      apply: request,
      applied: "x",
      scratch: {},
      passes: (request.applies ? 3 + Number(request.writesSum) + Number(request.residual !== null) : 1) + Number(request.residual !== null),
    };
  }
  return {
    moments: { ...request, parameters: residual_bias ? { residual_bias } : {}, writesSum: summed && request.applies },
    apply: { ...request, parameters: affine, residual: null, writesSum: false },
    applied: summed ? "sum" : "x",
    scratch: summed && request.applies && !request.writesSum ? { sum: sizeOf(request.shape) * 4 } : {},
    passes: (request.applies ? 3 + Number(summed) : 1) + Number(request.residual !== null),
  };
}
