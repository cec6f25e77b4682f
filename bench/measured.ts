import type { Timing } from "./contest.ts";
import type { Outputs } from "./error.ts";

/** One way to do a case, timed. */
export interface Entry extends Timing {
  readonly name: string;
  readonly variant: string;
  /** max |output - reference| / max(1, max |reference|); null for a copy. */
  readonly error: number | null;
}

/** What was measured of a case. */
export interface Measured {
  readonly id: string;
  /** Bytes of all inputs and outputs, each once. */
  readonly bytes: number;
  readonly plan: string;
  readonly dispatches: number;
  /** Bytes that the plan moves. */
  readonly bytesMoved: number;
  /** Of each of our outputs; the worst of them is the error of our entry. */
  readonly errors: Outputs<number>;
  /** Milliseconds of our first call, with what it compiles. */
  readonly firstMs: number;
  readonly entries: readonly Entry[];
  readonly refused: readonly { readonly name: string; readonly variant: string; readonly message: string }[];
}

/** The fastest entry of this name. */
export function fastest(entries: readonly Entry[], name: string): Entry | undefined {
  return entries.filter((entry) => entry.name === name).toSorted((a, b) => a.median - b.median)[0];
}
