import type { BackwardRequest } from "../../src/plan/backward-request.ts";
import { planBackward } from "../../src/plan/backward-plan.ts";
import type { Capabilities } from "../../src/plan/capabilities.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { ForwardRequest } from "../../src/plan/request.ts";
import { gradientsOf } from "./every-walk.ts";
import { along, batch, group, instance, layer, request } from "./requests.ts";

/** The backward call of a forward call: every gradient that there is. */
export function backwardOf(forward: ForwardRequest, more: Partial<BackwardRequest> = {}): BackwardRequest {
  const { walks, shape, view, parameters, statistics, subtractsMean, activation, eps, epsMode, correction, gammaScale, gammaShift, aligned } = forward;
  const { gamma, beta } = parameters;
  const fixed = statistics === "fixed";
  return {
    walks: gradientsOf(walks),
    shape,
    view,
    parameters: { ...(gamma && { gamma }), ...(beta && { beta }) },
    statistics,
    subtractsMean,
    activation,
    eps,
    epsMode,
    correction,
    gammaScale,
    gammaShift,
    hasDsum: false,
    wants: { dx: true, dgamma: gamma !== undefined, dbeta: beta !== undefined, dmean: fixed, dvariance: fixed },
    accumulates: false,
    aligned,
    ...more,
  };
}

/** Planes that a CPU takes as lanes of the whole tensor. */
function planesOf(): BackwardRequest[] {
  const wants = { dx: true, dgamma: true, dbeta: true, dmean: false, dvariance: false };
  const bare = request([4096, 49], [1], { subtractsMean: false, epsMode: "outsideStd", correction: 1, activation: "relu" });
  return [
    backwardOf(instance([64, 64, 49], 1), { hasDsum: true }),
    backwardOf(instance([64, 64, 64], 1), { gammaScale: 2, wants: { ...wants, dx: false } }),
    backwardOf(batch([64, 64, 49], 1), { wants: { ...wants, dgamma: false } }),
    backwardOf(batch([64, 64, 49], 1, "fixed"), { wants: { ...wants, dbeta: false } }),
    backwardOf(group([8, 32, 31, 31], 8)),
    backwardOf(bare),
  ];
}

/** Rows that a CPU holds in registers. */
function narrowOf(): BackwardRequest[] {
  const wants = { dx: true, dgamma: true, dbeta: true, dmean: false, dvariance: false };
  const rows = layer(65_536, 7);
  return [
    backwardOf(rows, { hasDsum: true, gammaScale: 2 }),
    backwardOf(rows, { wants: { ...wants, dx: false } }),
    backwardOf(rows, { statistics: "fixed", wants: { ...wants, dgamma: false } }),
    backwardOf(request([65_536, 12], [1], { subtractsMean: false, epsMode: "outsideStd", correction: 1, activation: "relu" })),
  ];
}

/** Plans that together reach every kernel with every flag. */
export function backwardPlans(device: Capabilities): Plan[] {
  const perSample = { gamma: along([4, 8, 36], [0, 1]), beta: along([4, 8, 36], [0, 1]) };
  const fixed = batch([4, 8, 36], 1, "fixed");
  const statistic = { dx: true, dgamma: false, dbeta: false, dmean: true, dvariance: false };
  const requests = [
    backwardOf(layer(64, 96)),
    backwardOf(layer(3, 4096)),
    backwardOf(layer(3, 4096), { accumulates: true }),
    backwardOf(layer(64, 96), { hasDsum: true, accumulates: true }),
    backwardOf(layer(64, 96), { wants: { ...statistic, dgamma: true } }),
    backwardOf(layer(64, 96), { wants: { ...statistic, dbeta: true } }),
    backwardOf(request([64, 96], [1], { statistics: "rms", subtractsMean: false, parameters: { gamma: along([64, 96], [1]) } })),
    backwardOf(request([64, 96], [1], { subtractsMean: false, epsMode: "outsideStd", correction: 1, activation: "gelu" })),
    backwardOf(request([3, 65536], [1], { subtractsMean: false, epsMode: "outsideStd", correction: 1, activation: "gelu" })),
    ...[{ hasDsum: true, accumulates: true }, { wants: { ...statistic, dgamma: true } }, { wants: { ...statistic, dbeta: true } }].flatMap((more) => [
      // Parameters of two kinds, and few long rows: what the fused kernels of rows leave to others.
      backwardOf(request([64, 96], [1], { parameters: { gamma: along([64, 96], [1]), beta: along([64, 96], [0]) } }), more),
      backwardOf(layer(3, 65536), more),
    ]),
    backwardOf(request([5000, 40], [1], { parameters: { gamma: along([5000, 40], []), beta: along([5000, 40], [0]) } })),
    backwardOf(batch([4, 8, 36], 1)),
    backwardOf(batch([4, 36, 8], 2), { accumulates: true }),
    backwardOf({ ...batch([4, 8, 36], 1), parameters: perSample }),
    backwardOf(fixed),
    backwardOf(fixed, { wants: statistic }),
    backwardOf(fixed, { wants: { ...statistic, dmean: false, dvariance: true } }),
    backwardOf(group([4, 8, 36], 2)),
    backwardOf(group([4, 8, 36], 2), { accumulates: true, wants: { ...statistic, dgamma: true } }),
    backwardOf(group([4, 8, 36], 2), { wants: { ...statistic, dbeta: true } }),
    backwardOf(instance([4, 8, 36], 1)),
    backwardOf(instance([4, 8, 36], 1), { wants: { ...statistic, dmean: false, dbeta: true } }),
    backwardOf(request([5000, 40], [1], { parameters: { gamma: along([5000, 40], []) } })),
    backwardOf(layer(64, 96), { added: { dresidual: along([64, 96], [1]), dresidual_bias: along([64, 96], [0]) } }),
    ...planesOf(),
    ...narrowOf(),
  ];
  return requests.map((one) => planBackward(one, device));
}
