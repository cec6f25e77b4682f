import { OptionError, ShapeError } from "../core/errors.ts";
import { broadcastStrides } from "../core/parameter-view.ts";
import { checkWord } from "../core/options.ts";
import { formatShape, LAYOUTS, resolveAxes, sameShape, stridesOf, type Layout, type Shape } from "../core/shape.ts";

/** Options that say where x's channels are. */
export interface ChannelOptions {
  /** `nchw` (default): axis 1. `nhwc`: the last axis. */
  layout?: Layout;
}

/** The channel axis of x in a layout. @throws OptionError, ShapeError */
export function channelAxis(layout: Layout, x: Shape, call: string): number {
  checkWord(call, "layout", layout, LAYOUTS);
  if (x.length < 2) throw new ShapeError(`${call}: x is ${formatShape(x)}; it needs a batch axis and a channel axis`);
  return layout === "nchw" ? 1 : x.length - 1;
}

/** Channel axes in ascending order. @throws OptionError */
export function channelAxes(axis: number | readonly number[], x: Shape, call: string): number[] {
  return resolveAxes(typeof axis === "number" ? [axis] : axis, x.length, call).toSorted((a, b) => a - b);
}

/**
 * Strides over x of a parameter that has a value per channel (the channel axes' sizes), or any shape that broadcasts to x from the right.
 * @returns null where it fits neither
 */
export function channelStrides(parameter: Shape, x: Shape, axes: readonly number[]): number[] | null {
  const channels = axes.map((axis) => x[axis]!);
  if (!sameShape(parameter, channels)) return broadcastStrides(parameter, x);
  const own = stridesOf(channels);
  return x.map((_, axis) => (axes.includes(axis) ? own[axes.indexOf(axis)]! : 0));
}

/** x's shape with its channel axis cut into groups: [.., groups, channels / groups, ..]. */
export function cutGroups(x: Shape, axis: number, groups: number): Shape {
  return [...x.slice(0, axis), groups, x[axis]! / groups, ...x.slice(axis + 1)];
}

/** Refuses a count that is not a positive whole number. @throws OptionError */
export function checkCount(value: number, name: string, call: string): void {
  if (!Number.isSafeInteger(value) || value < 1) throw new OptionError(`${call}: ${name} is ${String(value)}; wanted a whole number from 1`);
}

/** Refuses x whose channel axes are not of these sizes. @throws ShapeError */
export function checkChannels(call: string, x: Shape, axes: readonly number[], channels: Shape): void {
  const found = axes.map((axis) => x[axis]!);
  if (sameShape(found, channels)) return;
  throw new ShapeError(`${call}: x is ${formatShape(x)}; channels (${found.join(", ")}) must equal ${channels.join(", ")}`);
}
