import type { Plan } from "../src/index.ts";
import { ERROR_BOUND, type Result } from "./measure.ts";

/** What build/start.mjs is told when a run has ended. */
export interface Report {
  adapter: string;
  software: boolean;
  table: string[];
  failed: number;
  error?: string;
}

/** `row · invocation · 32 · 1024 · 1 dispatch`: walk, team, workgroup size and grid of the widest kernel, count of dispatches. */
export function describePlan(plan: Plan): string {
  const invocations = ({ grid, overrides }: Plan["dispatches"][number]): number => grid[0] * grid[1] * overrides["WORKGROUP"]!;
  const widest = plan.dispatches.reduce((best, dispatch) => (invocations(dispatch) > invocations(best) ? dispatch : best));
  const [x, y] = widest.grid;
  const count = plan.dispatches.length;
  return [plan.walk, plan.team, widest.overrides["WORKGROUP"], y > 1 ? `${x}x${y}` : x, `${count} dispatch${count > 1 ? "es" : ""}`].join(" · ");
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
  const { case: one, plan, median, fastest, slowest, gigabytesPerSecond, shareOfCopy, error } = result;
  return [
    one.layer,
    `${formatShape(one.shape)} ${one.layout}`,
    describePlan(plan),
    `${formatMs(median)} (${formatMs(fastest)}-${formatMs(slowest)})`,
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
