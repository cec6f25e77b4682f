import { LimitError } from "../core/errors.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Grid } from "./plan.ts";

/**
 * A grid of at least `workgroups` workgroups, folded into two dimensions where one is too short. Kernels drop what is past the end.
 * @throws LimitError where even two dimensions are too few
 */
export function foldGrid(workgroups: number, capabilities: Capabilities): Grid {
  const limit = capabilities.maxWorkgroupsPerDimension;
  const rows = Math.max(1, Math.ceil(workgroups / limit));
  if (rows > limit) throw new LimitError(`plan: ${workgroups} workgroups are wanted; this device dispatches at most ${limit} x ${limit}`);
  return [Math.ceil(workgroups / rows), rows, 1];
}

/** The smallest power of two that is at least `value`. */
export function powerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}

/** `value` between `least` and `most`; `most` wins. */
export function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
