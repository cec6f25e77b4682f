import applyFewRows from "../../shaders/apply-few-rows.wgsl";
import type { BackwardRequest } from "./backward-request.ts";
import type { Capabilities } from "./capabilities.ts";
import { dispatchOf } from "./dispatch.ts";
import { gradientLayout } from "./gradient-layout.ts";
import { isCentered } from "./gradient-sums.ts";
import { arrangeParameters, chooseLanes } from "./operands.ts";
import type { Dispatch } from "./plan.ts";
import { statisticsStride } from "./request.ts";
import { invocationTeams, isSoftware } from "./teams.ts";
import { FEW_ROWS } from "./thresholds.ts";

/**
 * dx, dgamma and dbeta of a few long rows on a CPU in one dispatch, the means known.
 * @returns null where it does not apply: other devices and walks, many rows, gradients of one parameter alone, parameters that do not lie along a row, activations, what is added to dx
 */
export function applyRows(request: BackwardRequest, capabilities: Capabilities): Dispatch | null {
  const { view, wants, shape, parameters } = request;
  const { outer, run, axes } = view;
  if (!isSoftware(capabilities) || capabilities.batchInvariant || view.repeats * view.kept > 1 || outer > FEW_ROWS.rows || run < FEW_ROWS.run) return null;
  if (
    !wants.dx ||
    request.hasDsum ||
    request.isShare ||
    request.activation !== "none" ||
    (!isCentered(request) && (request.statistics !== "rms" || request.subtractsMean))
  )
    return null;
  const roles = (["gamma", "beta"] as const).filter((role) => parameters[role]);
  if (!(wants.dgamma || wants.dbeta) || roles.some((role) => gradientLayout(shape, parameters[role]!, axes.run)?.width !== run)) return null;
  const operands = arrangeParameters(shape, parameters, { rows: axes.outer, segments: [], items: axes.run }, capabilities);
  const isPlain = roles.every((role) => operands.roles[role] === role && operands.views[role].majorStride + operands.views[role].minorStride === 0);
  if (!isPlain) return null;
  const { lane, parameter } = chooseLanes(operands, request.aligned);
  const items = run / lane;
  const span = Math.ceil(items / FEW_ROWS.teams);
  const count = Math.ceil(items / span);
  return dispatchOf(applyFewRows, invocationTeams(count, capabilities), {
    lane,
    parameter,
    flags: {
      CENTERED: request.subtractsMean,
      HAS_GAMMA: Boolean(parameters.gamma),
      SCALES_GAMMA: request.gammaScale !== 1 || request.gammaShift !== 0,
      WRITES_DGAMMA: wants.dgamma,
      WRITES_DBETA: wants.dbeta,
      ACCUMULATES: request.accumulates,
      ROWS: [4, 3, 2, 1].find((rows) => outer % rows === 0)!,
      SATURATES: 0,
    },
    params: {
      teams: count,
      span,
      items,
      rows: outer,
      statistics_stride: statisticsStride(view.statistics),
      gamma_scale: request.gammaScale,
      gamma_shift: request.gammaShift,
    },
    bindings: {
      x: "x",
      dy: "dy",
      statistics: "statistics",
      coefficients: "coefficients",
      dx: "dx",
      gamma: parameters.gamma && "gamma",
      dgamma: wants.dgamma && "dgamma",
      dbeta: wants.dbeta && "dbeta",
    },
  });
}
