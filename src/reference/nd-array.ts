import { ShapeError } from "../core/errors.ts";
import { broadcastStrides } from "../core/parameter-view.ts";
import { formatShape, sizeOf, type Shape } from "../core/shape.ts";

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

/** Index map of an array that broadcasts to `shape` from the right. @throws ShapeError */
export function broadcastMap(array: Shape, shape: Shape, name: string, call: string): Int32Array {
  const strides = broadcastStrides(array, shape);
  if (!strides) throw new ShapeError(`${call}: ${name} is ${formatShape(array)}; it must broadcast to ${formatShape(shape)}`);
  return indexMap(shape, strides);
}

/** Sums of `values` by the group that `map` gives each: Neumaier's compensated sum, exact to the last bits of float64. */
export function groupSums(count: number, map: Int32Array, value: (i: number) => number): Float64Array {
  const sums = new Float64Array(count);
  const lost = new Float64Array(count);
  for (let i = 0; i < map.length; i++) {
    const group = map[i]!;
    const next = value(i);
    const sum = sums[group]!;
    const total = sum + next;
    lost[group]! += Math.abs(sum) >= Math.abs(next) ? sum - total + next : next - total + sum;
    sums[group] = total;
  }
  for (let group = 0; group < count; group++) if (Number.isFinite(lost[group]!)) sums[group]! += lost[group]!;
  return sums;
}
