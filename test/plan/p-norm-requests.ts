import type { Shape } from "../../src/core/shape.ts";
import { statisticsView } from "../../src/core/statistics-view.ts";
import type { Capabilities } from "../../src/plan/capabilities.ts";
import { planPNormBackward } from "../../src/plan/p-norm-backward-plan.ts";
import { planPNorm } from "../../src/plan/p-norm-plan.ts";
import type { PNormBackwardRequest, PNormForwardRequest } from "../../src/plan/p-norm-request.ts";
import type { Plan } from "../../src/plan/plan.ts";

/** A request for x of this shape, divided by its 2-norms over these axes. */
export function pNormRequest(
  shape: Shape,
  reduced: readonly number[],
  more: Partial<PNormForwardRequest & PNormBackwardRequest> = {},
): PNormForwardRequest & PNormBackwardRequest {
  const names = { x: "x", y: "y", dy: "dy", dx: "dx" };
  const view = statisticsView(shape, reduced);
  return { shape, view, power: 2, eps: 0, hasG: false, names, aligned: true, writesNorm: true, accumulates: false, ...more };
}

/** Plans, forward and backward, that reach every kernel of the p-norms with every flag on and off. */
export function pNormPlans(device: Capabilities): Plan[] {
  const walks = [
    [[64, 100], [1]],
    [[5, 70000], [1]],
    [
      [9, 16, 64],
      [0, 2],
    ],
    [[900, 12], [0]],
    [[9, 20000], [0]],
  ] as const;
  return walks.flatMap(([shape, reduced]) =>
    [1, 2, 3].flatMap((power) => {
      const plain = pNormRequest(shape, reduced, { power });
      const full = { ...plain, hasG: true, writesNorm: false, accumulates: true };
      return [plain, full].flatMap((request) => [planPNorm(request, device), planPNormBackward(request, device)]);
    }),
  );
}
