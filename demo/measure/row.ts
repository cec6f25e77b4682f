import { idOf, type Case } from "../../bench/cases.ts";
import type { Result } from "./result.ts";

/** One case as chart and table show it: measured, under way, not yet measured, or failed. */
export interface Row {
  readonly id: string;
  readonly case: Case;
  readonly result: Result | null;
  readonly isRunning: boolean;
  readonly failed: string | null;
}

/** The rows of these cases. */
export function rowsOf(cases: readonly Case[], results: ReadonlyMap<string, Result>, failures: ReadonlyMap<string, string>, running: string | null): Row[] {
  return cases.map((one) => {
    const id = idOf(one);
    return { id, case: one, result: results.get(id) ?? null, isRunning: running === id, failed: failures.get(id) ?? null };
  });
}
