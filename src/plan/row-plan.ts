import rowHold from "../../shaders/row-hold.wgsl";
import rowStream from "../../shaders/row-stream.wgsl";
import type { Capabilities } from "./capabilities.ts";
import type { RowChoice } from "./choice.ts";
import { affineParams, viewsParams, wholeBindings, wholeFlags, wholePasses, type WalkPlan } from "./forward-parts.ts";
import { arrangeParameters, chooseLanes, type Lanes } from "./operands.ts";
import { statisticsStride, type ForwardRequest } from "./request.ts";
import { countedRows, invocationTeams, isSoftware, subgroupTeams, workgroupTeams, type Teams } from "./teams.ts";
import { MOST_HELD, SHORT_ROW, SOFTWARE_STEP, SOFTWARE_UNROLLED } from "./thresholds.ts";
import { kernelName } from "./kernels.ts";

/** Teams that own whole rows: statistics, normalize, affine and activation in one dispatch. */
export function planRows(request: ForwardRequest, capabilities: Capabilities, choice: RowChoice): WalkPlan {
  const { view } = request;
  const operands = arrangeParameters(request.shape, request.parameters, { rows: view.axes.outer, segments: "cut", items: view.axes.run }, capabilities);
  const lanes = chooseLanes(operands, request.aligned);
  const length = view.run / lanes.lane;
  const alone = choice === "row/invocation/1" || choice === "row/invocation/4";
  const way = alone ? aloneWay(request, lanes, length, choice, capabilities) : teamWay(view.outer, length, choice, capabilities);
  const row = {
    kernel: way.kernel,
    variant: { lane: lanes.lane, parameter: lanes.parameter, team: way.teams.team },
    overrides: { ...way.teams.overrides, ...wholeFlags(request), SEGMENTED: Number(operands.segments > 1), ...way.overrides },
    params: {
      ...viewsParams(lanes.views),
      ...affineParams(request),
      ...way.params,
      segments: operands.segments,
      items: operands.items / lanes.lane,
      statistics_stride: statisticsStride(view.statistics),
      reciprocal: 1 / view.count,
      eps: request.eps,
      zero: 0,
    },
    bindings: wholeBindings(request, operands.roles),
    grid: way.teams.grid,
  };
  return { team: way.teams.team, dispatches: [...operands.gathers, row], scratch: operands.scratch, passes: wholePasses(request) };
}

interface Way {
  readonly kernel: string;
  readonly teams: Teams;
  readonly overrides: Record<string, number>;
  readonly params: Record<string, number>;
}

/** An invocation takes a row, or four whose gamma and beta are the same. */
function aloneWay(request: ForwardRequest, lanes: Lanes, length: number, choice: RowChoice, capabilities: Capabilities): Way {
  const rows = request.view.outer;
  if (!isSoftware(capabilities) && length <= MOST_HELD) return held(invocationTeams(rows, capabilities), length, rows);
  const isSmall = countedRows(rows, capabilities) * request.view.run < SOFTWARE_UNROLLED;
  const present = (["gamma", "beta"] as const).filter((role) => request.parameters[role]).map((role) => lanes.views[role]);
  const bySegment = present.every((view) => view.item === 0);
  const shared = present.every((view) => view.majorStride === 0 && view.minorStride === 0);
  const batch = choice === "row/invocation/4" && !bySegment && shared && !isSmall ? 4 : 1;
  const step = isSmall ? 1 : SOFTWARE_STEP[lanes.lane];
  const teams = Math.ceil(rows / batch);
  return {
    kernel: kernelName(rowStream),
    teams: invocationTeams(teams, capabilities),
    overrides: {
      ROWS: batch,
      BY_SEGMENT: Number(bySegment),
      STEP: step,
      FOUR_COLUMNS: Number(!isSmall && (bySegment || lanes.lane === 1)),
      SHORT: Number(length <= SHORT_ROW * step),
    },
    params: { teams, rows },
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
