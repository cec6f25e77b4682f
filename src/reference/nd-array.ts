import { ShapeError } from "../core/errors.ts";
import { broadcastStrides } from "../core/parameter-view.ts";
import { formatShape, sameShape, sizeOf, type Shape } from "../core/shape.ts";

/** Values in row-major order with their shape. */
export interface NdArray {
  readonly data: ArrayLike<number>;
  readonly shape: Shape;
}

/** An NdArray that this reference made. */
export interface Float64NdArray {
  readonly data: Float64Array;
  readonly shape: Shape;
}

/** Refuses an array whose count of values is not that of its shape. @throws ShapeError */
export function checkArray(array: NdArray, name: string, call: string): void {
  if (array.data.length !== sizeOf(array.shape)) {
    throw new ShapeError(`${call}: ${name} has ${array.data.length} values; ${formatShape(array.shape)} holds ${sizeOf(array.shape)}`);
  }
}

/** Refuses a gradient that is not of the shape of what it is the gradient of. `names`: of the gradient, and of that. @throws ShapeError */
export function checkGradient(gradient: NdArray, of: NdArray, names: readonly [string, string], call: string): void {
  checkArray(gradient, names[0], call);
  if (sameShape(gradient.shape, of.shape)) return;
  throw new ShapeError(`${call}: ${names[0]} is ${formatShape(gradient.shape)}; it must have ${names[1]}'s shape ${formatShape(of.shape)}`);
}

/** For each element of `shape` in row-major order, its index in a tensor with these strides. */
export function indexMap(shape: Shape, strides: readonly number[]): Int32Array {
  const map = new Int32Array(sizeOf(shape));
  const last = shape.length - 1;
  if (last < 0) return map;
  const place = shape.map(() => 0);
  const inner = shape[last]!;
  const step = strides[last]!;
  let base = 0;
  for (let i = 0; i < map.length; i += inner) {
    for (let j = 0; j < inner; j++) map[i + j] = base + j * step;
    for (let axis = last - 1; axis >= 0; axis--) {
      base += strides[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      base -= strides[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return map;
}

/** Strides over x of an array whose axes are x's axes `axes`, in that order; 0 along the others. */
export function axesStrides(x: Shape, axes: readonly number[]): number[] {
  const strides = x.map(() => 0);
  let stride = 1;
  for (const axis of axes.toReversed()) {
    strides[axis] = stride;
    stride *= x[axis]!;
  }
  return strides;
}

/** Index map of an array that broadcasts to `shape` from the right. @throws ShapeError */
export function broadcastMap(array: Shape, shape: Shape, name: string, call: string): Int32Array {
  const strides = broadcastStrides(array, shape);
  if (!strides) throw new ShapeError(`${call}: ${name} is ${formatShape(array)}; it must broadcast to ${formatShape(shape)}`);
  return indexMap(shape, strides);
}
