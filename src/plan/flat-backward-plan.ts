import rowBackwardFlat from "../../shaders/row-backward-flat.wgsl";
import { sizeOf } from "../core/shape.ts";
import type { BackwardRequest } from "./backward-request.ts";
import type { Capabilities } from "./capabilities.ts";
import { flatFlags, flatParameter, wholeAfter } from "./flat-plan.ts";
import type { WalkPlan } from "./forward-parts.ts";
import { gradientLayout, partialsOf, sameLayout, type GradientLayout } from "./gradient-layout.ts";
import { clamp } from "./grid.ts";
import { kernelName } from "./kernels.ts";
import { arrangeParameters, type Operands } from "./operands.ts";
import type { Dispatch } from "./plan.ts";
import { gradientBindings, gradientFlags, gradientParams, wantedSums } from "./row-backward-plan.ts";
import { sumDispatches } from "./sum-plan.ts";
import { invocationTeams, isSoftware } from "./teams.ts";
import { APPLY_LANES, FLAT_BACKWARD, LONGEST_SLICE, SOFTWARE_ROWS } from "./thresholds.ts";

/** The planes of statistics: how many each has, and whether those of others lie between them. */
interface Planes {
  readonly operands: Operands;
  readonly parameter: { readonly count: number; readonly stride: number };
  readonly apart: boolean;
  readonly count: number;
  /** How the partial gradients lie: one a plane, or one a statistic whose planes lie apart. Null where no parameter's gradient is wanted. */
  readonly layout: GradientLayout | null;
}

/**
 * The backward of planes whose length is no multiple of four, and of short ones, on a CPU: one dispatch that goes through lanes of the whole tensor, then the sums of its partial gradients.
 * @returns null where it does not apply: other devices and walks, small tensors, long activations, gradients of given statistics, shares of a larger batch, parameters that change along a plane or lie in no order, few statistics
 */
export function planFlatBackward(request: BackwardRequest, capabilities: Capabilities): WalkPlan | null {
  const found = isSoftware(capabilities) && !capabilities.batchInvariant ? planesOf(request, capabilities) : null;
  if (!found) return null;
  const { operands, parameter, apart, count, layout } = found;
  const { items } = operands;
  const { view, wants } = request;
  const planes = apart ? view.repeats : operands.segments;
  const alone = !apart && planes === 1;
  const flags = flagsOf(items, alone);
  const together = wholeAfter(apart ? items : items * planes);
  const most = Math.max(1, Math.floor(count / APPLY_LANES.teams / together));
  const own = together * clamp(Math.ceil((APPLY_LANES.least * 4) / (planes * items) / together), 1, most);
  const teamCount = Math.ceil(count / own);
  if (count % together !== 0 || teamCount < SOFTWARE_ROWS) return null;
  const teams = invocationTeams(teamCount, capabilities);
  const dispatch: Dispatch = {
    kernel: kernelName(rowBackwardFlat),
    variant: { lane: 4, parameter: "scalar", team: "invocation" },
    overrides: { ...teams.overrides, ...gradientFlags(request), ...flags, APART: Number(apart), ALONE: Number(alone) },
    params: {
      ...gradientParams(request),
      teams: teamCount,
      statistics_per_team: own,
      count,
      planes,
      plane_values: items,
      plane_step: apart ? view.kept * items : items,
      parameter_count: parameter.count,
      parameter_stride: parameter.stride,
      // Values from one statistic to the next.
      segments: 1,
      items: apart ? items : planes * items,
      partial_stride: wants.dgamma ? count * (apart ? 1 : planes) : 0,
    },
    bindings: gradientBindings(request, operands),
    grid: teams.grid,
  };
  const sums = layout
    ? sumDispatches({ role: "partials", ...wantedSums(request), layout, lane: layout.width % 4 === 0 ? 4 : 1 }, capabilities)
    : { dispatches: [], scratch: {} };
  const kinds = Number(wants.dgamma) + Number(wants.dbeta);
  return {
    team: "invocation",
    dispatches: [dispatch, ...sums.dispatches],
    scratch: { ...sums.scratch, ...(layout && { partials: kinds * partialsOf(layout) * 4 }) },
    passes: 2 + Number(wants.dx) + Number(wants.dx && request.hasDsum),
  };
}

/** Activations whose slope is a comparison at most: the others would be compiled for each lane of a plane. */
const SHORT_SLOPES: ReadonlySet<string> = new Set(["none", "relu"]);

function planesOf(request: BackwardRequest, capabilities: Capabilities): Planes | null {
  const { view, wants, shape, parameters } = request;
  const { outer, repeats, kept, axes } = view;
  const size = sizeOf(shape);
  if (!request.aligned || request.isShare || view.order || wants.dmean || wants.dvariance) return null;
  if (size % 4 !== 0 || size < FLAT_BACKWARD.tensor || !SHORT_SLOPES.has(request.activation)) return null;
  const rows = [...axes.outer, ...axes.repeats, ...axes.kept];
  const operands = arrangeParameters(shape, parameters, { rows, segments: "fold", items: axes.run }, capabilities);
  const { items, segments } = operands;
  const parameter = flatParameter(operands);
  const apart = repeats * kept > 1;
  if (!parameter || operands.gathers.length > 0 || items < FLAT_BACKWARD.plane || items > LONGEST_SLICE) return null;
  const flags = flagsOf(items, !apart && segments === 1);
  if (flags["HELD"] === 0 && (!flags["SEAMS"] || items < FLAT_BACKWARD.looped)) return null;
  if (apart && (outer > 1 || segments > 1 || (parameter.stride > 0 && parameter.count !== kept))) return null;
  const own = apart ? axes.kept : [...axes.outer, ...axes.run.slice(0, headOf(shape, axes.run, segments))];
  const layouts = (["gamma", "beta"] as const).filter((role) => wants[`d${role}`]).map((role) => gradientLayout(shape, parameters[role]!, own));
  const [layout = null, other = layout] = layouts;
  if (layouts.includes(null) || (layout && other && !sameLayout(layout, other))) return null;
  return { operands, parameter, apart, count: outer * kept, layout };
}

/** Planes are held in registers where a statistic is one of them: read twice, they would have to be compiled twice, and win nothing. */
function flagsOf(items: number, alone: boolean): Record<string, number> {
  return { ...flatFlags(items), ...(!alone && { HELD: 0 }) };
}

/** Of the axes of a run those that so many segments were cut from. */
function headOf(shape: readonly number[], run: readonly number[], segments: number): number {
  let count = 1;
  let head = 0;
  for (; count < segments; head++) count *= shape[run[head]!]!;
  return head;
}
