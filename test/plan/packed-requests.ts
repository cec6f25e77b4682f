import type { Capabilities } from "../../src/plan/capabilities.ts";
import { planPacked, type PackedPart, type PackedRequest } from "../../src/plan/packed-plan.ts";
import type { Plan } from "../../src/plan/plan.ts";

/** A pack of many rows of 576 values, with whatever matters said otherwise. */
export function packedRequest({
  rows = 4000,
  values = 4000 * 576,
  contiguous = true,
  whole = true,
  ...more
}: Partial<PackedRequest & PackedPart> = {}): PackedRequest {
  const parts = rows === 0 ? [] : [{ rows, values, contiguous, whole }];
  return { kernel: "packed-standardize", parts, overrides: {}, params: {}, roles: ["table", "v", "w"], ...more };
}

/** Plans that reach every kernel for packs with every flag on and off. */
export function packedPlans(device: Capabilities): Plan[] {
  const flags = {
    "packed-standardize": ["WRITES_STATISTICS"],
    "packed-standardize-backward": ["ACCUMULATES"],
    "packed-weight-norm": ["HAS_G", "WRITES_NORM"],
    "packed-weight-norm-backward": ["HAS_G", "ACCUMULATES"],
  } as const;
  return (Object.keys(flags) as (keyof typeof flags)[]).flatMap((kernel) =>
    [0, 1].map((value) => planPacked(packedRequest({ kernel, overrides: Object.fromEntries(flags[kernel].map((name) => [name, value])) }), device)),
  );
}
