import type { Capabilities } from "./capabilities.ts";
import type { Dispatch, Plan } from "./plan.ts";
import { statisticsStride } from "./request.ts";
import { invocationTeams, isSoftware, subgroupTeams, workgroupTeams, type Teams } from "./teams.ts";
import { INVOCATION_LANES } from "./thresholds.ts";

/** The rows of a packed buffer, as far as a plan depends on them. */
export interface PackedShape {
  readonly rows: number;
  /** Values of all rows. */
  readonly values: number;
  /** Rows lie in one piece; else their values are apart, and neighbouring rows lie beside each other. */
  readonly contiguous: boolean;
  /** Every row starts and ends at a multiple of four values. */
  readonly whole: boolean;
}

/** What a call on a packed buffer asks of the planner. */
export interface PackedRequest extends PackedShape {
  /** One of plan/packed-kernels.ts. */
  readonly kernel: string;
  readonly overrides: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, number>>;
  /** Roles that are bound, each to the binding of its name. */
  readonly roles: readonly string[];
}

/** One dispatch for all rows: a team each. */
export function planPacked(request: PackedRequest, capabilities: Capabilities): Plan {
  const { rows, values, kernel, roles } = request;
  const lane = request.contiguous && request.whole ? 4 : 1;
  const teams = teamsFor(request, values / lane / Math.max(rows, 1), capabilities);
  const dispatch: Dispatch = {
    kernel,
    variant: { lane, parameter: "scalar", team: teams.team },
    overrides: { ...teams.overrides, ...request.overrides },
    params: { teams: rows, zero: 0, ...(STATISTICS.has(kernel) && { statistics_stride: statisticsStride(rows) }), ...request.params },
    bindings: Object.fromEntries(roles.map((role) => [role, role])),
    grid: teams.grid,
  };
  const passes = roles.filter((role) => LARGE.has(role)).length + (request.overrides["ACCUMULATES"] ?? 0);
  return { walk: "row", team: teams.team, dispatches: rows === 0 ? [] : [dispatch], scratch: {}, bytesMoved: values * 4 * passes };
}

const STATISTICS = new Set(["packed-standardize", "packed-standardize-backward"]);
const LARGE = new Set(["v", "w", "dw", "dv"]);

/** An invocation a row on a CPU, and where neighbouring rows lie beside each other; else a subgroup or a workgroup, for rows of this length. */
function teamsFor({ rows, contiguous }: PackedShape, length: number, capabilities: Capabilities): Teams {
  if (isSoftware(capabilities) || !contiguous || length <= INVOCATION_LANES) return invocationTeams(rows, capabilities);
  return capabilities.subgroups ? subgroupTeams(rows, capabilities) : workgroupTeams(rows, length, 4, capabilities);
}
