import rowNarrow from "../../shaders/row-narrow.wgsl";
import type { Capabilities } from "./capabilities.ts";
import { dispatchOf } from "./dispatch.ts";
import { wholeBindings, wholeFlags, wholeParams, wholePasses, type WalkPlan } from "./forward-parts.ts";
import { clamp } from "./grid.ts";
import { isAlongRow, type Operands } from "./operands.ts";
import type { ForwardRequest } from "./request.ts";
import { heldMost, invocationTeams, isSoftware } from "./teams.ts";
import { NARROW_ROWS, SOFTWARE_UNROLLED, TARGET_TEAMS } from "./thresholds.ts";

/** Many narrow rows on a CPU, held in registers whatever their width; null where they are wide or few, do not fill whole lanes together, or have other parameters than along the row. */
export function planNarrow(request: ForwardRequest, operands: Operands, capabilities: Capabilities): WalkPlan | null {
  const { run, outer } = request.view;
  // What is chosen here depends on the size of the whole tensor.
  if (!isSoftware(capabilities) || capabilities.batchInvariant || run > 4 * heldMost(NARROW_ROWS.held, capabilities)) return null;
  const isWhole = request.aligned && (run * outer) % 4 === 0 && run * outer >= SOFTWARE_UNROLLED && outer >= NARROW_ROWS.least;
  if (!isWhole || operands.segments > 1 || operands.roles.residual_bias || !isAlongRow(operands.roles, operands.views)) return null;
  // Places in a lane that four rows start at are known before they are read.
  const together = outer % 4 === 0 && run <= NARROW_ROWS.together ? 4 : 1;
  const rows = 4 * clamp(Math.ceil(outer / TARGET_TEAMS.software / 4), 1, NARROW_ROWS.rows / 4);
  const count = Math.ceil(outer / rows);
  const { HAS_RESIDUAL_BIAS: _, ...flags } = wholeFlags(request);
  const row = dispatchOf(rowNarrow, invocationTeams(count, capabilities), {
    lane: 4,
    flags: { ...flags, WIDTH: run, HELD: Math.ceil(run / 4), ROWS: together, SEAMS: run % 4 !== 0 },
    params: { ...wholeParams(request), teams: count, rows: outer, rows_per_team: rows },
    bindings: wholeBindings(request, operands.roles),
  });
  return { team: "invocation", dispatches: [...operands.gathers, row], scratch: operands.scratch, passes: wholePasses(request) };
}
