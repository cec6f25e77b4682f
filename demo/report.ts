import type { Case } from "../bench/cases.ts";
import { ERROR_BOUND } from "../bench/error.ts";
import { fastest, type Measured } from "../bench/measured.ts";

/** What build/start.mjs is told when a run has ended. */
export interface Report {
  adapter: string;
  software: boolean;
  table: string[];
  failed: number;
  error?: string;
}

/** One row of the table. */
export interface Result {
  readonly case: Case;
  readonly plan: string;
  /** Milliseconds a call: the median of the repeats, the tenth and the ninetieth percentile. */
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  /** Bytes of inputs and outputs, each once, by time. */
  readonly gigabytesPerSecond: number;
  /** Time of the fastest copy of the same bytes / time of the call. */
  readonly shareOfCopy: number;
  /** max |y - reference| / max(1, max |reference|). */
  readonly error: number;
}

export function resultOf(one: Case, { plan, bytes, entries }: Measured): Result {
  const { median, p10, p90, error } = fastest(entries, "ours")!;
  return { case: one, plan, median, p10, p90, gigabytesPerSecond: bytes / median / 1e6, shareOfCopy: fastest(entries, "copy")!.median / median, error: error! };
}

export function formatShape(shape: readonly number[]): string {
  return shape.join("×");
}

export function formatMs(value: number): string {
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function isWrong(result: Result): boolean {
  return !(result.error <= ERROR_BOUND);
}

/** The cells of one row, as the page and the terminal show them. */
export function cells(result: Result): string[] {
  const { case: one, plan, median, p10, p90, gigabytesPerSecond, shareOfCopy, error } = result;
  return [
    one.layer,
    `${formatShape(one.shape)} ${one.layout}`,
    plan,
    `${formatMs(median)} (${formatMs(p10)}-${formatMs(p90)})`,
    gigabytesPerSecond.toFixed(1),
    `${(shareOfCopy * 100).toFixed(0)} %`,
    `${error.toExponential(1)}${isWrong(result) ? " WRONG" : ""}`,
  ];
}

const HEAD = ["layer", "shape and layout", "plan: walk, team, workgroup, grid, dispatches", "median ms (spread)", "GB/s", "of copy", "max error"];

/** The results as aligned lines for a terminal. */
export function table(results: readonly Result[]): string[] {
  const lines = [HEAD, ...results.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const numeric = new Set([3, 4, 5, 6]);
  return lines.map((line) => line.map((cell, column) => (numeric.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join("  "));
}
