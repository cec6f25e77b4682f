import { OptionError, ShapeError } from "../core/errors.ts";
import { formatShape, resolveAxes, sameShape, type Layout, type Shape } from "../core/shape.ts";
import { axesStrides, broadcastMap, indexMap } from "./nd-array.ts";

/** Where a layer's channels are. */
export interface ChannelArguments {
  /** `nchw` (default): axis 1. `nhwc`: the last axis. */
  layout?: Layout;
}

/** The channel axis of x. @throws ShapeError, OptionError */
export function channelAxis(x: Shape, layout: Layout | undefined, call: string): number {
  if (layout !== undefined && layout !== "nchw" && layout !== "nhwc") throw new OptionError(`${call}: layout is ${String(layout)}; wanted "nchw" or "nhwc"`);
  if (x.length < 2) throw new ShapeError(`${call}: x is ${formatShape(x)}; it needs a batch axis and a channel axis`);
  return layout === "nhwc" ? x.length - 1 : 1;
}

/** Channel axes, ascending. @throws OptionError */
export function channelAxesOf(x: Shape, axis: number | readonly number[], call: string): number[] {
  return resolveAxes(typeof axis === "number" ? [axis] : axis, x.length, call).toSorted((a, b) => a - b);
}

/** Index map of a parameter with a value per channel, or of one that broadcasts to x. @throws ShapeError */
export function channelMap(parameter: Shape, x: Shape, axes: readonly number[], name: string, call: string): Int32Array {
  const perChannel = sameShape(
    parameter,
    axes.map((axis) => x[axis]!),
  );
  return perChannel ? indexMap(x, axesStrides(x, axes)) : broadcastMap(parameter, x, name, call);
}
