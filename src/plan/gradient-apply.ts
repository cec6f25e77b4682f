import applyGradientKernel from "../../shaders/apply-gradient.wgsl";
import type { StatisticsView } from "../core/statistics-view.ts";
import { sizeOf } from "../core/shape.ts";
import type { BackwardRequest } from "./backward-request.ts";
import type { Capabilities } from "./capabilities.ts";
import { cutRepeats } from "./column-plan.ts";
import { dispatchOf } from "./dispatch.ts";
import { gatherDispatch } from "./gather-plan.ts";
import { arrangeLines, plannedCopy, spread, type Copies, type Field, type Lines } from "./gradient-lines.ts";
import { isCentered, lineFlags, lineParams } from "./gradient-sums.ts";
import type { Dispatch } from "./plan.ts";
import { statisticsStride } from "./request.ts";
import { invocationTeams, isSoftware, workgroupTeams, type Teams } from "./teams.ts";
import { APPLY_SPAN, COLUMN_REPEATS, INVOCATION_LANES } from "./thresholds.ts";

/** Planes of `coefficients`: the two parts of mean(h), and the factor of the direction. */
export const COEFFICIENT_PLANES = 3;

/** dx from what the merge found. `factored`: gamma is the same for all values of a statistic. */
export function applyGradient(
  request: BackwardRequest,
  field: Field,
  factored: boolean,
  capabilities: Capabilities,
): Copies & { dispatch: Dispatch; columns: boolean } {
  const fixed = request.statistics === "fixed";
  const view = spread(request.view);
  const lines = arrangeLines(field, view, "dx", request.aligned, capabilities);
  const cut = lines.columns ? cutColumns(view, lines, capabilities) : cutRuns(field, lines, capabilities);
  const coefficients = fixed ? { role: null, gathers: [], scratch: {} } : coefficientCopy(request, lines, capabilities);
  const dispatch = dispatchOf(applyGradientKernel, cut.teams, {
    ...lines.lanes,
    flags: {
      ...lineFlags(request, lines),
      FACTORED: factored,
      FIXED: fixed,
      CENTERED: isCentered(request),
      KEEPS_MEAN: request.statistics === "moments" && !request.subtractsMean,
      HAS_DSUM: request.hasDsum,
      // Infinite, not the largest half: who scales a loss looks for it.
      SATURATES: 0,
    },
    params: {
      ...lineParams(request, lines),
      ...cut.params,
      repeats: view.repeats,
      coefficients_stride: lines.statisticsCopy ? sizeOf(lines.statisticsCopy.extents) : statisticsStride(view.statistics),
    },
    bindings: {
      ...field.tensors,
      ...lines.roles,
      dsum: request.hasDsum && "dsum",
      coefficients: coefficients.role,
      dx: "dx",
    },
  });
  return {
    dispatch,
    columns: lines.columns,
    gathers: [...lines.gathers, ...coefficients.gathers],
    scratch: { ...lines.scratch, ...coefficients.scratch },
  };
}

/** Coefficients are read where statistics are: copied where those are copied. */
function coefficientCopy({ view }: BackwardRequest, { statisticsCopy }: Lines, capabilities: Capabilities): Copies & { role: string } {
  if (!statisticsCopy) return { role: "coefficients", gathers: [], scratch: {} };
  const { extents, source } = plannedCopy(statisticsCopy, COEFFICIENT_PLANES, statisticsStride(view.statistics));
  const role = "coefficients_dx";
  return { role, gathers: [gatherDispatch(extents, source, "coefficients", role, capabilities)], scratch: { [role]: sizeOf(extents) * 4 } };
}

function cutColumns(view: StatisticsView, lines: Lines, capabilities: Capabilities): { teams: Teams; params: Record<string, number> } {
  const items = lines.items / lines.lanes.lane;
  const cut = cutRepeats({ view }, view.outer * items, COLUMN_REPEATS.apply, view.repeats, capabilities);
  const count = view.outer * cut.slices * items;
  return { teams: invocationTeams(count, capabilities), params: { teams: count, chunks: cut.slices, span: cut.repeats_per_slice } };
}

function cutRuns(field: Field, lines: Lines, capabilities: Capabilities): { teams: Teams; params: Record<string, number> } {
  const items = lines.items / lines.lanes.lane;
  const planes = sizeOf(field.shape) / lines.items;
  const wide = workgroupTeams(1, items, 1, capabilities);
  const alone = isSoftware(capabilities) || items <= INVOCATION_LANES;
  const span = Math.min(items, alone ? APPLY_SPAN.software : wide.overrides.WORKGROUP * APPLY_SPAN.gpuItems);
  const chunks = Math.ceil(items / span);
  const count = planes * chunks;
  // No sum over the team is needed, so no subgroup either.
  const teams: Teams = alone ? invocationTeams(count, capabilities) : { ...workgroupTeams(count, items, 1, capabilities), team: "workgroup" };
  return { teams, params: { teams: count, chunks, span } };
}
