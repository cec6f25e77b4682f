import pNormApply from "../../shaders/p-norm-apply.wgsl";
import pNormColumn from "../../shaders/p-norm-column.wgsl";
import pNormMerge from "../../shaders/p-norm-merge.wgsl";
import pNormRow from "../../shaders/p-norm-row.wgsl";
import pNormSlices from "../../shaders/p-norm-slices.wgsl";
import { sizeOf } from "../core/shape.ts";
import type { Capabilities } from "./capabilities.ts";
import {
  applyFrame,
  chooseWalk,
  columnFrame,
  exponentParams,
  inRows,
  mergeFrame,
  partialBytes,
  powerOverride,
  rowFrame,
  sliceFrame,
  type Frame,
  type PNormWalk,
} from "./p-norm-parts.ts";
import type { PNormForwardRequest } from "./p-norm-request.ts";
import type { Dispatch, Plan } from "./plan.ts";
import { kernelName } from "./kernels.ts";

/** What to run to divide x by its p-norms: a pure function of shape and device. */
export function planPNorm(request: PNormForwardRequest, capabilities: Capabilities): Plan {
  if (sizeOf(request.shape) === 0) return { walk: "none", team: "invocation", dispatches: [], scratch: {}, bytesMoved: 0 };
  const { order } = request.view;
  if (order) return inRows(request, order, { inputs: ["x"], output: "y", flags: {} }, capabilities, (rows) => planPNorm(rows, capabilities));
  const chosen = chooseWalk(request, capabilities);
  return chosen.whole ? planWhole(request, chosen, capabilities) : planSplit(request, chosen, capabilities);
}

/** One dispatch of a kernel of this direction. */
function dispatch(request: PNormForwardRequest, kernel: string, own: Frame, exponents: readonly string[], more: Partial<Dispatch>): Dispatch {
  const values: Record<string, number> = { power: request.power, root: 1 / request.power };
  return {
    kernel,
    variant: own.variant,
    overrides: { ...own.overrides, ...powerOverride(request.power), ...more.overrides },
    params: Object.assign({}, own.params, ...exponents.map((name) => exponentParams(name, values[name]!))) as Record<string, number>,
    bindings: more.bindings!,
    grid: own.grid,
  };
}

function outputs({ names, hasG }: PNormForwardRequest): Record<string, string> {
  return { x: names.x, y: names.y, ...(hasG && { g: "g" }) };
}

function planWhole(request: PNormForwardRequest, { walk }: PNormWalk, capabilities: Capabilities): Plan {
  const own = walk === "row" ? rowFrame(request, capabilities) : columnFrame(request, true, capabilities).frame;
  const overrides = { HAS_G: Number(request.hasG), WRITES_NORM: Number(request.writesNorm) };
  const bindings = { ...outputs(request), ...(request.writesNorm && { norm: "norm" }) };
  const one = dispatch(request, walk === "row" ? kernelName(pNormRow) : kernelName(pNormColumn), own, ["power", "root"], { overrides, bindings });
  return { walk, team: own.variant.team, dispatches: [one], scratch: {}, bytesMoved: sizeOf(request.shape) * 8 };
}

function planSplit(request: PNormForwardRequest, { walk }: PNormWalk, capabilities: Capabilities): Plan {
  const columns = walk === "column";
  const partials = columns ? columnFrame(request, false, capabilities) : sliceFrame(request, capabilities);
  const kernel = columns ? kernelName(pNormColumn) : kernelName(pNormSlices);
  const flags: Record<string, number> = columns ? { HAS_G: 0, WRITES_NORM: 0 } : { GRADIENT: 0 };
  return {
    walk,
    team: partials.frame.variant.team,
    dispatches: [
      dispatch(request, kernel, partials.frame, columns ? ["power", "root"] : ["power"], {
        overrides: flags,
        bindings: { x: request.names.x, partials: "partials" },
      }),
      dispatch(request, kernelName(pNormMerge), mergeFrame(request, partials, capabilities), ["power", "root"], {
        overrides: { GRADIENT: 0, HAS_G: 0, ACCUMULATES: 0 },
        bindings: { partials: "partials", norm: "norm" },
      }),
      dispatch(request, kernelName(pNormApply), applyFrame(request, capabilities), [], {
        overrides: { GRADIENT: 0, HAS_G: Number(request.hasG), ACCUMULATES: 0 },
        bindings: { ...outputs(request), norm: "norm" },
      }),
    ],
    scratch: { partials: partialBytes(request, partials), ...(!request.writesNorm && { norm: request.view.statistics * 4 }) },
    bytesMoved: sizeOf(request.shape) * 12,
  };
}
