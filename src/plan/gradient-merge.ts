import mergeGradient from "../../shaders/merge-gradient.wgsl";
import mergeParameter from "../../shaders/merge-parameter.wgsl";
import { UnsupportedError } from "../core/errors.ts";
import { ABSENT, mergeAxes, type ParameterView } from "../core/parameter-view.ts";
import { sizeOf } from "../core/shape.ts";
import { statisticsView, type StatisticsView } from "../core/statistics-view.ts";
import type { BackwardRequest } from "./backward-request.ts";
import type { Capabilities } from "./capabilities.ts";
import { deviationFlags } from "./forward-parts.ts";
import { isCentered, type Partials } from "./gradient-sums.ts";
import { viewParams } from "./operands.ts";
import { dispatchOf } from "./dispatch.ts";
import type { Dispatch } from "./plan.ts";
import { statisticsStride } from "./request.ts";
import { mergeTeams } from "./teams.ts";
import { CONDENSED_SPAN, FEW_TARGETS } from "./thresholds.ts";

/** Where the partials of each target of a merge lie, and what else a merge knows of their order. */
export interface MergeLayout {
  /** Targets are `outer * kept` of this view, which is one of the tensor of partials; the others of its places are summed. */
  readonly view: StatisticsView;
  readonly params: Readonly<Record<string, number>>;
  /** The partials come from several devices, and only they know how many values there are. */
  readonly counted?: boolean;
}

/** The layout of a merge over `reduced` axes of the field, or null where partials lie in too many pieces. */
export function mergeLayout(partials: Pick<Partials, "extents" | "axes">, reduced: readonly number[]): MergeLayout | null {
  const places = partials.axes.flatMap((axis, place) => (axis < 0 || reduced.includes(axis) ? [place] : []));
  // The axes that were walked as a run are summed too: every target reaches over them.
  const view = statisticsView(partials.extents, places);
  if (view.order) return null;
  const { repeats, kept, run } = view;
  return {
    view,
    params: { partials_count: repeats * run, kept, outer_stride: repeats * kept * run, kept_stride: run, inner: run, step: kept * run },
  };
}

/** The terms of an index that change, each with what to divide by. */
export function termsOf(
  extents: readonly number[],
  strides: readonly number[],
  places: readonly number[],
): { extent: number; stride: number; divisor: number }[] {
  const merged = mergeAxes(
    places.map((place) => extents[place]!),
    places.map((place) => strides[place]!),
  );
  return merged.map((term, i) => ({ ...term, divisor: sizeOf(merged.slice(i + 1).map((inner) => inner.extent)) })).filter((term) => term.stride !== 0);
}

/** Where a parameter's values lie, by the order of its targets: up to six terms. */
function outputViews(partials: Partials, { view }: MergeLayout, strides: readonly number[], role: string): Record<string, number> {
  const places = [...view.axes.outer, ...view.axes.kept];
  const own = partials.axes.map((axis) => (axis < 0 ? 0 : strides[axis]!));
  const terms = termsOf(partials.extents, own, places);
  if (terms.length > 6) throw new UnsupportedError(`plan: ${role} lies in an order of ${terms.length} axes that cannot be merged; at most 6 can be reordered`);
  const pair = (first: number): ParameterView => {
    const [major, minor] = [terms[first], terms[first + 1]];
    return {
      ...ABSENT,
      ...(major && { major: major.divisor, majorCount: major.extent, majorStride: major.stride }),
      ...(minor && { minor: minor.divisor, minorCount: minor.extent, minorStride: minor.stride }),
    };
  };
  return { ...viewParams("first_view", pair(0)), ...viewParams("second_view", pair(2)), ...viewParams("third_view", pair(4)) };
}

/** Partials to what dx subtracts, or to the gradients of given statistics. */
export function statisticMerge(
  request: BackwardRequest,
  partials: Pick<Partials, "role">,
  layout: MergeLayout,
  weights: Record<string, number> | null,
  capabilities: Capabilities,
): Dispatch {
  const targets = request.view.statistics;
  const fixed = request.statistics === "fixed";
  const dmean = fixed && request.wants.dmean;
  const dvariance = fixed && request.wants.dvariance;
  return dispatchOf(mergeGradient, mergeTeams(targets, layout.params["partials_count"]!, capabilities), {
    flags: {
      ...deviationFlags(request),
      CENTERED: isCentered(request),
      WEIGHTED: weights !== null,
      COUNTED: layout.counted === true,
      WRITES_COEFFICIENTS: !fixed,
      WRITES_DMEAN: dmean,
      WRITES_DVARIANCE: dvariance,
    },
    params: {
      weight_divisor: 1,
      weight_count: 1,
      ...weights,
      ...layout.params,
      teams: targets,
      statistics_stride: statisticsStride(targets),
      reciprocal: 1 / request.view.count,
      gamma_scale: request.gammaScale,
      gamma_shift: request.gammaShift,
    },
    bindings: {
      partials: partials.role,
      statistics: "statistics",
      weights: weights && "gamma",
      coefficients: !fixed && "coefficients",
      dmean: dmean && "dmean",
      dvariance: dvariance && "dvariance",
    },
  });
}

/** The gradients that one merge of parameters writes. */
export interface ParameterTarget {
  /** Roles of the outputs: the sum of v * xhat, and that of v. */
  readonly dgamma?: string;
  readonly dbeta?: string;
  readonly strides: readonly number[];
  readonly scale: number;
  readonly accumulates: boolean;
  /** A cell of the partials holds whole statistics. */
  readonly whole: boolean;
}

interface ParameterMerge {
  readonly target: ParameterTarget;
  readonly source: string;
  readonly targets: number;
  readonly parts: number;
  readonly span: number;
  readonly params: Readonly<Record<string, number>>;
  readonly condensed?: string;
}

function parameterDispatch(merge: ParameterMerge, capabilities: Capabilities): Dispatch {
  const { target, condensed } = merge;
  const count = merge.targets * merge.parts;
  const dgamma = condensed ? undefined : target.dgamma;
  const dbeta = condensed ? undefined : target.dbeta;
  return dispatchOf(mergeParameter, mergeTeams(count, merge.span, capabilities), {
    flags: {
      CONDENSES: condensed !== undefined,
      WRITES_DGAMMA: dgamma !== undefined,
      WRITES_DBETA: dbeta !== undefined,
      ACCUMULATES: !condensed && target.accumulates,
      WHOLE: target.whole,
    },
    params: { ...merge.params, teams: count, parts: merge.parts, span: merge.span, gamma_scale: target.scale },
    bindings: { partials: merge.source, condensed, dgamma, dbeta },
  });
}

/** All partials of each target to one, in the tensor `condensed`. */
export function condense(partials: Partials, layout: MergeLayout, condensed: string, capabilities: Capabilities): Dispatch {
  const span = layout.params["partials_count"]!;
  const target = { strides: [], scale: 1, accumulates: false, whole: false };
  const params = { ...layout.params, cell_divisor: 1, cell_count: 1 };
  return parameterDispatch({ target, source: partials.role, targets: layout.view.statistics, parts: 1, span, params, condensed }, capabilities);
}

/** Partials to the gradients of parameters: in two stages where few targets have many each. `slices`: where those of a cell lie, if partials are of whole cells. */
export function parameterMerges(
  partials: Partials,
  layout: MergeLayout,
  target: ParameterTarget,
  tag: string,
  capabilities: Capabilities,
  slices: Readonly<Record<string, number>> = {},
): { dispatches: Dispatch[]; scratch: Record<string, number> } {
  const count = layout.params["partials_count"]!;
  const targets = layout.view.statistics;
  const views = outputViews(partials, layout, target.strides, target.dgamma ?? target.dbeta!);
  const first = { target, source: partials.role, targets, params: { ...layout.params, cell_divisor: 1, cell_count: 1, ...slices } };
  if (count <= CONDENSED_SPAN || targets >= FEW_TARGETS) {
    const params = { ...first.params, ...views };
    return { dispatches: [parameterDispatch({ ...first, params, parts: 1, span: count }, capabilities)], scratch: {} };
  }
  const parts = Math.ceil(count / CONDENSED_SPAN);
  const condensed = `condensed_${tag}`;
  const rest = { partials_count: parts, kept: 1, outer_stride: parts, kept_stride: 0, inner: parts, step: 0, cell_divisor: 1, cell_count: 1, ...views };
  return {
    dispatches: [
      parameterDispatch({ ...first, parts, span: CONDENSED_SPAN, condensed }, capabilities),
      parameterDispatch({ target: { ...target, whole: false }, source: condensed, targets, parts: 1, span: parts, params: rest }, capabilities),
    ],
    scratch: { [condensed]: targets * parts * 32 },
  };
}

/** The sums themselves as gradients, where a column holds all values of a parameter and parameters lie as columns do; else null. */
export function directSum(partials: Partials, layout: MergeLayout, target: ParameterTarget): Dispatch | null {
  if (!partials.columns || partials.slices > 1 || partials.view.run > 1) return null;
  const own = partials.axes.map((axis) => (axis < 0 ? 0 : target.strides[axis]!));
  const [term, ...more] = termsOf(partials.extents, own, [...layout.view.axes.outer, ...layout.view.axes.kept]);
  const values = layout.view.statistics;
  if (more.length > 0 || (values > 1 && (term?.stride !== 1 || term.extent !== values))) return null;
  const { partials: _, ...bindings } = partials.dispatch.bindings;
  return {
    ...partials.dispatch,
    overrides: {
      ...partials.dispatch.overrides,
      WRITES_DGAMMA: Number(target.dgamma !== undefined),
      WRITES_DBETA: Number(target.dbeta !== undefined),
      ACCUMULATES: Number(target.accumulates),
    },
    params: { ...partials.dispatch.params, ...(target.dgamma && { gamma_scale: target.scale }) },
    bindings: { ...bindings, ...(target.dgamma && { dgamma: target.dgamma }), ...(target.dbeta && { dbeta: target.dbeta }) },
  };
}

/** Zeros, for a parameter of an x without values: a merge of no partials. */
export function emptyMerge(target: ParameterTarget, values: number, capabilities: Capabilities): Dispatch {
  const identity = { ...viewParams("first_view", { ...ABSENT, majorCount: Math.max(1, values), majorStride: 1 }), ...viewParams("second_view", ABSENT) };
  const params = { ...identity, ...viewParams("third_view", ABSENT), partials_count: 0, kept: 1, inner: 1, cell_divisor: 1, cell_count: 1 };
  return parameterDispatch({ target, source: "partials_none", targets: values, parts: 1, span: 0, params }, capabilities);
}
