import type { Choice } from "../plan/choice.ts";

/** How long one way took: microseconds a call, the middle of the repeats and the distance between their quarters. */
export interface Timing {
  choice: Choice;
  median: number;
  spread: number;
  /** Calls of one repeat, and repeats. */
  calls: number;
  repeats: number;
}

/** Share of the model's time that a win must save at least: a change for less is not worth another plan. */
const LEAST_WIN = 0.03;

/** The middle of sorted repeats and the distance between their quarters. */
export function summarize(times: readonly number[]): { median: number; spread: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    return sorted[below]! + (place - below) * (sorted[Math.min(below + 1, sorted.length - 1)]! - sorted[below]!);
  };
  return { median: at(0.5), spread: at(0.75) - at(0.25) };
}

/**
 * The way that won: the fastest, where it beats the model's by more than the spread of either and the grain of the clock allow for, and by 3 %; else the model's.
 * @param grain milliseconds that the clock cannot tell apart
 */
export function winner(timings: readonly Timing[], model: Choice, grain: number): Choice {
  const own = timings.find(({ choice }) => choice === model)!;
  const best = timings.reduce((least, one) => (one.median < least.median ? one : least));
  const blur = (grain * 1000) / Math.min(own.calls, best.calls);
  const doubt = Math.max(own.spread, best.spread, blur, own.median * LEAST_WIN);
  return own.median - best.median > doubt ? best.choice : model;
}
