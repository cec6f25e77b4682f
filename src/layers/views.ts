import type { Shape } from "../core/shape.ts";
import { statisticsView, type StatisticsView } from "../core/statistics-view.ts";
import { Memory } from "../gpu/memory.ts";

const known = new Memory<StatisticsView>(1024);

/** {@link statisticsView}, remembered: every call asks for it several times. */
export function viewOf(shape: Shape, reduced: readonly number[]): StatisticsView {
  return known.remember(`${shape.join()} ${reduced.join()}`, () => statisticsView(shape, reduced));
}
