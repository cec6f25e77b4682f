import { mergeAxes, type Term } from "../core/parameter-view.ts";
import { sizeOf, type Shape } from "../core/shape.ts";

/**
 * How the gradient of a parameter is summed from partial gradients that lie in the order of x's axes, [outer, count, width]: over `count`.
 */
export interface GradientLayout {
  readonly outer: number;
  readonly count: number;
  readonly width: number;
}

/** The layout over these axes, or null where the parameter's values are permuted, or stay the same along axes that are apart. */
export function gradientLayout(shape: Shape, strides: readonly number[], axes: readonly number[]): GradientLayout | null {
  const pick = (list: readonly number[]): number[] => axes.map((axis) => list[axis]!);
  const terms: Term[] = mergeAxes(pick(shape), pick(strides));
  const summed = terms.findIndex((term) => term.stride === 0);
  const outer = summed < 0 ? undefined : terms[summed - 1];
  const width = summed < 0 ? terms[0] : terms[summed + 1];
  if (terms.length > (summed < 0 ? 1 : 1 + Number(outer !== undefined) + Number(width !== undefined))) return null;
  if (width && width.stride !== 1) return null;
  const inner = width?.extent ?? 1;
  if (outer && outer.stride !== inner) return null;
  return { outer: outer?.extent ?? 1, count: summed < 0 ? 1 : terms[summed]!.extent, width: inner };
}

/** True where both are summed alike. */
export function sameLayout(a: GradientLayout, b: GradientLayout): boolean {
  return a.outer === b.outer && a.count === b.count && a.width === b.width;
}

/** Partial gradients of a layout. */
export function partialsOf({ outer, count, width }: GradientLayout): number {
  return sizeOf([outer, count, width]);
}
