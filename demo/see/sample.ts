/** Mean and standard deviation (of all, not of a sample) of some values. */
export interface Moments {
  readonly mean: number;
  readonly deviation: number;
}

/** Counts of values by their size: of all of them, and of those that are lit. */
export interface Bins {
  readonly low: number;
  readonly high: number;
  readonly all: readonly number[];
  readonly lit: readonly number[];
}

const BINS = 40;

/** Whether value i is of the lit statistic. */
export type IsLit = (i: number) => boolean;

export function momentsOf(values: ArrayLike<number>, isLit: IsLit): Moments {
  let [count, sum] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (!isLit(i)) continue;
    count++;
    sum += values[i]!;
  }
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < values.length; i++) if (isLit(i)) squares += (values[i]! - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / count) };
}

/** The smallest and the largest value. */
export function rangeOf(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  return [low, high];
}

/** Steps of an axis that read well: these, times powers of ten. */
const STEPS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The smallest step that reads well and is at least `least`. */
function stepFrom(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-9)));
  return STEPS.find((step) => step * power >= least * (1 - 1e-9))! * power;
}

/** A range of four steps that read well, which holds `low` and `high`. */
export function roundRange(low: number, high: number): [number, number] {
  for (let least = (high - low) / 4; ; least *= 1.01) {
    const step = stepFrom(least);
    const start = Math.floor(low / step + 1e-9) * step;
    if (start + 4 * step >= high - 1e-9 * step) return [start, start + 4 * step];
  }
}

/** Likewise, with 0 in the middle: it does not change with every small change of what it holds. */
export function evenRange(low: number, high: number): [number, number] {
  const half = 2 * stepFrom(Math.max(-low, high) / 2);
  return [-half, half];
}

export function binsOf(values: ArrayLike<number>, isLit: IsLit, [low, high]: readonly [number, number]): Bins {
  const [all, lit] = [new Array<number>(BINS).fill(0), new Array<number>(BINS).fill(0)];
  const scale = BINS / (high - low || 1);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor((values[i]! - low) * scale)));
    all[bin]!++;
    if (isLit(i)) lit[bin]!++;
  }
  return { low, high, all, lit };
}
