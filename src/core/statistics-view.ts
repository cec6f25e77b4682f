import { sizeOf, type Shape } from "./shape.ts";

/**
 * A tensor cut by which axes share statistics. Adjacent axes of the same kind merge, so that
 *
 *     element offset = ((outer * repeats + a) * kept + k) * run + b      reduce over a and b; outer * kept statistics
 *
 * Axes that alternate more often are brought into `order` first (kept axes, then reduced ones), where outer and run say it all.
 */
export interface StatisticsView {
  readonly outer: number;
  readonly repeats: number;
  readonly kept: number;
  readonly run: number;
  /** Axes of x in each of the four parts, in the order that the walk sees them. */
  readonly axes: { readonly outer: number[]; readonly repeats: number[]; readonly kept: number[]; readonly run: number[] };
  /** Order of x's axes that the walk needs, or null where x can be walked as it lies. */
  readonly order: readonly number[] | null;
  /** Values that share one mean and variance. */
  readonly count: number;
  /** Number of means. */
  readonly statistics: number;
  /** Sizes of the kept axes: the shape of mean and rstd. */
  readonly statisticsShape: Shape;
}

/** The view of `shape` in which the axes in `reduced` share statistics. Axes of size 1 belong to either side. */
export function statisticsView(shape: Shape, reduced: readonly number[]): StatisticsView {
  const isReduced = shape.map((_, axis) => reduced.includes(axis));
  const all = shape.map((_, axis) => axis);
  const keptAxes = all.filter((axis) => !isReduced[axis]);
  const reducedAxes = all.filter((axis) => isReduced[axis]);
  const found = {
    count: sizeOf(reducedAxes.map((axis) => shape[axis]!)),
    statistics: sizeOf(keptAxes.map((axis) => shape[axis]!)),
    statisticsShape: keptAxes.map((axis) => shape[axis]!),
  };
  const parts = cut(shape, isReduced);
  if (parts) return { ...found, ...sized(shape, parts), axes: parts, order: null };
  const general = { outer: keptAxes, repeats: [], kept: [], run: reducedAxes };
  return { ...found, ...sized(shape, general), axes: general, order: [...keptAxes, ...reducedAxes] };
}

type Parts = StatisticsView["axes"];

/** The axes dealt to kept, reduced, kept, reduced in turn, or null where they alternate more often. */
function cut(shape: Shape, isReduced: readonly boolean[]): Parts | null {
  const runs: number[][] = [[], [], [], []];
  let place = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    // An axis of one value changes no offset: it stays in the part that is open.
    if (shape[axis] !== 1 && isReduced[axis] !== (place % 2 === 1)) place++;
    if (place > 3) return null;
    runs[place]!.push(axis);
  }
  const [outer, repeats, kept, run] = runs as [number[], number[], number[], number[]];
  // Rows are the plainest walk: one reduced part at the end is a run.
  if (!kept.length && !run.length) return { outer, repeats: [], kept: [], run: repeats };
  return { outer, repeats, kept, run };
}

function sized(shape: Shape, parts: Parts): Pick<StatisticsView, "outer" | "repeats" | "kept" | "run"> {
  const product = (axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis]!));
  return { outer: product(parts.outer), repeats: product(parts.repeats), kept: product(parts.kept), run: product(parts.run) };
}
