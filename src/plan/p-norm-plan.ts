import pNormApply from "../../shaders/p-norm-apply.wgsl";
import pNormColumn from "../../shaders/p-norm-column.wgsl";
import pNormMerge from "../../shaders/p-norm-merge.wgsl";
import pNormRow from "../../shaders/p-norm-row.wgsl";
import pNormSlices from "../../shaders/p-norm-slices.wgsl";
import { sizeOf } from "../core/shape.ts";
import type { Capabilities } from "./capabilities.ts";
import { applyFrame, chooseWalk, columnFrame, inRows, mergeFrame, partialBytes, pNormDispatch, rowFrame, sliceFrame, type PNormWalk } from "./p-norm-parts.ts";
import type { PNormForwardRequest } from "./p-norm-request.ts";
import type { Plan } from "./plan.ts";

/** What to run to divide x by its p-norms: a pure function of shape and device. */
export function planPNorm(request: PNormForwardRequest, capabilities: Capabilities): Plan {
  if (sizeOf(request.shape) === 0) return { walk: "none", team: "invocation", dispatches: [], scratch: {}, bytesMoved: 0 };
  const { order } = request.view;
  if (order) return inRows(request, order, { inputs: ["x"], output: "y", flags: {} }, capabilities, (rows) => planPNorm(rows, capabilities));
  const chosen = chooseWalk(request, capabilities);
  return chosen.whole ? planWhole(request, chosen, capabilities) : planSplit(request, chosen, capabilities);
}

function planWhole(request: PNormForwardRequest, { walk }: PNormWalk, capabilities: Capabilities): Plan {
  const { names, hasG, writesNorm, power } = request;
  const row = walk === "row";
  const own = row ? rowFrame(request, capabilities) : columnFrame(request, true, capabilities).frame;
  const flags = { HAS_G: hasG, WRITES_NORM: writesNorm };
  const bindings = { x: names.x, y: names.y, g: hasG && "g", norm: writesNorm && "norm" };
  const one = pNormDispatch(request, row ? pNormRow : pNormColumn, own, { power, root: 1 / power }, flags, bindings);
  return { walk, team: own.teams.team, dispatches: [one], scratch: {}, bytesMoved: sizeOf(request.shape) * 8 };
}

function planSplit(request: PNormForwardRequest, { walk }: PNormWalk, capabilities: Capabilities): Plan {
  const { names, hasG, writesNorm, power } = request;
  const columns = walk === "column";
  const partials = columns ? columnFrame(request, false, capabilities) : sliceFrame(request, capabilities);
  const both = { power, root: 1 / power };
  const sums = { x: names.x, partials: "partials" };
  return {
    walk,
    team: partials.frame.teams.team,
    dispatches: [
      columns
        ? pNormDispatch(request, pNormColumn, partials.frame, both, { HAS_G: 0, WRITES_NORM: 0 }, sums)
        : pNormDispatch(request, pNormSlices, partials.frame, { power }, { GRADIENT: 0 }, sums),
      pNormDispatch(request, pNormMerge, mergeFrame(request, partials, capabilities), both, FORWARD, { partials: "partials", norm: "norm" }),
      pNormDispatch(
        request,
        pNormApply,
        applyFrame(request, capabilities),
        {},
        { ...FORWARD, HAS_G: hasG },
        { x: names.x, y: names.y, g: hasG && "g", norm: "norm" },
      ),
    ],
    scratch: { partials: partialBytes(request, partials), ...(!writesNorm && { norm: request.view.statistics * 4 }) },
    bytesMoved: sizeOf(request.shape) * 12,
  };
}

/** Flags of the kernels that serve both directions. */
const FORWARD = { GRADIENT: 0, HAS_G: 0, ACCUMULATES: 0 };
