import { sizeOf, stridesOf, type Shape } from "./shape.ts";

/**
 * Where a parameter's values lie beside a walk over rows of segments of items:
 *
 *     index = row / major % majorCount * majorStride + row / minor % minorCount * minorStride + segment * s + item * i
 *
 * Per channel, per feature, per element, per sample and per position are all this line with other numbers.
 */
export interface ParameterView {
  readonly major: number;
  readonly majorCount: number;
  readonly majorStride: number;
  readonly minor: number;
  readonly minorCount: number;
  readonly minorStride: number;
  readonly segment: number;
  readonly item: number;
}

/** Axes of x dealt to the three levels of a walk, each outermost first. */
export interface WalkAxes {
  readonly rows: readonly number[];
  readonly segments: readonly number[];
  readonly items: readonly number[];
}

/** A parameter that is not there: index 0 everywhere. */
export const ABSENT: ParameterView = { major: 1, majorCount: 1, majorStride: 0, minor: 1, minorCount: 1, minorStride: 0, segment: 0, item: 0 };

/**
 * Strides of a parameter over the axes of x, 0 where it is broadcast; aligned from the right, as NumPy does.
 * @returns null where the shape does not broadcast to x
 */
export function broadcastStrides(parameter: Shape, x: Shape): number[] | null {
  if (parameter.length > x.length) return null;
  const own = stridesOf(parameter);
  const first = x.length - parameter.length;
  const strides = x.map(() => 0);
  for (let axis = 0; axis < parameter.length; axis++) {
    if (parameter[axis] === 1) continue;
    if (parameter[axis] !== x[first + axis]) return null;
    strides[first + axis] = own[axis]!;
  }
  return strides;
}

/** One or more adjacent axes that are stepped through with one stride. */
export interface Term {
  readonly extent: number;
  readonly stride: number;
}

/** Axes merged wherever one stride continues the other; axes of one value dropped. */
export function mergeAxes(extents: Shape, strides: readonly number[]): Term[] {
  const terms: Term[] = [];
  extents.forEach((extent, axis) => {
    if (extent === 1) return;
    const stride = strides[axis]!;
    const outer = terms.at(-1);
    if (outer && outer.stride === stride * extent) terms[terms.length - 1] = { extent: outer.extent * extent, stride };
    else terms.push({ extent, stride });
  });
  return terms;
}

/** The view of a parameter with these strides, or null where the line above cannot say it. */
export function parameterView(shape: Shape, strides: readonly number[], axes: WalkAxes): ParameterView | null {
  const merged = (list: readonly number[]): Term[] =>
    mergeAxes(
      list.map((axis) => shape[axis]!),
      list.map((axis) => strides[axis]!),
    );
  const rows = merged(axes.rows);
  const segments = merged(axes.segments);
  const items = merged(axes.items);
  if (segments.length > 1 || items.length > 1 || (items[0]?.stride ?? 0) > 1) return null;
  const moving = rows
    .map((term, place) => ({ ...term, divisor: sizeOf(rows.slice(place + 1).map((inner) => inner.extent)) }))
    .filter((term) => term.stride !== 0);
  if (moving.length > 2) return null;
  const [major, minor] = moving;
  return {
    major: major?.divisor ?? 1,
    majorCount: major?.extent ?? 1,
    majorStride: major?.stride ?? 0,
    minor: minor?.divisor ?? 1,
    minorCount: minor?.extent ?? 1,
    minorStride: minor?.stride ?? 0,
    segment: segments[0]?.stride ?? 0,
    item: items[0]?.stride ?? 0,
  };
}
