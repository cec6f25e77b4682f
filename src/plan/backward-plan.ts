import { sizeOf } from "../core/shape.ts";
import type { BackwardRequest } from "./backward-request.ts";
import type { Capabilities } from "./capabilities.ts";
import { backwardChoices, cheapest, isRowChoice, ranked, type Choice, type Way } from "./choice.ts";
import type { WalkPlan } from "./forward-parts.ts";
import { gatherDispatch, permutedStrides } from "./gather-plan.ts";
import { applyGradient, COEFFICIENT_PLANES } from "./gradient-apply.ts";
import type { Cells } from "./gradient-cells.ts";
import { fieldOf, type Copies, type Field } from "./gradient-lines.ts";
import { directSum, emptyMerge, mergeLayout, parameterMerges, statisticMerge, type ParameterTarget } from "./gradient-merge.ts";
import { isCentered, sumGradients, type Partials } from "./gradient-sums.ts";
import type { Dispatch, Plan } from "./plan.ts";
import { statisticsStride } from "./request.ts";
import { MOST_CELLS } from "./thresholds.ts";

/** What to run for a backward call: a pure function of shape, parameters and device. `choice` names a way; without one, or where it does not fit, the model in cost.ts picks. */
export function planBackward(request: BackwardRequest, capabilities: Capabilities, choice?: Choice): Plan {
  if (sizeOf(request.shape) === 0) return planEmpty(request, capabilities);
  if (request.view.order) return planGeneral(request, request.view.order, capabilities, choice);
  const choices = choicesOf(request, capabilities);
  const wanted = choice && choices.includes(choice) ? [choice] : choices;
  return cheapest(request.view, wanted, capabilities, (way) => planAs(request, capabilities, way));
}

function choicesOf(request: BackwardRequest, capabilities: Capabilities): Choice[] {
  return backwardChoices(request, Boolean(request.walks.rows?.(request, capabilities, "row/workgroup")), capabilities);
}

/** The ways to plan a backward call, the cheapest by the model first. */
export function backwardWays(request: BackwardRequest, capabilities: Capabilities): Way[] {
  return ranked(request.view, choicesOf(request, capabilities), capabilities, (choice) => planBackward(request, capabilities, choice));
}

function planAs(request: BackwardRequest, capabilities: Capabilities, way: Choice): Plan {
  const steps = new Steps();
  const rows = fusedAs(request, capabilities, way);
  // A half past the largest is infinite, not clamped: who scales a loss looks for it.
  const unclamped = rows?.dispatches.map((one) => (one.bindings["dx"] ? { ...one, overrides: { ...one.overrides, SATURATES: 0 } } : one));
  if (rows) steps.add(unclamped!, rows.scratch);
  const found = rows ? { columns: false, passes: rows.passes } : planGradients(request, steps, capabilities);
  planAdded(request, steps, capabilities);
  const walk = found.columns ? "column" : request.view.repeats * request.view.kept > 1 ? "run" : "row";
  const last = steps.dispatches.at(-1);
  return {
    walk: last ? walk : "none",
    team: rows?.team ?? steps.dispatches.find(({ kernel }) => kernel === "sum-gradient")?.variant.team ?? "invocation",
    dispatches: steps.dispatches,
    scratch: steps.scratch,
    bytesMoved: sizeOf(request.shape) * 4 * found.passes,
  };
}

/** One dispatch that sums and applies, or null: of planes as lanes of the whole tensor, on a CPU, or of rows. */
function fusedAs(request: BackwardRequest, capabilities: Capabilities, way: Choice): WalkPlan | null {
  const { view, walks } = request;
  const takesPlanes = way === "row/invocation/4" || view.repeats * view.kept > 1;
  const planes = takesPlanes ? walks.planes?.(request, capabilities) : null;
  return planes ?? (isRowChoice(way) ? walks.rows?.(request, capabilities, way) : null) ?? null;
}

/** Dispatches in order, and the memory between them. */
class Steps {
  readonly dispatches: Dispatch[] = [];
  readonly scratch: Record<string, number> = {};

  add(dispatches: readonly Dispatch[], scratch: Readonly<Record<string, number>> = {}): void {
    this.dispatches.push(...dispatches);
    Object.assign(this.scratch, scratch);
  }

  addWith(copies: Copies, dispatch: Dispatch): void {
    this.add([...copies.gathers, dispatch], copies.scratch);
  }
}

type Strides = readonly number[];

/** Axes along which a tensor stays the same. */
export function stillAxes(request: BackwardRequest, strides: Strides | undefined): number[] {
  return request.shape.flatMap((extent, axis) => (extent > 1 && !strides?.[axis] ? [axis] : []));
}

/** Axes over which statistics are taken. */
export function reducedAxes({ shape, view }: BackwardRequest): number[] {
  return [...view.axes.repeats, ...view.axes.run].filter((axis) => shape[axis]! > 1);
}

/** True where every axis of `inner` is one of `outer`. */
export function contains(outer: readonly number[], inner: readonly number[]): boolean {
  return inner.every((axis) => outer.includes(axis));
}

/** A parameter whose gradient is wanted. Where gamma and beta lie alike they are one. */
export interface Wanted {
  readonly target: Omit<ParameterTarget, "whole">;
  /** Axes over which it is summed. */
  readonly reduced: readonly number[];
}

function wantedParameters(request: BackwardRequest): Wanted[] {
  const { parameters, wants, accumulates, gammaScale } = request;
  const gamma = wants.dgamma ? parameters.gamma : undefined;
  const beta = wants.dbeta ? parameters.beta : undefined;
  const wanted = (strides: Strides, roles: Pick<ParameterTarget, "dgamma" | "dbeta">): Wanted => ({
    target: { ...roles, strides, scale: gammaScale, accumulates },
    reduced: stillAxes(request, strides),
  });
  const alike = gamma && beta && request.shape.every((extent, axis) => extent === 1 || gamma[axis] === beta[axis]);
  if (alike) return [wanted(gamma, { dgamma: "dgamma", dbeta: "dbeta" })];
  return [...(gamma ? [wanted(gamma, { dgamma: "dgamma" })] : []), ...(beta ? [wanted(beta, { dbeta: "dbeta" })] : [])];
}

function planGradients(request: BackwardRequest, steps: Steps, capabilities: Capabilities): { columns: boolean; passes: number } {
  const field = fieldOf(request);
  const { wants, statistics } = request;
  const wanted = wantedParameters(request);
  const follows = statistics !== "fixed" && wants.dx;
  const needsStatistics = follows || (statistics === "fixed" && (wants.dmean || wants.dvariance));
  const cells = request.walks.cells?.(request, field, wanted, needsStatistics, capabilities) ?? null;
  const factored = contains(stillAxes(request, request.parameters.gamma), reducedAxes(request));
  let passes = 0;
  if (cells && (needsStatistics || wanted.length > 0)) {
    steps.addWith(cells.partials, cells.partials.dispatch);
    passes += 2;
  }
  if (follows) steps.add([], { coefficients: statisticsStride(request.view.statistics) * COEFFICIENT_PLANES * 4 });
  if (needsStatistics && cells) steps.add([statisticMerge(request, cells.partials, cells.statistic, cells.weights, capabilities)]);
  else if (needsStatistics) {
    const weighted = request.parameters.gamma !== undefined && (!factored || statistics === "fixed");
    const partials = sumGradients(request, field, { reduced: reducedAxes(request), weighted, plain: false }, "statistics", capabilities);
    steps.addWith(partials, partials.dispatch);
    steps.add([statisticMerge(request, partials, mergeLayout(partials, reducedAxes(request))!, null, capabilities)]);
    passes += 2;
  }
  for (const one of wanted) passes += planParameter(request, field, one, cells, steps, capabilities);
  if (!wants.dx) return { columns: cells?.partials.columns ?? false, passes };
  const apply = applyGradient(request, field, factored, capabilities);
  steps.addWith(apply, apply.dispatch);
  return { columns: apply.columns, passes: passes + 3 + Number(request.hasDsum) };
}

/** The gradient of a parameter: from the cells, or by a walk of its own. Gives the passes over x that it took. */
function planParameter(request: BackwardRequest, field: Field, one: Wanted, cells: Cells | null, steps: Steps, capabilities: Capabilities): number {
  const tag = one.target.dgamma ?? one.target.dbeta!;
  const layout = cells && mergeLayout(cells.partials, one.reduced);
  const slices = layout && layout.params["partials_count"]! <= MOST_CELLS && cells.slicesIn(layout);
  if (slices) {
    const merged = parameterMerges(cells.partials, layout, { ...one.target, whole: cells.whole }, tag, capabilities, slices);
    steps.add(merged.dispatches, merged.scratch);
    return 0;
  }
  const direct = !contains(one.reduced, reducedAxes(request));
  const partials = sumGradients(request, field, { reduced: one.reduced, weighted: false, plain: false, direct }, tag, capabilities);
  addMerged(partials, one, tag, steps, capabilities);
  return 2;
}

/** Sums of a target's own walk, brought to where its gradient lies. */
function addMerged(partials: Partials, one: Wanted, tag: string, steps: Steps, capabilities: Capabilities): void {
  const layout = mergeLayout(partials, one.reduced)!;
  const target = { ...one.target, whole: false };
  const direct = directSum(partials, layout, target);
  const { [partials.role]: bytes, ...scratch } = partials.scratch;
  if (direct) {
    steps.add([...partials.gathers, direct], scratch);
    return;
  }
  const merged = parameterMerges(partials, layout, target, tag, capabilities);
  steps.add([...partials.gathers, partials.dispatch, ...merged.dispatches], { ...scratch, [partials.role]: bytes!, ...merged.scratch });
}

/** dx summed to the shapes of what was added to x. */
function planAdded(request: BackwardRequest, steps: Steps, capabilities: Capabilities): void {
  const field: Field = { shape: request.shape, tensors: { x: "", dy: "dx" }, strides: {} };
  const plain = { ...request, parameters: {}, activation: "none" as const };
  for (const one of addedTargets(request)) {
    const tag = one.target.dbeta!;
    // dx without dsum adds up to 0 over the values of a statistic that is shifted by its mean: nothing else is left to be summed.
    const cancels = isCentered(request) && contains(one.reduced, reducedAxes(request));
    if (cancels && !request.hasDsum) {
      if (!one.target.accumulates) steps.add([zeros(request, one, capabilities)], { partials_none: 32 });
      continue;
    }
    const summed = cancels ? { ...field, tensors: { x: "", dy: "dsum" } } : field;
    const partials = sumGradients(plain, summed, { reduced: one.reduced, weighted: false, plain: true }, tag, capabilities);
    addMerged(partials, one, tag, steps, capabilities);
  }
}

function addedTargets(request: BackwardRequest): Wanted[] {
  return Object.entries(request.added ?? {}).map(([role, strides]) => ({
    target: { dbeta: role, strides, scale: 1, accumulates: request.accumulates && role === "dresidual_bias" },
    reduced: stillAxes(request, strides),
  }));
}

/** Axes that alternate too often for a walk: x and dy are brought into rows, and dx is brought back. */
function planGeneral(request: BackwardRequest, order: readonly number[], capabilities: Capabilities, choice?: Choice): Plan {
  const pick = (list: readonly number[]): number[] => order.map((axis) => list[axis]!);
  const shape = pick(request.shape);
  const kept = request.view.axes.outer.length;
  const places = shape.map((_, place) => place);
  const view = { ...request.view, order: null, axes: { outer: places.slice(0, kept), repeats: [], kept: [], run: places.slice(kept) } };
  const picked = <Lists extends Readonly<Record<string, Strides>>>(strides: Lists): Lists =>
    Object.fromEntries(Object.entries(strides).map(([role, list]) => [role, pick(list)])) as Readonly<Record<string, Strides>> as Lists;
  const inner = planBackward(
    { ...request, shape, view, parameters: picked(request.parameters), ...(request.added && { added: picked(request.added) }) },
    capabilities,
    choice,
  );
  const bytes = sizeOf(shape) * 4;
  const copied = ["x", "dy", ...(request.hasDsum ? ["dsum"] : [])];
  const renamed = new Set([...copied, "dx"]);
  const rename = (role: string): string => (renamed.has(role) ? `${role}_rows` : role);
  const inverse = order.map((_, axis) => order.indexOf(axis));
  const back = gatherDispatch(request.shape, permutedStrides(shape, inverse), "dx_rows", "dx", capabilities);
  const dispatches = inner.dispatches.map((dispatch) => ({
    ...dispatch,
    bindings: Object.fromEntries(Object.entries(dispatch.bindings).map(([binding, role]) => [binding, rename(role)])),
  }));
  const writesDx = request.wants.dx || Object.keys(request.added ?? {}).length > 0;
  return {
    ...inner,
    walk: "general",
    dispatches: [
      ...copied.map((role) => gatherDispatch(shape, permutedStrides(request.shape, order), role, rename(role), capabilities)),
      ...dispatches,
      ...(writesDx ? [{ ...back, overrides: { ...back.overrides, SATURATES: 0 } }] : []),
    ],
    scratch: { ...inner.scratch, ...Object.fromEntries([...copied, ...(writesDx ? ["dx"] : [])].map((role) => [rename(role), bytes])) },
    bytesMoved: inner.bytesMoved + bytes * 2 * (copied.length + Number(writesDx)),
  };
}

/** The gradients of given statistics, as if they were parameters. */
function givenStatistics(request: BackwardRequest): Wanted[] {
  const roles = (["dmean", "dvariance"] as const).filter((role) => request.statistics === "fixed" && request.wants[role]);
  const strides = fieldOf(request).strides.statistics!;
  return roles.map((role) => ({ target: { dbeta: role, strides, scale: 1, accumulates: false }, reduced: reducedAxes(request) }));
}

/** Values of a tensor with these strides. */
function valuesOf({ shape }: BackwardRequest, strides: Strides): number {
  return sizeOf(shape.filter((_, axis) => strides[axis]));
}

function zeros(request: BackwardRequest, { target }: Wanted, capabilities: Capabilities): Dispatch {
  return emptyMerge({ ...target, whole: false }, valuesOf(request, target.strides), capabilities);
}

/** An x without values: the gradients of parameters are zeros. */
function planEmpty(request: BackwardRequest, capabilities: Capabilities): Plan {
  const targets = [...wantedParameters(request), ...addedTargets(request), ...givenStatistics(request)].filter(({ target }) => !target.accumulates);
  const dispatches = targets.filter(({ target }) => valuesOf(request, target.strides) > 0).map((one) => zeros(request, one, capabilities));
  return { walk: "none", team: "invocation", dispatches, scratch: dispatches.length ? { partials_none: 32 } : {}, bytesMoved: 0 };
}
