import type { Result } from "./result.ts";
import { describeData, formatRate, formatShare, formatSpread, formatTime } from "./text.ts";

/** What build/start.mjs is told when a run has ended. */
export interface Report {
  adapter: string;
  software: boolean;
  table: string[];
  failed: number;
  error?: string;
}

/** The cells of one row. */
function cells({ case: one, plan, ours, gigabytesPerSecond, shareOfCopy, error, isWrong }: Result): string[] {
  return [
    one.layer,
    describeData(one),
    plan,
    formatTime(ours.median),
    formatSpread(ours.p10, ours.p90),
    String(ours.n),
    formatRate(gigabytesPerSecond),
    formatShare(shareOfCopy),
    `${error.toExponential(1)}${isWrong ? " WRONG" : ""}`,
  ];
}

const HEAD = ["layer", "shape, layout, type", "plan: walk, team, workgroup, grid, dispatches", "median", "p10 to p90", "runs", "GB/s", "of copy", "max error"];
/** From this column on all are numbers. */
const NUMBERS = 3;

/** The results as aligned lines for a terminal. */
export function table(results: readonly Result[]): string[] {
  const lines = [HEAD, ...results.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) => line.map((cell, column) => (column >= NUMBERS ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join("  "));
}
