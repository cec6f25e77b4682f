import type { Case } from "../../bench/cases.ts";
import { boundOf } from "../../bench/error.ts";
import { fastest, type Entry, type Measured } from "../../bench/measured.ts";

/** Another library's fastest way in a case. */
export interface PeerResult {
  readonly name: string;
  readonly variant: string;
  readonly median: number;
  /** Time of the copy / its time. */
  readonly shareOfCopy: number;
  /** How many times as fast ours is. */
  readonly ratio: number;
  readonly error: number;
}

/** One case, measured. */
export interface Result extends Measured {
  readonly case: Case;
  /** Our timing; milliseconds a call. */
  readonly ours: Entry;
  /** The fastest copy of the same bytes, measured turn by turn with it. */
  readonly copy: Entry;
  /** Bytes of inputs and outputs, each once, by time. */
  readonly gigabytesPerSecond: number;
  /** Time of the copy / time of the call. */
  readonly shareOfCopy: number;
  /** The worst output. */
  readonly error: number;
  /** The bound on that output. */
  readonly bound: number;
  readonly isWrong: boolean;
  readonly peers: readonly PeerResult[];
}

/** @throws Error where a way that is needed was not timed */
export function resultOf(one: Case, measured: Measured): Result {
  const { entries, bytes, errors, refused } = measured;
  const [ours, copy] = [fastest(entries, "ours"), fastest(entries, "copy")];
  if (!ours || !copy) throw new Error(refused.find(({ name }) => name === "ours" || name === "copy")?.message ?? "nothing was timed");
  const overs = Object.entries(errors).map(([output, error]) => ({ error, bound: boundOf(output, one.dtype) }));
  const worst = overs.reduce((most, next) => (next.error / next.bound > most.error / most.bound ? next : most));
  const names = new Set(entries.map(({ name }) => name));
  names.delete("ours");
  names.delete("copy");
  return {
    ...measured,
    case: one,
    ours,
    copy,
    gigabytesPerSecond: bytes / ours.median / 1e6,
    shareOfCopy: copy.median / ours.median,
    ...worst,
    isWrong: !(worst.error <= worst.bound),
    peers: [...names].map((name) => peerOf(fastest(entries, name)!, ours, copy)),
  };
}

function peerOf({ name, variant, median, error }: Entry, ours: Entry, copy: Entry): PeerResult {
  return { name, variant, median, shareOfCopy: copy.median / median, ratio: median / ours.median, error: error! };
}
