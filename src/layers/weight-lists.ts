import { OptionError, ShapeError } from "../core/errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { Pack } from "../gpu/pack.ts";
import type { Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { Saved } from "./saved.ts";

/** What a call on a list of weights takes. */
export interface WeightListOptions extends Recording {
  /** A gain for each weight. */
  gain?: readonly (Tensor | null)[];
  /** Forward. False: nothing is kept for a backward call. */
  saved?: boolean;
}

/** What a forward call on a list of weights takes. */
export interface WeightListForwardOptions extends WeightListOptions {
  /** An earlier result, written again; a call that finds all of its outputs here allocates nothing. */
  out?: { w?: readonly Tensor[]; saved?: readonly Saved[] };
}

/** Runs `one` for each of a list in one pass and, where nobody else submits, one submit. */
export function inOnePass<Result>(gpu: Gpu, { encoder, pass }: Recording, count: number, one: (i: number, recording: Recording) => Result): Result[] {
  if (pass) return Array.from({ length: count }, (_, i) => one(i, { pass }));
  if (!encoder) return gpu.batch(() => Array.from({ length: count }, (_, i) => one(i, {})));
  const own = (encoder as GPUCommandEncoder).beginComputePass();
  try {
    return Array.from({ length: count }, (_, i) => one(i, { pass: own }));
  } finally {
    own.end();
  }
}

/** Refuses what is no list, and lists beside it of other lengths. @throws OptionError, ShapeError */
export function checkLists(call: string, name: string, list: readonly unknown[], beside: Readonly<Record<string, readonly unknown[] | undefined>>): void {
  if (!Array.isArray(list))
    throw new OptionError(`${call}: ${name} is ${list instanceof Pack ? "a Pack" : typeof list}; wanted a Pack (gpu.pack) or a list of tensors`);
  for (const [other, found] of Object.entries(beside)) {
    if (found === undefined && other !== "saved") continue;
    if (found?.length !== list.length) throw new ShapeError(`${call}: ${name} has ${list.length} tensors; ${other} has ${found?.length ?? "none"}`);
  }
}
