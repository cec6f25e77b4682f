import type { Capabilities } from "./capabilities.ts";
import type { Dispatch, Plan } from "./plan.ts";
import { statisticsStride } from "./request.ts";
import { invocationTeams, isSoftware, subgroupTeams, workgroupTeams, type Teams } from "./teams.ts";
import { INVOCATION_LANES } from "./thresholds.ts";

/** Rows of one kind of a packed buffer, as far as a plan depends on them. */
export interface PackedPart {
  readonly rows: number;
  /** Values of all of them. */
  readonly values: number;
  /** Rows lie in one piece; else their values are apart, and neighbouring rows lie beside each other. */
  readonly contiguous: boolean;
  /** Every row starts and ends at a multiple of four values. */
  readonly whole: boolean;
}

/** The rows of a packed buffer: of each kind, in the order in which they are taken. */
export interface PackedShape {
  readonly parts: readonly PackedPart[];
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

/** A dispatch for all rows of a kind, a team each: a few odd rows do not make the others go one value a lane. */
export function planPacked(request: PackedRequest, capabilities: Capabilities): Plan {
  const { parts, roles } = request;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const values = parts.reduce((sum, part) => sum + part.values, 0);
  let first = 0;
  const dispatches = parts.map((part) => {
    const dispatch = dispatchOf(request, part, { rows, first, order: parts.length > 1 ? rows : 0 }, capabilities);
    first += part.rows;
    return dispatch;
  });
  const passes = roles.filter((role) => LARGE.has(role)).length + (request.overrides["ACCUMULATES"] ?? 0);
  return { walk: "row", team: dispatches[0]?.variant.team ?? "invocation", dispatches, scratch: {}, bytesMoved: values * 4 * passes };
}

/** Where a part's rows are: rows of all parts, its first one in the order of rows, and where that order lies in the table; 0 where rows are taken as they come. */
interface Place {
  readonly rows: number;
  readonly first: number;
  readonly order: number;
}

function dispatchOf({ kernel, roles, ...request }: PackedRequest, part: PackedPart, { rows, ...place }: Place, capabilities: Capabilities): Dispatch {
  const lane = part.contiguous && part.whole ? 4 : 1;
  const teams = teamsFor(part, part.values / lane / part.rows, capabilities);
  return {
    kernel,
    variant: { lane, parameter: "scalar", team: teams.team },
    overrides: { ...teams.overrides, ...request.overrides },
    params: { teams: part.rows, ...place, zero: 0, ...(STATISTICS.has(kernel) && { statistics_stride: statisticsStride(rows) }), ...request.params },
    bindings: Object.fromEntries(roles.map((role) => [role, role])),
    grid: teams.grid,
  };
}

const STATISTICS = new Set(["packed-standardize", "packed-standardize-backward"]);
const LARGE = new Set(["v", "w", "dw", "dv"]);

/** An invocation a row on a CPU, and where neighbouring rows lie beside each other; else a subgroup or a workgroup, for rows of this length. */
function teamsFor({ rows, contiguous }: PackedPart, length: number, capabilities: Capabilities): Teams {
  if (isSoftware(capabilities) || !contiguous || length <= INVOCATION_LANES) return invocationTeams(rows, capabilities);
  return capabilities.subgroups ? subgroupTeams(rows, capabilities) : workgroupTeams(rows, length, 4, capabilities);
}
