import pNormApply from "../../shaders/p-norm-apply.wgsl";
import pNormColumnBackward from "../../shaders/p-norm-column-backward.wgsl";
import pNormMerge from "../../shaders/p-norm-merge.wgsl";
import pNormRowBackward from "../../shaders/p-norm-row-backward.wgsl";
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
import type { PNormBackwardRequest } from "./p-norm-request.ts";
import type { Dispatch, Plan } from "./plan.ts";
import { kernelName } from "./kernels.ts";

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

/** One dispatch of a kernel of this direction. */
function dispatch(request: PNormBackwardRequest, kernel: string, own: Frame, params: Dispatch["params"], more: Partial<Dispatch>): Dispatch {
  return {
    kernel,
    variant: own.variant,
    overrides: { ...own.overrides, ...powerOverride(request.power), ...more.overrides },
    params: { ...own.params, ...params },
    bindings: more.bindings!,
    grid: own.grid,
  };
}

function planWhole(request: PNormBackwardRequest, { walk }: PNormWalk, capabilities: Capabilities): Plan {
  const { view, names, hasG } = request;
  const row = walk === "row";
  const own = row ? rowFrame(request, capabilities) : columnFrame(request, true, capabilities).frame;
  const params = { ...exponentParams("slope", request.power - 1), ...(!row && { kept: view.kept, run: view.run }) };
  const one = dispatch(request, row ? kernelName(pNormRowBackward) : kernelName(pNormColumnBackward), own, params, {
    overrides: { HAS_G: Number(hasG), ACCUMULATES: Number(request.accumulates), ...GRADIENT },
    bindings: { x: names.x, dy: names.dy, dx: names.dx, norm: "norm", ...(hasG && { g: "g", dg: "dg" }) },
  });
  return { walk, team: own.variant.team, dispatches: [one], scratch: {}, bytesMoved: sizeOf(request.shape) * 12 };
}

function planSplit(request: PNormBackwardRequest, { walk }: PNormWalk, capabilities: Capabilities): Plan {
  const { view, names, hasG } = request;
  const columns = walk === "column";
  const partials = columns ? columnFrame(request, false, capabilities) : sliceFrame(request, capabilities);
  const read = { x: names.x, dy: names.dy, norm: "norm" };
  const flags = { HAS_G: Number(hasG), ACCUMULATES: Number(request.accumulates) };
  return {
    walk,
    team: partials.frame.variant.team,
    dispatches: [
      dispatch(
        request,
        columns ? kernelName(pNormColumnBackward) : kernelName(pNormSlices),
        partials.frame,
        columns ? { kept: view.kept, run: view.run } : {},
        {
          overrides: columns ? { HAS_G: 0, ACCUMULATES: 0 } : { GRADIENT: 1 },
          bindings: { ...read, partials: "partials" },
        },
      ),
      dispatch(
        request,
        kernelName(pNormMerge),
        mergeFrame(request, partials, capabilities),
        {},
        {
          overrides: { GRADIENT: 1, ...flags },
          bindings: { partials: "partials", dots: "dots", ...(hasG && { dg: "dg" }) },
        },
      ),
      dispatch(request, kernelName(pNormApply), applyFrame(request, capabilities), exponentParams("slope", request.power - 1), {
        overrides: { GRADIENT: 1, ...flags, ...GRADIENT },
        bindings: { ...read, dots: "dots", y: names.dx, ...(hasG && { g: "g" }) },
      }),
    ],
    scratch: { partials: partialBytes(request, partials), dots: view.statistics * 4 },
    bytesMoved: sizeOf(request.shape) * 20,
  };
}
