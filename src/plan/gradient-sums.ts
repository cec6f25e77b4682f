import sumGradient from "../../shaders/sum-gradient.wgsl";
import { ACTIVATIONS } from "../core/activation.ts";
import { sizeOf } from "../core/shape.ts";
import { statisticsView, type StatisticsView } from "../core/statistics-view.ts";
import type { BackwardRequest } from "./backward-request.ts";
import type { Capabilities } from "./capabilities.ts";
import { cutRepeats } from "./column-plan.ts";
import { dispatchOf } from "./dispatch.ts";
import { viewsParams } from "./forward-parts.ts";
import { arrangeLines, permuted, spread, type Copies, type Field, type Lines } from "./gradient-lines.ts";
import { viewParams } from "./operands.ts";
import type { Dispatch, Flags } from "./plan.ts";
import { cutPlanes } from "./run-plan.ts";
import { invocationTeams, isSoftware, workgroupTeams, type Teams } from "./teams.ts";
import { COLUMN_REPEATS, INVOCATION_LANES, LONGEST_SLICE, UNSHIFTED_REPEATS } from "./thresholds.ts";

/** Partial sums of a field over some of its axes, as a tensor: what a merge reads. */
export interface Partials extends Copies {
  readonly role: string;
  readonly dispatch: Dispatch;
  /** Sizes of the tensor of partials, and the axis of x that each is; -1 for the slices of a cell. */
  readonly extents: readonly number[];
  readonly axes: readonly number[];
  readonly slices: number;
  /** The view that was walked. */
  readonly view: StatisticsView;
  readonly columns: boolean;
}

/** What is summed. */
export interface Summed {
  /** Axes of the field over which a cell reaches. */
  readonly reduced: readonly number[];
  /** h = v * gamma, not v. */
  readonly weighted: boolean;
  /** dy alone, without x. */
  readonly plain: boolean;
  /** No statistic is summed as a whole, along which xhat cancels: a few values need no shift. */
  readonly direct?: boolean;
}

/** Flags that a kernel along lines always has. */
export function lineFlags(request: BackwardRequest, lines: Lines): Flags {
  const { views } = lines.lanes;
  const step = lines.columns ? ("segment" as const) : ("item" as const);
  return {
    COLUMNS: lines.columns,
    SUBTRACTS_MEAN: request.subtractsMean,
    STATISTICS_BY_ITEM: lines.statistics.item !== 0,
    PARAMETERS_VARY: views.gamma[step] !== 0 || views.beta[step] !== 0,
    HAS_GAMMA: lines.roles.gamma !== undefined,
    HAS_BETA: lines.roles.beta !== undefined,
    SCALES_GAMMA: request.gammaScale !== 1 || request.gammaShift !== 0,
    ACTIVATION: ACTIVATIONS.indexOf(request.activation),
  };
}

/** Params that a kernel along lines always has. */
export function lineParams(request: BackwardRequest, lines: Lines): Record<string, number> {
  const { gamma, beta } = lines.lanes.views;
  return {
    ...viewsParams({ gamma, beta }),
    ...viewParams("statistics_view", lines.statistics),
    items: lines.items / lines.lanes.lane,
    statistics_stride: lines.statisticsStride,
    statistics_run: lines.statisticsRun,
    gamma_scale: request.gammaScale,
    gamma_shift: request.gammaShift,
  };
}

/** True where x is shifted by its mean, so that gradients must be summed as what they differ from one of them. */
export function isCentered(request: BackwardRequest): boolean {
  return request.statistics === "moments" && request.subtractsMean;
}

/** The sums of a field over `summed.reduced`. */
export function sumGradients(request: BackwardRequest, asked: Field, summed: Summed, tag: string, capabilities: Capabilities): Partials {
  const needsGamma = summed.weighted || request.activation !== "none";
  const own = reordered(needsGamma ? asked : withoutGamma(asked), summed, tag, capabilities);
  const { field, view } = own;
  const lines = arrangeLines(field, view, tag, request.aligned, capabilities);
  const cut = lines.columns ? cutColumns(view, lines, capabilities) : cutRuns(view, lines, capabilities);
  const { outer, kept, run } = view.axes;
  const places = lines.columns ? [...outer, -1, ...kept, ...run] : [...outer, ...kept, -1];
  const role = `partials_${tag}`;
  const extents = places.map((place) => (place < 0 ? cut.slices : field.shape[place]!));
  const dispatch = dispatchOf(sumGradient, cut.teams, {
    ...lines.lanes,
    flags: {
      ...lineFlags(request, lines),
      // What is summed alone keeps its digits; shifted, a sum that cancels, as that of dx does, would not.
      CENTERED: !summed.plain && isCentered(request) && !(summed.direct && lines.columns && view.repeats <= UNSHIFTED_REPEATS),
      WEIGHTED: summed.weighted,
      PLAIN: summed.plain,
      STATISTICS_VARY: lines.statistics[lines.columns ? "segment" : "item"] !== 0,
      WRITES_DGAMMA: 0,
      WRITES_DBETA: 0,
      ACCUMULATES: 0,
    },
    params: { ...lineParams(request, lines), ...cut.params, repeats: view.repeats, kept: view.kept, segments: lines.segments },
    bindings: { x: !summed.plain && field.tensors.x, dy: field.tensors.dy, ...lines.roles, partials: role },
  });
  return {
    role,
    dispatch,
    extents,
    axes: places.map((place) => (place < 0 ? place : (own.order?.[place] ?? place))),
    slices: cut.slices,
    view,
    columns: lines.columns,
    gathers: [...own.gathers, ...lines.gathers],
    scratch: { ...own.scratch, ...lines.scratch, [role]: sizeOf(extents) * 32 },
  };
}

function withoutGamma(field: Field): Field {
  const { statistics, beta } = field.strides;
  return { ...field, strides: { ...(statistics && { statistics }), ...(beta && { beta }) } };
}

interface Reordered {
  readonly field: Field;
  readonly view: StatisticsView;
  /** The axis of the field that was asked for at each place of this one, or null where it is the same field. */
  readonly order: readonly number[] | null;
}

/** A field whose axes alternate too often for a walk is copied into an order that can be walked. */
function reordered(field: Field, summed: Summed, tag: string, capabilities: Capabilities): Copies & Reordered {
  const { order, ...view } = statisticsView(field.shape, summed.reduced);
  if (!order) return { field, view: spread({ ...view, order }), order, gathers: [], scratch: {} };
  const from = summed.plain ? { ...field, tensors: { x: "", dy: field.tensors.dy } } : field;
  const copied = permuted(from, order, tag, capabilities);
  const places = order.map((_, place) => place);
  const kept = view.axes.outer.length;
  return { ...copied, order, view: { ...view, order: null, axes: { outer: places.slice(0, kept), repeats: [], kept: [], run: places.slice(kept) } } };
}

interface Cut {
  readonly slices: number;
  readonly teams: Teams;
  readonly params: Record<string, number>;
}

function cutColumns(view: StatisticsView, lines: Lines, capabilities: Capabilities): Cut {
  const items = lines.items / lines.lanes.lane;
  const { slices, repeats_per_slice } = cutRepeats({ view }, view.outer * items, COLUMN_REPEATS.moments, LONGEST_SLICE, capabilities);
  const count = view.outer * slices * items;
  return { slices, teams: invocationTeams(count, capabilities), params: { teams: count, slices, repeats_per_slice } };
}

function cutRuns(view: StatisticsView, lines: Lines, capabilities: Capabilities): Cut {
  const items = lines.items / lines.lanes.lane;
  const cut = cutPlanes({ view }, lines.segments, items, capabilities);
  const count = view.statistics * cut.slices;
  const alone = isSoftware(capabilities) || cut.planes_per_slice * cut.items_per_slice <= INVOCATION_LANES;
  const teams = alone ? invocationTeams(count, capabilities) : workgroupTeams(count, cut.items_per_slice, 4, capabilities);
  return { slices: cut.slices, teams, params: { teams: count, ...cut } };
}
