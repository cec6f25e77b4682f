import localResponseNorm from "../../shaders/local-response-norm.wgsl";
import localResponseNormBackward from "../../shaders/local-response-norm-backward.wgsl";
import type { Capabilities } from "./capabilities.ts";
import { exponentParams } from "./p-norm-parts.ts";
import { dispatchOf } from "./dispatch.ts";
import type { Dispatch, Plan } from "./plan.ts";
import { invocationTeams } from "./teams.ts";
import { kernelName } from "./kernels.ts";

/**
 * What a call of local response normalization asks of the planner: x as [outer, channels, inner]. Roles: `x`, `y`; backward `x`, `dy`, `dx`.
 * Equations: reference/local-response-norm.ts.
 */
export interface LocalResponseRequest {
  readonly count: number;
  readonly channels: number;
  /** Values from one channel to the next. */
  readonly inner: number;
  /** Channels of a window before and after its own. */
  readonly before: number;
  readonly after: number;
  /** Factor of the sum of squares. */
  readonly factor: number;
  readonly beta: number;
  readonly k: number;
  /** Every operand starts where a lane of four of its values may start. */
  readonly aligned: boolean;
}

/** y = x * scale^-beta, in one dispatch. */
export function planLocalResponse(request: LocalResponseRequest, capabilities: Capabilities): Plan {
  return planned(request.count ? [windowDispatch(request, { x: "x", y: "y" }, false, capabilities)] : [], {}, request.count * 8);
}

/** dx, in two dispatches: what each channel pulls, into scratch memory, and its sums over windows. */
export function planLocalResponseBackward(request: LocalResponseRequest, capabilities: Capabilities): Plan {
  const { count, beta, factor } = request;
  if (count === 0) return planned([], {}, 0);
  const pulls = windowDispatch(request, { x: "x", dy: "dy", y: "pull" }, true, capabilities);
  const { PULLS: _, ...overrides } = pulls.overrides;
  const bindings = { x: "x", dy: "dy", pull: "pull", dx: "dx" };
  const gradient = { ...pulls, kernel: kernelName(localResponseNormBackward), overrides, bindings, params: { ...pulls.params, twice: 2 * factor * beta } };
  return planned([pulls, gradient], { pull: count * 4 }, count * 28);
}

function planned(dispatches: readonly Dispatch[], scratch: Plan["scratch"], bytesMoved: number): Plan {
  return { walk: "none", team: "invocation", dispatches, scratch, bytesMoved };
}

function windowDispatch(request: LocalResponseRequest, bindings: Dispatch["bindings"], pulls: boolean, capabilities: Capabilities): Dispatch {
  const { count, channels, inner, before, after, factor, beta, k, aligned } = request;
  const lane = aligned && inner % 4 === 0 ? 4 : 1;
  const quarters = [2, 3, 4].includes(beta * 4) ? beta * 4 : 0;
  return dispatchOf(localResponseNorm, invocationTeams(count / lane, capabilities), {
    lane,
    flags: { QUARTERS: quarters, RISES: beta < 0, PULLS: pulls },
    params: {
      ...exponentParams("exponent", Math.abs(beta)),
      teams: count / lane,
      channels,
      inner: inner / lane,
      before: Math.min(before, channels),
      after: Math.min(after, channels),
      factor,
      k,
    },
    bindings,
  });
}
