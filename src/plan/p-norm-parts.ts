import { sizeOf, type Shape } from "../core/shape.ts";
import type { KernelModule } from "../core/wgsl.d.ts";
import type { Capabilities } from "./capabilities.ts";
import { dispatchOf, type DispatchParts } from "./dispatch.ts";
import { gatherDispatch, permutedStrides } from "./gather-plan.ts";
import { clamp } from "./grid.ts";
import type { PNormRequest, PNormRole } from "./p-norm-request.ts";
import type { Dispatch, Flags, Plan, Walk } from "./plan.ts";
import { countedRows, invocationTeams, isSoftware, mergeTeams, subgroupTeams, workgroupTeams, type Teams } from "./teams.ts";
import {
  APPLY_SPAN,
  COLUMN_NORM_TEAMS,
  COLUMN_REPEATS,
  COLUMN_TEAMS,
  GPU_SPLIT_ROWS,
  INVOCATION_LANES,
  LONGEST_SLICE,
  MOST_HELD,
  SHORTEST_RUN,
  SHORTEST_SLICE,
  SOFTWARE_ROWS,
  SPLIT_MINIMUM,
  TARGET_TEAMS,
} from "./thresholds.ts";

/** A dispatch of which the direction has to say what it binds and which flags it sets. */
export interface Frame {
  readonly teams: Teams;
  readonly lane: 1 | 4;
  readonly flags: Flags;
  readonly params: Readonly<Record<string, number>>;
}

/** One dispatch of a kernel of either direction. `exponents`: those that it reads. */
export function pNormDispatch(
  { power }: PNormRequest,
  kernel: KernelModule,
  { teams, lane, ...told }: Frame,
  exponents: Readonly<Record<string, number>>,
  flags: Flags,
  bindings: DispatchParts["bindings"],
): Dispatch {
  const params = Object.entries(exponents).map(([name, value]) => exponentParams(name, value));
  // Other powers than these two are computed from their exponents.
  const own = { ...told.flags, POWER: power === 1 || power === 2 ? power : 0, ...flags };
  return dispatchOf(kernel, teams, { lane, flags: own, params: Object.assign({}, told.params, ...params) as Dispatch["params"], bindings });
}

/** How the values are walked: whole rows or columns in one dispatch, or slices, a merge and an apply. */
export type PNormWalk = { readonly walk: Walk; readonly whole: boolean };

/** Rows where each statistic lies in one piece, columns where runs are short, else runs. Few long ones are split. */
export function chooseWalk({ view, aligned }: PNormRequest, capabilities: Capabilities): PNormWalk {
  const { outer, repeats, kept, run } = view;
  if (repeats === 1 && kept === 1) {
    const few = countedRows(outer, capabilities) < (isSoftware(capabilities) ? SOFTWARE_ROWS : GPU_SPLIT_ROWS);
    return { walk: "row", whole: !(few && run >= SPLIT_MINIMUM) };
  }
  if (run >= SHORTEST_RUN) return { walk: "run", whole: false };
  const columns = (outer * kept * run) / laneOf(kept * run, aligned);
  const enough = columns >= (isSoftware(capabilities) ? COLUMN_NORM_TEAMS.software : COLUMN_NORM_TEAMS.gpu);
  return { walk: "column", whole: run === 1 && enough };
}

/** Four values a lane where `values` in a row can be cut so. */
function laneOf(values: number, aligned: boolean): 1 | 4 {
  return aligned && values % 4 === 0 ? 4 : 1;
}

function frame(teams: Teams, lane: 1 | 4, params: Record<string, number>, flags: Flags = {}): Frame {
  return { teams, lane, params, flags };
}

/** Whole rows: an invocation each on a CPU; on a GPU the narrowest team that holds a row in its registers, or a workgroup that reads the rest again. */
export function rowFrame({ view, aligned, eps }: PNormRequest, capabilities: Capabilities): Frame {
  const lane = laneOf(view.run, aligned);
  const items = view.run / lane;
  const own = (teams: Teams, held: number): Frame => frame(teams, lane, { teams: view.outer, items, eps }, { HELD: held });
  if (isSoftware(capabilities)) return own(invocationTeams(view.outer, capabilities), 0);
  if (items <= INVOCATION_LANES) return own(invocationTeams(view.outer, capabilities), items);
  if (capabilities.subgroups && items <= capabilities.subgroupMinSize * MOST_HELD) {
    return own(subgroupTeams(view.outer, capabilities), Math.ceil(items / capabilities.subgroupMinSize));
  }
  const teams = workgroupTeams(view.outer, items, 4, capabilities);
  return own(teams, Math.min(MOST_HELD, Math.ceil(items / teams.overrides.WORKGROUP)));
}

/** Partials of one statistic, and where they lie (merge-plan.ts). */
export interface Partials {
  readonly frame: Frame;
  readonly count: number;
  readonly outerStride: number;
  readonly keptStride: number;
  readonly inner: number;
  readonly step: number;
}

/** Slices of rows or of the planes of a run. */
export function sliceFrame({ view, aligned, eps }: PNormRequest, capabilities: Capabilities): Partials {
  const { count, statistics, repeats, kept, run } = view;
  const lane = laneOf(run, aligned);
  const items = run / lane;
  const busy = Math.ceil(TARGET_TEAMS[capabilities.adapterClass] / countedRows(statistics, capabilities));
  const shortest = isSoftware(capabilities) ? SHORTEST_SLICE.software : SHORTEST_SLICE.gpu;
  const wanted = Math.max(clamp(busy, 1, Math.ceil(count / shortest)), Math.ceil(count / LONGEST_SLICE));
  const planes_per_slice = Math.max(1, Math.floor(repeats / wanted));
  const items_per_slice = Math.ceil(items / (planes_per_slice > 1 ? 1 : Math.max(1, Math.round(wanted / repeats))));
  const item_slices = Math.ceil(items / items_per_slice);
  const slices = Math.ceil(repeats / planes_per_slice) * item_slices;
  const teamCount = statistics * slices;
  const teams = isSoftware(capabilities) ? invocationTeams(teamCount, capabilities) : workgroupTeams(teamCount, items_per_slice, 4, capabilities);
  const params = { teams: teamCount, slices, item_slices, planes_per_slice, items_per_slice, repeats, kept, items, eps };
  return { frame: frame(teams, lane, params), count: slices, outerStride: kept * slices, keptStride: slices, inner: slices, step: 0 };
}

/** Columns, whole or in slices of the repeats. */
export function columnFrame({ view, aligned, eps }: PNormRequest, whole: boolean, capabilities: Capabilities): Partials {
  const { outer, repeats, kept, run } = view;
  const lane = laneOf(kept * run, aligned);
  const items = (kept * run) / lane;
  const wanted = Math.ceil((isSoftware(capabilities) ? COLUMN_TEAMS.software : COLUMN_TEAMS.gpu) / (outer * items));
  const most = Math.max(clamp(wanted, 1, Math.ceil(repeats / COLUMN_REPEATS.moments)), Math.ceil(repeats / LONGEST_SLICE));
  const repeats_per_slice = whole ? repeats : Math.ceil(repeats / most);
  const slices = Math.ceil(repeats / repeats_per_slice);
  const teams = invocationTeams(outer * slices * items, capabilities);
  const width = kept * run;
  return {
    frame: frame(teams, lane, { teams: outer * slices * items, repeats, items, slices, repeats_per_slice, eps }, { SPLIT: !whole }),
    count: slices * run,
    outerStride: slices * width,
    keptStride: run,
    inner: run,
    step: width,
  };
}

/** Partials of all slices to one value a statistic. */
export function mergeFrame({ view }: PNormRequest, partials: Partials, capabilities: Capabilities): Frame {
  return frame(mergeTeams(view.statistics, partials.count, capabilities), 1, {
    teams: view.statistics,
    partials_count: partials.count,
    kept: view.kept,
    outer_stride: partials.outerStride,
    kept_stride: partials.keptStride,
    inner: partials.inner,
    step: partials.step,
  });
}

/** Bytes of the partials: two numbers each. */
export function partialBytes({ view }: PNormRequest, partials: Partials): number {
  return view.statistics * partials.count * 8;
}

/** Every value divided, where the norms are known: chunks that are walked in steps within which a lane keeps its statistics, so that they are looked up once. */
export function applyFrame({ view, aligned, eps }: PNormRequest, capabilities: Capabilities): Frame {
  const { outer, repeats, kept, run } = view;
  const software = isSoftware(capabilities);
  const rows = repeats === 1 && kept === 1;
  const lane = laneOf(kept * run, aligned);
  const length = (repeats * kept * run) / lane;
  // A row has one statistic: any step keeps it, and a workgroup's is one.
  const items = rows ? invocationTeams(1, capabilities).overrides.WORKGROUP : (kept * run) / lane;
  const wanted = Math.ceil((software ? COLUMN_TEAMS.software : COLUMN_TEAMS.gpu) / (outer * items));
  const span = rows
    ? software
      ? APPLY_SPAN.software / items
      : APPLY_SPAN.gpuItems
    : Math.ceil(repeats / clamp(wanted, 1, Math.ceil(repeats / COLUMN_REPEATS.apply)));
  const slices = Math.ceil(length / (span * items));
  const teams = outer * slices * items;
  const params = { teams, length, items, chunk: span * items, slices, kept, run: rows ? items * lane : run, eps };
  return frame(invocationTeams(teams, capabilities), lane, params);
}

/** An exponent's members: 12 bits, and what is left (shaders/prelude/power.wgsl). */
export function exponentParams(name: string, value: number): Record<string, number> {
  const unit = 2 ** (Math.floor(Math.log2(Math.max(value, Number.MIN_VALUE))) - 11);
  const high = value === 0 ? 0 : Math.round(value / unit) * unit;
  return { [`${name}.high`]: high, [`${name}.low`]: value - high };
}

/** The plan of a call whose x must first be brought into rows, and its results back. */
export function inRows<Request extends PNormRequest>(
  request: Request,
  order: readonly number[],
  { inputs, output, flags }: { readonly inputs: readonly PNormRole[]; readonly output: PNormRole; readonly flags: Readonly<Record<string, number>> },
  capabilities: Capabilities,
  planRows: (rows: Request) => Plan,
): Plan {
  const shape = order.map((axis) => request.shape[axis]!);
  const kept = request.view.axes.outer.length;
  const places = shape.map((_, place) => place);
  const view = { ...request.view, order: null, axes: { outer: places.slice(0, kept), repeats: [], kept: [], run: places.slice(kept) } };
  const rowsOf = (role: PNormRole): string => `${request.names[role]}_rows`;
  const names = { x: rowsOf("x"), y: rowsOf("y"), dy: rowsOf("dy"), dx: rowsOf("dx") };
  const rows = planRows({ ...request, shape, view, names, aligned: true });
  const bytes = sizeOf(shape) * 4;
  const gather = (extents: Shape, strides: readonly number[], source: string, target: string): Dispatch =>
    gatherDispatch(extents, strides, source, target, capabilities);
  const inverse = order.map((_, axis) => order.indexOf(axis));
  const back = gather(request.shape, permutedStrides(shape, inverse), names[output], request.names[output]);
  return {
    ...rows,
    walk: "general",
    dispatches: [
      ...inputs.map((role) => gather(shape, permutedStrides(request.shape, order), request.names[role], names[role])),
      ...rows.dispatches,
      { ...back, overrides: { ...back.overrides, ...flags } },
    ],
    scratch: { ...rows.scratch, ...Object.fromEntries([...inputs, output].map((role) => [names[role], bytes])) },
    bytesMoved: rows.bytesMoved + bytes * 2 * (inputs.length + 1),
  };
}
