import rowHold from "../../shaders/row-hold.wgsl";
import rowStream from "../../shaders/row-stream.wgsl";
import type { Capabilities } from "./capabilities.ts";
import { affineParams, viewsParams, wholeBindings, wholeFlags, wholePasses, type WalkPlan } from "./forward-parts.ts";
import { arrangeParameters, chooseLanes, type Lanes } from "./operands.ts";
import { statisticsStride, type ForwardRequest } from "./request.ts";
import { countedRows, invocationTeams, isSoftware, subgroupTeams, workgroupTeams, type Teams } from "./teams.ts";
import { INVOCATION_LANES, MOST_HELD, SHORT_ROW, SOFTWARE_BATCH_ROWS, SOFTWARE_STEP, SOFTWARE_UNROLLED } from "./thresholds.ts";
import { kernelName } from "./kernels.ts";

/** Teams that own whole rows: statistics, normalize, affine and activation in one dispatch. */
export function planRows(request: ForwardRequest, capabilities: Capabilities): WalkPlan {
  const { view } = request;
  const operands = arrangeParameters(request.shape, request.parameters, { rows: view.axes.outer, segments: "cut", items: view.axes.run }, capabilities);
  const lanes = chooseLanes(operands, request.aligned);
  const way = isSoftware(capabilities)
    ? softwareWay(request, lanes, view.run / lanes.lane, capabilities)
    : gpuWay(view.outer, view.run / lanes.lane, capabilities);
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
function softwareWay(request: ForwardRequest, lanes: Lanes, length: number, capabilities: Capabilities): Way {
  const rows = request.view.outer;
  const counted = countedRows(rows, capabilities);
  const isSmall = counted * request.view.run < SOFTWARE_UNROLLED;
  const present = (["gamma", "beta"] as const).filter((role) => request.parameters[role]).map((role) => lanes.views[role]);
  const bySegment = present.every((view) => view.item === 0);
  const shared = present.every((view) => view.majorStride === 0 && view.minorStride === 0);
  const batch = !bySegment && shared && counted >= SOFTWARE_BATCH_ROWS && !isSmall ? 4 : 1;
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

/** The narrowest team that holds a row of `length` lanes in its registers; a whole workgroup that reads it twice where none does. */
function gpuWay(rows: number, length: number, capabilities: Capabilities): Way {
  const hold = (teams: Teams, held: number): Way => ({ kernel: kernelName(rowHold), teams, overrides: { HELD: held }, params: { teams: rows } });
  if (length <= INVOCATION_LANES) return hold(invocationTeams(rows, capabilities), length);
  if (capabilities.subgroups && length <= capabilities.subgroupMinSize * MOST_HELD) {
    return hold(subgroupTeams(rows, capabilities), Math.ceil(length / capabilities.subgroupMinSize));
  }
  const teams = workgroupTeams(rows, length, 4, capabilities);
  const held = Math.ceil(length / teams.overrides.WORKGROUP);
  if (held <= MOST_HELD) return hold(teams, held);
  return { kernel: kernelName(rowStream), teams, overrides: {}, params: { teams: rows, rows } };
}
