import pNormApply from "../../shaders/p-norm-apply.wgsl";
import pNormColumnBackward from "../../shaders/p-norm-column-backward.wgsl";
import pNormMerge from "../../shaders/p-norm-merge.wgsl";
import pNormRowBackward from "../../shaders/p-norm-row-backward.wgsl";
import pNormSlices from "../../shaders/p-norm-slices.wgsl";
import { sizeOf } from "../core/shape.ts";
import type { StatisticsView } from "../core/statistics-view.ts";
import type { Capabilities } from "./capabilities.ts";
import {
  applyFrame,
  chooseWalk,
  columnFrame,
  inRows,
  mergeFrame,
  partialBytes,
  pNormDispatch,
  rowFrame,
  sliceFrame,
  type Frame,
  type PNormWalk,
} from "./p-norm-parts.ts";
import type { PNormBackwardRequest } from "./p-norm-request.ts";
import type { Plan } from "./plan.ts";

/** What to run for the gradients of a division by p-norms: a pure function of shape and device. */
export function planPNormBackward(request: PNormBackwardRequest, capabilities: Capabilities): Plan {
  if (sizeOf(request.shape) === 0) return { walk: "none", team: "invocation", dispatches: [], scratch: {}, bytesMoved: 0 };
  const { order } = request.view;
  if (order) {
    const inputs = ["x", "dy", ...(request.accumulates ? (["dx"] as const) : [])] as const;
    return inRows(request, order, { inputs, output: "dx", flags: GRADIENT }, capabilities, (rows) => planPNormBackward(rows, capabilities));
  }
  const chosen = chooseWalk(request, capabilities);
  return chosen.whole ? planWhole(request, chosen, capabilities) : planSplit(request, chosen, capabilities);
}

/** Gradients in f16 overflow to infinity, which those who scale a loss look for. */
const GRADIENT = { SATURATES: 0 };

function planWhole(request: PNormBackwardRequest, { walk }: PNormWalk, capabilities: Capabilities): Plan {
  const { view, names, hasG, accumulates, power } = request;
  const bindings = { x: names.x, dy: names.dy, dx: names.dx, norm: "norm", g: hasG && "g", dg: hasG && "dg" };
  const flags = { HAS_G: hasG, ACCUMULATES: accumulates, ...GRADIENT };
  const slope = { slope: power - 1 };
  const one =
    walk === "row"
      ? pNormDispatch(request, pNormRowBackward, rowFrame(request, capabilities), slope, flags, bindings)
      : pNormDispatch(request, pNormColumnBackward, withColumns(view, columnFrame(request, true, capabilities).frame), slope, flags, bindings);
  return { walk, team: one.variant.team, dispatches: [one], scratch: {}, bytesMoved: sizeOf(request.shape) * 12 };
}

function withColumns({ kept, run }: StatisticsView, frame: Frame): Frame {
  return { ...frame, params: { ...frame.params, kept, run } };
}

function planSplit(request: PNormBackwardRequest, { walk }: PNormWalk, capabilities: Capabilities): Plan {
  const { view, names, hasG, accumulates, power } = request;
  const columns = walk === "column";
  const partials = columns ? columnFrame(request, false, capabilities) : sliceFrame(request, capabilities);
  const read = { x: names.x, dy: names.dy, norm: "norm" };
  const sums = { ...read, partials: "partials" };
  const flags = { GRADIENT: 1, HAS_G: hasG, ACCUMULATES: accumulates };
  return {
    walk,
    team: partials.frame.teams.team,
    dispatches: [
      columns
        ? pNormDispatch(request, pNormColumnBackward, withColumns(view, partials.frame), {}, { HAS_G: 0, ACCUMULATES: 0 }, sums)
        : pNormDispatch(request, pNormSlices, partials.frame, {}, { GRADIENT: 1 }, sums),
      pNormDispatch(request, pNormMerge, mergeFrame(request, partials, capabilities), {}, flags, { partials: "partials", dots: "dots", dg: hasG && "dg" }),
      pNormDispatch(
        request,
        pNormApply,
        applyFrame(request, capabilities),
        { slope: power - 1 },
        { ...flags, ...GRADIENT },
        { ...read, dots: "dots", y: names.dx, g: hasG && "g" },
      ),
    ],
    scratch: { partials: partialBytes(request, partials), dots: view.statistics * 4 },
    bytesMoved: sizeOf(request.shape) * 20,
  };
}
