import { OptionError, ShapeError } from "./errors.ts";

/** Sizes of a tensor's axes, outermost first; row-major. Rank 0 is a single value. */
export type Shape = readonly number[];

/** Where the channel axis lies: after the batch axis, or last. */
export type Layout = "nchw" | "nhwc";

export const LAYOUTS: readonly Layout[] = ["nchw", "nhwc"];

/** Count of values of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** `[8, 64, 32, 32]`, as it stands in messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Row-major strides of a contiguous tensor, in values. */
export function stridesOf(shape: Shape): number[] {
  const strides = Array.from(shape, () => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** True where both shapes have the same rank and the same sizes. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** Refuses a tensor that is there and has another shape; `words` lead over to the one that it must have. @throws ShapeError */
export function checkSame(call: string, name: string, tensor: { readonly shape: Shape } | null | undefined, shape: Shape, words = "wanted"): void {
  if (tensor && !sameShape(tensor.shape, shape)) throw new ShapeError(`${call}: ${name} is ${formatShape(tensor.shape)}; ${words} ${formatShape(shape)}`);
}

/**
 * Refuses anything that is not a list of non-negative integers whose product a double holds exactly.
 * @throws ShapeError
 */
export function checkShape(shape: Shape, where: string): void {
  const whole = Array.isArray(shape) && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (!whole) throw new ShapeError(`${where}: shape is ${describe(shape)}; wanted a list of whole numbers from 0`);
  if (!Number.isSafeInteger(sizeOf(shape))) throw new ShapeError(`${where}: shape ${formatShape(shape)} has more values than can be counted exactly`);
}

/**
 * Axes as non-negative numbers, in the order given; -1 is the last axis.
 * @throws OptionError where an axis is out of range or named twice
 */
export function resolveAxes(axes: readonly number[], rank: number, where: string): number[] {
  if (!Array.isArray(axes)) throw new OptionError(`${where}: axes is ${String(axes)}; wanted a list of axes`);
  const resolved = axes.map((axis) => {
    if (!Number.isInteger(axis) || axis < -rank || axis >= rank) throw new OptionError(`${where}: axis is ${axis}; x has rank ${rank}`);
    return axis < 0 ? axis + rank : axis;
  });
  if (new Set(resolved).size !== resolved.length) throw new OptionError(`${where}: axes are [${axes.join(", ")}]; each axis may stand there once`);
  return resolved;
}

function describe(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(String).join(", ")}]` : String(value);
}
