import { sizeOf, stridesOf } from "../core/shape.ts";
import type { Capabilities } from "./capabilities.ts";
import { cheapest, forwardChoices, isRowChoice, ranked, type Choice, type Way } from "./choice.ts";
import type { WalkPlan } from "./forward-parts.ts";
import { gatherDispatch, permutedStrides } from "./gather-plan.ts";
import type { Dispatch, Plan, Walk } from "./plan.ts";
import { statisticsStride, STATISTICS_PLANES, type ForwardRequest, type Running } from "./request.ts";
import { planRuns } from "./run-plan.ts";
import { isSoftware } from "./teams.ts";
import { SOFTWARE_UNROLLED } from "./thresholds.ts";

/** What to run for a forward call: a pure function of shape, parameters and device. `choice` names a way; without one, or where it does not fit, the model in cost.ts picks. */
export function planForward(request: ForwardRequest, capabilities: Capabilities, choice?: Choice): Plan {
  if (sizeOf(request.shape) === 0) return { walk: "none", team: "invocation", dispatches: [], scratch: {}, bytesMoved: 0 };
  if (request.view.order) return planGeneral(request, request.view.order, capabilities, choice);
  if (request.running?.towards === "samples") return planSamples(request, request.running, capabilities, choice);
  const expanded = expandResidual(request, capabilities);
  const choices = choicesOf(request, capabilities);
  const known = choice && choices.includes(choice) ? choice : settledChoice(request, choices, capabilities);
  return cheapest(request.view, known ? [known] : choices, capabilities, (way) =>
    assemble(way, walkAs(way, expanded.request, capabilities), expanded.gathers, expanded.scratch, request),
  );
}

/** What the model says of a CPU's small rows, without asking it: a first result should not wait for the weighing of four plans. */
function settledChoice({ shape }: ForwardRequest, choices: readonly Choice[], capabilities: Capabilities): Choice | null {
  const isSettled = isSoftware(capabilities) && !capabilities.batchInvariant && sizeOf(shape) < SOFTWARE_UNROLLED && choices.every(isRowChoice);
  return isSettled ? choices[0]! : null;
}

/** The ways to plan a forward call, the cheapest by the model first. */
export function forwardWays(request: ForwardRequest, capabilities: Capabilities): Way[] {
  if (request.running?.towards === "samples") {
    // What is chosen is the norm of every sample; the running statistics follow from it.
    return forwardWays(aloneOf(request), capabilities).map((way) => ({ ...way, plan: planForward(request, capabilities, way.choice) }));
  }
  return ranked(request.view, choicesOf(request, capabilities), capabilities, (choice) => planForward(request, capabilities, choice));
}

function walkAs(way: Choice, request: ForwardRequest, capabilities: Capabilities): WalkPlan {
  const { walks } = request;
  if (way === "run") return planRuns(request, capabilities);
  const flat = way === "row/invocation/4" ? walks.flat?.rows(request, capabilities) : null;
  if (flat) return flat;
  return isRowChoice(way) ? walks.rows!(request, capabilities, way) : walks.columns!(request, capabilities, way === "column/split");
}

/** The ways of a request that the layer brings, or runs, which serve every view. Rows that a row kernel would read a value at a time, and runs four, may be cut however short they are. */
function choicesOf(request: ForwardRequest, capabilities: Capabilities): Choice[] {
  const { rows, columns, flat } = request.walks;
  const choices = forwardChoices(request, capabilities).filter((way) => way === "run" || (isRowChoice(way) ? rows : columns));
  if (choices.length === 0) return ["run"];
  const addsRun = isRowChoice(choices[0]!) && !choices.includes("run") && !capabilities.batchInvariant;
  return addsRun && flat?.runs(request, capabilities) ? [...choices, "run"] : choices;
}

interface Expanded {
  readonly request: ForwardRequest;
  readonly gathers: readonly Dispatch[];
  readonly scratch: Readonly<Record<string, number>>;
}

/** A residual that is broadcast or permuted is first written out in x's shape. */
function expandResidual(request: ForwardRequest, capabilities: Capabilities): Expanded {
  const { shape, residual } = request;
  const own = stridesOf(shape);
  if (!residual || residual.every((stride, axis) => stride === own[axis] || shape[axis] === 1)) return { request, gathers: [], scratch: {} };
  return {
    request: { ...request, residual: own },
    gathers: [gatherDispatch(shape, residual, "residual", "residual_copy", capabilities)],
    scratch: { residual_copy: sizeOf(shape) * 4 },
  };
}

/** The norm of every sample by itself. */
function aloneOf(request: ForwardRequest): ForwardRequest {
  return { ...request, running: null, writesStatistics: true };
}

/** The norm of every sample by itself, then the running statistics from the samples' own. */
function planSamples(request: ForwardRequest, running: Running, capabilities: Capabilities, choice?: Choice): Plan {
  const plan = planForward(aloneOf(request), capabilities, choice);
  const own: Record<string, number> = request.writesStatistics ? {} : { statistics: statisticsStride(request.view.statistics) * STATISTICS_PLANES * 4 };
  const moved = request.walks.samples!(request, running, capabilities);
  return { ...plan, dispatches: [...plan.dispatches, moved], scratch: { ...plan.scratch, ...own } };
}

/** Axes that alternate too often for a walk: x is brought into rows, normalized there, and brought back. */
function planGeneral(request: ForwardRequest, order: readonly number[], capabilities: Capabilities, choice?: Choice): Plan {
  const pick = (list: readonly number[]): number[] => order.map((axis) => list[axis]!);
  const shape = pick(request.shape);
  const kept = request.view.axes.outer.length;
  const places = shape.map((_, place) => place);
  const view = { ...request.view, order: null, axes: { outer: places.slice(0, kept), repeats: [], kept: [], run: places.slice(kept) } };
  const parameters = Object.fromEntries(Object.entries(request.parameters).map(([role, strides]) => [role, pick(strides)]));
  const rows = planForward(
    { ...request, reloadsSum: false, shape, view, parameters, residual: request.residual && pick(request.residual) },
    capabilities,
    choice,
  );
  const rename = (role: string): string => (role === "x" || role === "y" || role === "sum" ? `${role}_rows` : role);
  const inner = rows.dispatches.map((dispatch) => ({
    ...dispatch,
    bindings: Object.fromEntries(Object.entries(dispatch.bindings).map(([binding, role]) => [binding, rename(role)])),
  }));
  const inverse = order.map((_, axis) => order.indexOf(axis));
  const back = (source: string, gathered: string): Dispatch => gatherDispatch(request.shape, permutedStrides(shape, inverse), source, gathered, capabilities);
  const bytes = sizeOf(shape) * 4;
  const innerScratch = Object.fromEntries(Object.entries(rows.scratch).map(([role, size]) => [rename(role), size]));
  return {
    walk: "general",
    team: rows.team,
    dispatches: [
      gatherDispatch(shape, permutedStrides(request.shape, order), "x", "x_rows", capabilities),
      ...inner,
      back("y_rows", "y"),
      ...(request.writesSum ? [back("sum_rows", "sum")] : []),
    ],
    scratch: { ...innerScratch, x_rows: bytes, y_rows: bytes, ...(request.writesSum ? { sum_rows: bytes } : {}) },
    bytesMoved: rows.bytesMoved + bytes * (request.writesSum ? 6 : 4),
  };
}

function assemble(way: Choice, part: WalkPlan, gathers: readonly Dispatch[], scratch: Readonly<Record<string, number>>, request: ForwardRequest): Plan {
  const renamed = part.dispatches.map((dispatch) =>
    gathers.length && dispatch.bindings["residual"] ? { ...dispatch, bindings: { ...dispatch.bindings, residual: "residual_copy" } } : dispatch,
  );
  const needsStatistics = renamed.some((dispatch) => dispatch.bindings["statistics"]);
  const own: Record<string, number> =
    needsStatistics && !request.writesStatistics && request.statistics !== "given"
      ? { statistics: statisticsStride(request.view.statistics) * STATISTICS_PLANES * 4 }
      : {};
  return {
    walk: way.split("/")[0] as Walk,
    team: part.team,
    dispatches: [...gathers, ...renamed],
    scratch: { ...part.scratch, ...scratch, ...own },
    bytesMoved: sizeOf(request.shape) * 4 * (part.passes + 2 * gathers.length),
  };
}
