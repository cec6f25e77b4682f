import rowBackward from "../../shaders/row-backward.wgsl";
import rowBackwardNarrow from "../../shaders/row-backward-narrow.wgsl";
import rowBackwardHold from "../../shaders/row-backward-hold.wgsl";
import rowBackwardSegments from "../../shaders/row-backward-segments.wgsl";
import { ACTIVATIONS } from "../core/activation.ts";
import type { BackwardRequest } from "./backward-request.ts";
import type { Capabilities } from "./capabilities.ts";
import type { RowChoice } from "./choice.ts";
import { viewsParams, type WalkPlan } from "./forward-parts.ts";
import { gradientLayout, partialsOf, sameLayout, type GradientLayout } from "./gradient-layout.ts";
import { clamp } from "./grid.ts";
import { arrangeParameters, chooseLanes, isAlongRow, type Lanes, type Operands } from "./operands.ts";
import type { Dispatch } from "./plan.ts";
import { statisticsStride } from "./request.ts";
import { sumDispatches } from "./sum-plan.ts";
import { countedRows, heldMost, invocationTeams, isSoftware, subgroupTeams, workgroupTeams, type Teams } from "./teams.ts";
import { BACKWARD_HELD, NARROW, PARTIAL_ROWS, SHORT_ROW, SOFTWARE_STEP, SOFTWARE_UNROLLED, TARGET_TEAMS } from "./thresholds.ts";
import { kernelName } from "./kernels.ts";

const PARAMETERS = ["gamma", "beta"] as const;

/**
 * The fused backward of rows: x and dy read once (a second time only from a cache), dx written once, partial dgamma and dbeta on the way, then summed.
 * @returns null where it does not apply: kinds that the layer does not bring, other walks, gradients of given statistics, shares of a larger batch, and parameters that are neither
 * per feature (or per element, or per sample and feature) nor per segment, or of two kinds
 */
export function planRowBackward(request: BackwardRequest, capabilities: Capabilities, choice: RowChoice): WalkPlan | null {
  const { view, wants } = request;
  if (view.order || view.repeats > 1 || view.kept > 1 || wants.dmean || wants.dvariance) return null;
  // Its sums of dy * xhat leave out the shift, as xhat of a whole row add up to 0.
  if (request.isShare) return null;
  const operands = arrangeParameters(request.shape, request.parameters, { rows: view.axes.outer, segments: "cut", items: view.axes.run }, capabilities);
  const kind = kindOf(request, operands);
  if (!kind) return null;
  const asked: Asked = { request, operands, lanes: chooseLanes(operands, request.aligned), capabilities, choice };
  const part = kind.bySegment ? request.walks.segments?.(asked, kind.layout) : request.walks.features?.(asked, kind.layout);
  if (!part) return null;
  const sums = part.partials ? sumDispatches({ role: "partials", ...wantedSums(request), ...part.partials }, capabilities) : { dispatches: [], scratch: {} };
  return {
    team: part.dispatch.variant.team,
    dispatches: [...operands.gathers, part.dispatch, ...sums.dispatches],
    scratch: { ...operands.scratch, ...sums.scratch, ...(part.partials && { partials: planesOf(request) * partialsOf(part.partials.layout) * 4 }) },
    passes: 2 + Number(wants.dx) + Number(wants.dx && request.hasDsum),
  };
}

/** A call as the kernels of all kinds take it. */
export interface Asked {
  readonly request: BackwardRequest;
  readonly operands: Operands;
  readonly lanes: Lanes;
  readonly capabilities: Capabilities;
  readonly choice: RowChoice;
}

/** The dispatch that walks the rows, and the partial gradients that it leaves. */
export interface RowPart {
  readonly dispatch: Dispatch;
  readonly partials: { readonly layout: GradientLayout; readonly lane: 1 | 4 } | null;
}

/** What is summed of partial gradients. */
export function wantedSums({ wants, gammaScale, accumulates }: BackwardRequest): { dgamma: boolean; dbeta: boolean; gammaScale: number; accumulates: boolean } {
  return { dgamma: wants.dgamma, dbeta: wants.dbeta, gammaScale, accumulates };
}

function planesOf({ wants }: BackwardRequest): number {
  return Number(wants.dgamma) + Number(wants.dbeta);
}

/** Whether partial gradients are per feature of a block of rows, or per segment of a row; how they are summed. */
interface Kind {
  readonly bySegment: boolean;
  /** Per feature: over the rows alone. */
  readonly layout: GradientLayout;
}

function kindOf(request: BackwardRequest, operands: Operands): Kind | null {
  const { outer, run } = request.view;
  const roles = PARAMETERS.filter((role) => request.wants[`d${role}`]);
  if (roles.length === 0) return { bySegment: false, layout: { outer: 1, count: outer, width: run } };
  const [first, second] = roles.map((role) => kindOfParameter(request, operands, role));
  if (!first || second === null) return null;
  if (second && (first.bySegment !== second.bySegment || !sameLayout(first.layout, second.layout))) return null;
  // Parameters that are only read must stay the same within a segment too.
  return first.bySegment && PARAMETERS.some((role) => operands.views[role].item !== 0) ? null : first;
}

function kindOfParameter(request: BackwardRequest, operands: Operands, role: "gamma" | "beta"): Kind | null {
  const { shape, view } = request;
  const strides = request.parameters[role];
  if (!strides || operands.roles[role] !== role) return null;
  if (operands.views[role].item === 0) {
    // Partials of segments lie in the order of x's outer axes, then of those that the segments were cut from.
    const layout = gradientLayout(shape, strides, [...view.axes.outer, ...segmentAxes(request, operands)]);
    return layout && { bySegment: true, layout };
  }
  const rows = gradientLayout(shape, strides, [...view.axes.outer, ...view.axes.run]);
  const isWhole = gradientLayout(shape, strides, view.axes.run)?.width === view.run;
  if (!rows || !isWhole) return null;
  // Each row has values of its own, or neighbouring rows share them.
  if (rows.count === 1) return { bySegment: false, layout: { outer: rows.width / view.run, count: 1, width: view.run } };
  return rows.width === view.run ? { bySegment: false, layout: rows } : null;
}

/** The reduced axes that the segments were cut from. */
function segmentAxes({ shape, view }: BackwardRequest, { segments }: Operands): number[] {
  let count = 1;
  return view.axes.run.filter((axis) => {
    if (count === segments) return false;
    count *= shape[axis]!;
    return true;
  });
}

/** Flags that every fused kernel has. */
export function gradientFlags(request: BackwardRequest): Record<string, number> {
  const { wants, statistics, parameters } = request;
  return {
    SUBTRACTS_MEAN: Number(request.subtractsMean),
    CENTERED: Number(statistics === "moments" && request.subtractsMean),
    FIXED: Number(statistics === "fixed" || statistics === "given"),
    UNBIASED: request.correction,
    EPS_OUTSIDE: Number(request.epsMode === "outsideStd"),
    HAS_GAMMA: Number(parameters.gamma !== undefined),
    HAS_BETA: Number(parameters.beta !== undefined),
    SCALES_GAMMA: Number(request.gammaScale !== 1 || request.gammaShift !== 0),
    ACTIVATION: ACTIVATIONS.indexOf(request.activation),
    HAS_DSUM: Number(request.hasDsum),
    WRITES_DX: Number(wants.dx),
    WRITES_DGAMMA: Number(wants.dgamma),
    WRITES_DBETA: Number(wants.dbeta),
  };
}

/** Params that every fused kernel has. */
export function gradientParams({ view, gammaScale, gammaShift }: BackwardRequest): Record<string, number> {
  return { statistics_stride: statisticsStride(view.statistics), reciprocal: 1 / view.count, zero: 0, gamma_scale: gammaScale, gamma_shift: gammaShift };
}

/** Bindings of every fused kernel. */
export function gradientBindings(request: BackwardRequest, { roles }: Operands): Record<string, string> {
  const { wants } = request;
  const bindings: Record<string, string> = { x: "x", dy: "dy", statistics: "statistics" };
  if (wants.dx) bindings["dx"] = "dx";
  if (wants.dx && request.hasDsum) bindings["dsum"] = "dsum";
  if (planesOf(request)) bindings["partials"] = "partials";
  for (const role of PARAMETERS) if (roles[role]) bindings[role] = roles[role];
  return bindings;
}

/** What the kernels of all ways are given. */
function rowDispatch(asked: Asked, kernel: string, teams: Teams, own: Pick<Dispatch, "overrides" | "params">): Dispatch {
  const { request, operands, lanes } = asked;
  return {
    kernel,
    variant: { lane: lanes.lane, parameter: lanes.parameter, team: teams.team },
    overrides: { ...teams.overrides, ...gradientFlags(request), ...own.overrides },
    params: { segments: operands.segments, items: operands.items / lanes.lane, ...gradientParams(request), ...own.params },
    bindings: gradientBindings(request, operands),
    grid: teams.grid,
  };
}

function viewsOf({ lanes }: Asked): Record<string, number> {
  const { gamma, beta } = lanes.views;
  return viewsParams({ gamma, beta });
}

/** Gamma and beta are the same within a segment of a row: one partial a segment, one team a row. */
export function planSegments(asked: Asked, layout: GradientLayout): RowPart {
  const { request, operands, lanes, capabilities, choice } = asked;
  const rows = request.view.outer;
  const items = operands.items / lanes.lane;
  const teams = segmentTeams(rows, items, choice, capabilities);
  const share = teams.team === "invocation" ? 1 : teams.team === "subgroup" ? capabilities.subgroupMinSize : teams.overrides.WORKGROUP;
  const isSmall = countedRows(rows, capabilities) * request.view.count < SOFTWARE_UNROLLED;
  const step = isSoftware(capabilities) && !isSmall ? SOFTWARE_STEP[4] : 1;
  const dispatch = rowDispatch(asked, kernelName(rowBackwardSegments), teams, {
    overrides: {
      STEP: step,
      SHORT: Number(items <= SHORT_ROW * step * share),
      SUMS_XHAT: Number(operands.segments > 1 || (request.wants.dgamma && request.statistics === "moments" && request.subtractsMean)),
    },
    params: { ...viewsOf(asked), teams: rows, plane_stride: request.wants.dgamma ? rows * operands.segments : 0 },
  });
  return { dispatch, partials: { layout, lane: request.aligned && layout.width % 4 === 0 ? 4 : 1 } };
}

function segmentTeams(rows: number, items: number, choice: RowChoice, capabilities: Capabilities): Teams {
  if (choice === "row/subgroup") return subgroupTeams(rows, capabilities);
  return choice === "row/workgroup" ? workgroupTeams(rows, items, 4, capabilities) : invocationTeams(rows, capabilities);
}

/** Gamma and beta change from feature to feature: a team goes through a block of rows and leaves one row of partials. */
export function planFeatures(asked: Asked, layout: GradientLayout): RowPart {
  const { request, lanes, capabilities, choice } = asked;
  const { view } = request;
  const sumsPartials = planesOf(request) > 0;
  const length = view.run / lanes.lane;
  const narrow = choice === "row/invocation/1" ? planNarrow(asked, layout) : null;
  if (narrow) return narrow;
  const rowsTogether = choice === "row/invocation/4" && sharesParameters(asked, layout) ? 4 : 1;
  const wantedRows = sumsPartials ? rowsOfTeam(view.outer, rowsTogether, capabilities) : rowsTogether;
  const rowsPerTeam = Math.min(wantedRows, layout.count);
  const teamsPerGroup = Math.ceil(layout.count / rowsPerTeam);
  const count = layout.outer * teamsPerGroup;
  const way = featureWay(count, length, rowsTogether, choice, capabilities);
  const dispatch = rowDispatch(asked, way.kernel, way.teams, {
    overrides: { ...way.overrides, SEGMENTED: Number(asked.operands.segments > 1) },
    params: {
      ...viewsOf(asked),
      teams: count,
      teams_per_group: teamsPerGroup,
      rows_per_group: layout.count,
      rows_per_team: rowsPerTeam,
      plane_stride: request.wants.dgamma ? count * length : 0,
    },
  });
  return { dispatch, partials: sumsPartials ? { layout: { ...layout, count: teamsPerGroup }, lane: lanes.lane } : null };
}

/** Narrow rows on a CPU, in tensors large enough to pay for the compiler: an invocation keeps gamma and the sums of its columns in registers. */
function planNarrow(asked: Asked, layout: GradientLayout): RowPart | null {
  const { request, lanes, operands, capabilities } = asked;
  const { outer, run } = request.view;
  const held = run / lanes.lane;
  if (!isSoftware(capabilities) || operands.segments > 1 || !isAlongRow(operands.roles, lanes.views)) return null;
  if (held > heldMost(NARROW.held, capabilities) || countedRows(outer, capabilities) * run < NARROW.values * held) return null;
  const rowsPerTeam = clamp(Math.floor(outer / TARGET_TEAMS.software), 1, PARTIAL_ROWS.most);
  const count = Math.ceil(outer / rowsPerTeam);
  const dispatch = rowDispatch(asked, kernelName(rowBackwardNarrow), invocationTeams(count, capabilities), {
    overrides: { HELD: held },
    params: { rows: outer, rows_per_team: rowsPerTeam, plane_stride: request.wants.dgamma ? count * held : 0 },
  });
  return { dispatch, partials: planesOf(request) > 0 ? { layout: { ...layout, count }, lane: lanes.lane } : null };
}

/** True where all rows of a group read the same gamma and beta. */
function sharesParameters({ request, lanes, operands }: Asked, { outer, count }: GradientLayout): boolean {
  return PARAMETERS.filter((role) => operands.roles[role]).every((role) => {
    const { majorStride, minorStride, major } = lanes.views[role];
    return minorStride === 0 && (majorStride === 0 || (outer > 1 && major === count && request.view.outer === outer * count));
  });
}

/** Rows that a team goes through: enough for its partials to be a small part of the traffic, few enough to keep the device busy and chains of adds short. */
function rowsOfTeam(rows: number, together: number, capabilities: Capabilities): number {
  const target = TARGET_TEAMS[capabilities.adapterClass];
  const least = isSoftware(capabilities) ? PARTIAL_ROWS.leastTeams.software : PARTIAL_ROWS.leastTeams.gpu;
  const teams = Math.max(Math.min(target, Math.floor(rows / PARTIAL_ROWS.least)), Math.min(least, rows));
  return clamp(Math.ceil(rows / teams / together) * together, 1, PARTIAL_ROWS.most * (together > 1 ? 2 : 1));
}

interface Way {
  readonly kernel: string;
  readonly teams: Teams;
  readonly overrides: Record<string, number>;
}

/** A team holds a row in its registers where it fits, or reads it twice. A CPU's invocations read theirs twice, from its cache. */
function featureWay(count: number, length: number, rowsTogether: number, choice: RowChoice, capabilities: Capabilities): Way {
  const stream = (teams: Teams, share: number): Way => ({
    kernel: kernelName(rowBackward),
    teams,
    overrides: { ROWS: rowsTogether, SHORT: Number(length <= SHORT_ROW * share) },
  });
  const holdOrStream = (teams: Teams, share: number): Way => {
    const held = Math.ceil(length / share);
    return held <= BACKWARD_HELD ? { kernel: kernelName(rowBackwardHold), teams, overrides: { HELD: held } } : stream(teams, share);
  };
  if (choice === "row/subgroup") return holdOrStream(subgroupTeams(count, capabilities), capabilities.subgroupMinSize);
  if (choice === "row/workgroup") {
    const teams = workgroupTeams(count, length, BACKWARD_HELD, capabilities);
    return holdOrStream(teams, teams.overrides.WORKGROUP);
  }
  const teams = invocationTeams(count, capabilities);
  return isSoftware(capabilities) || rowsTogether > 1 ? stream(teams, 1) : holdOrStream(teams, 1);
}
