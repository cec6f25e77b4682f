import gather from "../../shaders/gather.wgsl";
import { UnsupportedError } from "../core/errors.ts";
import { mergeAxes } from "../core/parameter-view.ts";
import { sizeOf, stridesOf } from "../core/shape.ts";
import type { Capabilities } from "./capabilities.ts";
import { dispatchOf } from "./dispatch.ts";
import { foldGrid } from "./grid.ts";
import type { Dispatch } from "./plan.ts";

const MAX_AXES = 8;
const WORKGROUP = 64;

/** Copies `source`, read with these strides, into a contiguous tensor with these extents. */
export function gatherDispatch(extents: readonly number[], strides: readonly number[], source: string, gathered: string, capabilities: Capabilities): Dispatch {
  const terms = mergeAxes(extents, strides);
  if (terms.length > MAX_AXES) {
    throw new UnsupportedError(
      `plan: ${source} of [${extents.join(", ")}] has ${terms.length} axes that cannot be merged; at most ${MAX_AXES} can be reordered`,
    );
  }
  const padded = [...Array.from({ length: MAX_AXES - terms.length }, () => ({ extent: 1, stride: 0 })), ...terms];
  const params: Record<string, number> = { count: sizeOf(extents) };
  padded.forEach((term, axis) => {
    params[`extent${axis}`] = term.extent;
    params[`stride${axis}`] = term.stride;
  });
  const grid = foldGrid(Math.ceil(sizeOf(extents) / WORKGROUP), capabilities);
  return dispatchOf(gather, { team: "invocation", overrides: { WORKGROUP }, grid }, { params, bindings: { source, gathered } });
}

/** Strides that read a tensor of `shape` in another order of its axes. */
export function permutedStrides(shape: readonly number[], order: readonly number[]): number[] {
  const strides = stridesOf(shape);
  return order.map((axis) => strides[axis]!);
}
