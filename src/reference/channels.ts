import { OptionError, ShapeError } from "../core/errors.ts";
import { formatShape, resolveAxes, sameShape, stridesOf, type Layout, type Shape } from "../core/shape.ts";
import { broadcastMap, indexMap } from "./nd-array.ts";

/** Where a layer's channels are. */
export interface ChannelArguments {
  layout?: Layout;
}

/** The channel axis of x. @throws ShapeError, OptionError */
export function channelAxis(x: Shape, layout: Layout | undefined, call: string): number {
  if (x.length < 2) throw new ShapeError(`${call}: x is ${formatShape(x)}; it needs a batch axis and a channel axis`);
  if (layout !== undefined && layout !== "nchw" && layout !== "nhwc") throw new OptionError(`${call}: layout is ${String(layout)}; wanted "nchw" or "nhwc"`);
  return layout === "nhwc" ? x.length - 1 : 1;
}

/** Channel axes, ascending. @throws OptionError */
export function channelAxesOf(x: Shape, axis: number | readonly number[], call: string): number[] {
  return resolveAxes(typeof axis === "number" ? [axis] : axis, x.length, call).toSorted((a, b) => a - b);
}

/** Index map of a parameter with a value per channel, or of one that broadcasts to x. @throws ShapeError */
export function channelMap(parameter: Shape, x: Shape, axes: readonly number[], name: string, call: string): Int32Array {
  const channels = axes.map((axis) => x[axis]!);
  if (!sameShape(parameter, channels)) return broadcastMap(parameter, x, name, call);
  const own = stridesOf(channels);
  return indexMap(
    x,
    x.map((_, axis) => (axes.includes(axis) ? own[axes.indexOf(axis)]! : 0)),
  );
}
