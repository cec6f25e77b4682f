import type { Gpu } from "../../src/index.ts";
import { contest, repeated, type Effort } from "../../bench/contest.ts";
import { Copy, COPY_KERNELS, type CopyKernel } from "../../bench/copy.ts";

/** How long each case is measured. */
export interface Budget {
  readonly effort: Effort;
  /** What a result is the median of, in words. */
  readonly words: string;
  /** True: the copies are chosen once, before the first case; false: all are looked at in each. */
  readonly choosesCopiesOnce: boolean;
  /** How many copies are timed beside a case, the fastest. */
  readonly copies: number;
}

/** Enough for a spread that can be trusted; calls of other libraries that take seconds are run less often. */
export const THOROUGH: Budget = {
  effort: { warmUp: { within: 0.05, most: 12, ms: 1000 }, isEnough: ({ runs, spent }) => runs >= 20 || (spent >= 1000 && runs >= 3) || spent >= 3000 },
  words: "20 runs or one second of runs, after three that agree within 5 %",
  choosesCopiesOnce: false,
  copies: 2,
};

/** What `npm start` can give each of 93 cases on a CPU of two cores in five minutes. */
export const BRIEF: Budget = {
  effort: { warmUp: null, isEnough: ({ runs, spent }) => runs >= 7 || (spent >= 350 && runs >= 2) },
  words: "7 runs or 350 ms of runs",
  choosesCopiesOnce: true,
  copies: 2,
};

/** Of this many bytes a copy's speed is that of memory on most adapters. */
const BYTES = 16 * 2 ** 20;

/** The copy kernels that a budget tries on this device. */
export async function copiesFor(gpu: Gpu, { choosesCopiesOnce, copies }: Budget): Promise<readonly CopyKernel[]> {
  if (!choosesCopiesOnce) return COPY_KERNELS;
  const { queue } = gpu.device as GPUDevice;
  const made = COPY_KERNELS.map((kernel) => ({ kernel, copy: new Copy(gpu.device as GPUDevice, BYTES, kernel) }));
  const fence = (): Promise<unknown> => queue.onSubmittedWorkDone();
  const contenders = made.map(({ copy }, i) => ({ name: "copy", variant: String(i), run: () => copy.run(), fence, allocates: 0 }));
  const timings = await contest(contenders, repeated(3), () => {});
  for (const { copy } of made) copy.destroy();
  const ranked = [...timings].toSorted(([, a], [, b]) => a.median - b.median).slice(0, copies);
  return ranked.map(([{ variant }]) => COPY_KERNELS[Number(variant)]!);
}
