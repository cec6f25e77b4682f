import sumPartials from "../../shaders/sum-partials.wgsl";
import type { Capabilities } from "./capabilities.ts";
import { partialsOf, type GradientLayout } from "./gradient-layout.ts";
import { dispatchOf } from "./dispatch.ts";
import type { Dispatch } from "./plan.ts";
import { invocationTeams, isSoftware } from "./teams.ts";
import { SUMMED_AT_ONCE } from "./thresholds.ts";

/** Partial gradients that lie as [planes, outer, count, width], dgamma's plane before dbeta's. */
export interface Partials {
  /** Key of the plan's scratch that holds them. */
  readonly role: string;
  readonly layout: GradientLayout;
  readonly dgamma: boolean;
  readonly dbeta: boolean;
  readonly lane: 1 | 4;
  readonly gammaScale: number;
  readonly accumulates: boolean;
}

/** Sums partial gradients over `count`: at once where there are few, else in two stages of about as many adds each. No float atomics: the same bits every time. */
export function sumDispatches(partials: Partials, capabilities: Capabilities): { dispatches: Dispatch[]; scratch: Record<string, number> } {
  const { layout } = partials;
  const most = isSoftware(capabilities) ? SUMMED_AT_ONCE.software : SUMMED_AT_ONCE.gpu;
  if (layout.count <= most) return { dispatches: [sumDispatch(partials, layout.count, capabilities)], scratch: {} };
  const rowsPerSlice = Math.ceil(Math.sqrt(layout.count));
  const fewer = { ...layout, count: Math.ceil(layout.count / rowsPerSlice) };
  const planes = Number(partials.dgamma) + Number(partials.dbeta);
  const role = `${partials.role}_sums`;
  return {
    dispatches: [sumDispatch(partials, rowsPerSlice, capabilities, role), sumDispatch({ ...partials, role, layout: fewer }, fewer.count, capabilities)],
    scratch: { [role]: planes * partialsOf(fewer) * 4 },
  };
}

/** One stage. `sums`: where it leaves fewer partials; without it the gradients are written. */
function sumDispatch(partials: Partials, rowsPerSlice: number, capabilities: Capabilities, sums?: string): Dispatch {
  const { layout, dgamma, dbeta, lane } = partials;
  const planes = Number(dgamma) + Number(dbeta);
  const slices = Math.ceil(layout.count / rowsPerSlice);
  const width = layout.width / lane;
  const count = planes * layout.outer * slices * width;
  return dispatchOf(sumPartials, invocationTeams(count, capabilities), {
    lane,
    flags: { LAST: sums === undefined, ACCUMULATES: partials.accumulates },
    params: {
      teams: count,
      planes_before_dbeta: Number(dgamma),
      outer: layout.outer,
      count: layout.count,
      width,
      slices,
      rows_per_slice: rowsPerSlice,
      gamma_scale: partials.gammaScale,
    },
    bindings: { partials: partials.role, sums, dgamma: !sums && dgamma && "dgamma", dbeta: !sums && dbeta && "dbeta" },
  });
}
