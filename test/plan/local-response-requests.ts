import type { Capabilities } from "../../src/plan/capabilities.ts";
import { planLocalResponse, planLocalResponseBackward, type LocalResponseRequest } from "../../src/plan/local-response-plan.ts";
import type { Plan } from "../../src/plan/plan.ts";

/** A request for x of [2, 6, 100] in windows of 5 channels. */
export function localResponseRequest(more: Partial<LocalResponseRequest> = {}): LocalResponseRequest {
  return { count: 1200, channels: 6, inner: 100, before: 2, after: 2, factor: 2e-5, beta: 0.75, k: 1, aligned: true, ...more };
}

/** Plans, forward and backward, that set every flag of both kernels to both values. */
export function localResponsePlans(device: Capabilities): Plan[] {
  return [0.5, 0.75, 1, 1.3, -0.5].flatMap((beta) => {
    const request = localResponseRequest({ beta });
    return [planLocalResponse(request, device), planLocalResponseBackward(request, device)];
  });
}
