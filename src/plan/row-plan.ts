import rowBlock from "../../shaders/row-block.wgsl";
import rowHold from "../../shaders/row-hold.wgsl";
import rowPlain from "../../shaders/row-plain.wgsl";
import rowStream from "../../shaders/row-stream.wgsl";
import type { Capabilities } from "./capabilities.ts";
import type { RowChoice } from "./choice.ts";
import { isSummed, unsummedFlags, viewsParams, wholeBindings, wholeFlags, wholeParams, wholePasses, type WalkPlan } from "./forward-parts.ts";
import { arrangeParameters, chooseLanes, isAlongRow, type Lanes, type Operands } from "./operands.ts";
import type { ForwardRequest } from "./request.ts";
import { countedRows, invocationTeams, isSoftware, subgroupTeams, workgroupTeams, type Teams } from "./teams.ts";
import { MOST_HELD, PLAIN_ROW, SHORT_ROW, SOFTWARE_BLOCK, SOFTWARE_STEP, SOFTWARE_UNROLLED, TARGET_TEAMS } from "./thresholds.ts";
import { kernelName } from "./kernels.ts";

/** Teams that own whole rows: statistics, normalize, affine and activation in one dispatch. */
export function planRows(request: ForwardRequest, capabilities: Capabilities, choice: RowChoice): WalkPlan {
  const { view } = request;
  const operands = arrangeParameters(request.shape, request.parameters, { rows: view.axes.outer, segments: "cut", items: view.axes.run }, capabilities);
  const lanes = chooseLanes(operands, request.aligned);
  const length = view.run / lanes.lane;
  const alone = choice === "row/invocation/1" || choice === "row/invocation/4";
  const own = alone ? (request.walks.plain?.(request, operands, lanes, capabilities) ?? narrowWay(request, operands, choice, capabilities)) : null;
  if (own) return own;
  const way = alone ? aloneWay(request, lanes, length, choice, capabilities) : teamWay(view.outer, length, choice, capabilities);
  const row = {
    kernel: way.kernel,
    variant: { lane: lanes.lane, parameter: lanes.parameter, team: way.teams.team },
    overrides: { ...way.teams.overrides, ...wholeFlags(request), SEGMENTED: Number(operands.segments > 1), ...way.overrides },
    params: {
      ...viewsParams(lanes.views),
      ...wholeParams(request),
      ...way.params,
      segments: operands.segments,
      items: operands.items / lanes.lane,
    },
    bindings: { ...wholeBindings(request, operands.roles), ...way.bindings },
    grid: way.teams.grid,
  };
  return { team: way.teams.team, dispatches: [...operands.gathers, row], scratch: operands.scratch, passes: wholePasses(request) };
}

function narrowWay(request: ForwardRequest, operands: Operands, choice: RowChoice, capabilities: Capabilities): WalkPlan | null {
  return choice === "row/invocation/4" ? (request.walks.narrow?.(request, operands, capabilities) ?? null) : null;
}

/** A small tensor on a CPU, with nothing added to x, and gamma and beta along the row. */
function isPlain(request: ForwardRequest, { roles, segments }: Operands, { lane, views }: Lanes, capabilities: Capabilities): boolean {
  const { outer, run } = request.view;
  const isSmall = countedRows(outer, capabilities) * run < SOFTWARE_UNROLLED && run / lane <= PLAIN_ROW;
  if (!isSoftware(capabilities) || !isSmall || segments > 1 || isSummed(request)) return false;
  return isAlongRow(roles, views);
}

/** Rows of a small tensor, by the kernel that compiles in half the time of the others; null where it does not fit. */
export function planPlain(request: ForwardRequest, operands: Operands, lanes: Lanes, capabilities: Capabilities): WalkPlan | null {
  if (!isPlain(request, operands, lanes, capabilities)) return null;
  const { view } = request;
  const { lane, parameter } = lanes;
  const teams = invocationTeams(view.outer, capabilities);
  const row = {
    kernel: kernelName(rowPlain),
    variant: { lane, parameter, team: teams.team },
    overrides: {
      ...teams.overrides,
      ...unsummedFlags(request),
    },
    params: {
      ...wholeParams(request),
      teams: view.outer,
      items: operands.items / lane,
    },
    bindings: wholeBindings(request, operands.roles),
    grid: teams.grid,
  };
  return { team: teams.team, dispatches: [...operands.gathers, row], scratch: operands.scratch, passes: wholePasses(request) };
}

/** How rows are dealt to teams of a kernel. */
export interface Way {
  readonly kernel: string;
  readonly teams: Teams;
  readonly overrides: Record<string, number>;
  readonly params: Record<string, number>;
  /** What it needs beside the tensors of the call. */
  readonly bindings?: Record<string, string>;
}

/** An invocation takes a row; or four, or many short ones block by block of columns, where their gamma and beta are the same. */
function aloneWay(request: ForwardRequest, lanes: Lanes, length: number, choice: RowChoice, capabilities: Capabilities): Way {
  const { block } = request.walks;
  const rows = request.view.outer;
  if (!isSoftware(capabilities) && length <= MOST_HELD) return held(invocationTeams(rows, capabilities), length, rows);
  const counted = countedRows(rows, capabilities);
  const isSmall = counted * request.view.run < SOFTWARE_UNROLLED;
  const present = (["gamma", "beta"] as const).filter((role) => request.parameters[role]).map((role) => lanes.views[role]);
  const bySegment = present.every((view) => view.item === 0);
  const shared = present.every((view) => view.majorStride === 0 && view.minorStride === 0);
  const step = isSmall ? 1 : SOFTWARE_STEP[lanes.lane];
  const sums = { STEP: step, SHORT: Number(length <= SHORT_ROW * step) };
  const batch = choice === "row/invocation/4" && !bySegment && shared && !isSmall ? 4 : 1;
  const isShort = isSoftware(capabilities) && request.view.run <= SOFTWARE_BLOCK.longest;
  if (block && batch > 1 && isShort && counted >= SOFTWARE_BLOCK.rows * TARGET_TEAMS.software) return block(rows, lanes, sums, capabilities);
  const teams = Math.ceil(rows / batch);
  return {
    kernel: kernelName(rowStream),
    teams: invocationTeams(teams, capabilities),
    overrides: { ...sums, ROWS: batch, BY_SEGMENT: Number(bySegment), FOUR_COLUMNS: Number(!isSmall && (bySegment || lanes.lane === 1)) },
    params: { teams, rows },
  };
}

/** Many short rows: an invocation takes some block by block of columns. */
export function blockWay(rows: number, lanes: Lanes, sums: Record<string, number>, capabilities: Capabilities): Way {
  const teams = Math.ceil(rows / SOFTWARE_BLOCK.rows);
  return {
    kernel: kernelName(rowBlock),
    teams: invocationTeams(teams, capabilities),
    overrides: { ...sums, COLUMNS: SOFTWARE_BLOCK.columns[lanes.lane] },
    params: { teams, rows, rows_per_team: SOFTWARE_BLOCK.rows },
    bindings: { statistics: "statistics" },
  };
}

/** A subgroup or a workgroup holds a row of `length` lanes in its registers, or reads it twice where it does not fit. */
function teamWay(rows: number, length: number, choice: RowChoice, capabilities: Capabilities): Way {
  const bySubgroup = choice === "row/subgroup";
  const teams = bySubgroup ? subgroupTeams(rows, capabilities) : workgroupTeams(rows, length, 4, capabilities);
  const each = Math.ceil(length / (bySubgroup ? capabilities.subgroupMinSize : teams.overrides.WORKGROUP));
  if (each <= MOST_HELD) return held(teams, each, rows);
  return { kernel: kernelName(rowStream), teams, overrides: {}, params: { teams: rows, rows } };
}

function held(teams: Teams, each: number, rows: number): Way {
  return { kernel: kernelName(rowHold), teams, overrides: { HELD: each }, params: { teams: rows } };
}
