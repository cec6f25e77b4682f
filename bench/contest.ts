import { spreadOf, type Spread } from "./statistics.ts";

/** One way to do what a case asks for. */
export interface Contender {
  /** Whose: `copy`, `ours`, or a peer's. */
  readonly name: string;
  readonly variant: string;
  /** Queues one call. What it gives is freed after the fence. */
  run(): unknown;
  /** Resolves when all calls are done. */
  fence(results: readonly unknown[]): Promise<unknown>;
  free?(result: unknown): void;
  /** It is timed no further where a first look finds it slower than another of its name. */
  readonly mayLeave?: boolean;
  /** Bytes that a call allocates for its outputs and keeps until they are freed. */
  readonly allocates: number;
}

/** Milliseconds a call, and how many calls stood under one fence. */
export interface Timing extends Spread {
  readonly calls: number;
}

/** Chrome's fence has a grain of about 1.1 ms: the calls under one fence take at least this long together. */
const FENCE_MS = 40;
const MOST_CALLS = 2000;
const MOST_ALLOCATED = 256 * 2 ** 20;

/** A way this much slower than the fastest of the same name is not timed further. */
const FALLEN_BEHIND = 1.5;

/** Calls that take longer than this are repeated less often: so many times. */
const SLOW: readonly { readonly ms: number; readonly repeats: number }[] = [
  { ms: 1000, repeats: 1 },
  { ms: 250, repeats: 2 },
];

interface Entry {
  readonly contender: Contender;
  readonly most: number;
  /** Calls that stand under the next fence. */
  calls: number;
  /** Milliseconds a call, at a first look. */
  readonly first: number;
  readonly times: number[];
}

/** Milliseconds of so many calls, submit to fence. */
async function time({ run, fence, free }: Contender, calls: number): Promise<number> {
  const results: unknown[] = [];
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    const result = run();
    results.push(result instanceof Promise ? await result : result);
  }
  await fence(results);
  const taken = performance.now() - start;
  if (free) for (const result of results) free(result);
  return taken;
}

/** Warms a contender up, and finds how many calls fill a fence. */
async function look(contender: Contender): Promise<Entry> {
  const most = contender.allocates ? Math.max(1, Math.min(MOST_CALLS, Math.floor(MOST_ALLOCATED / contender.allocates))) : MOST_CALLS;
  let calls = 1;
  let taken = await time(contender, calls);
  if (taken < SLOW[0]!.ms) taken = await time(contender, calls);
  while (taken < FENCE_MS / 2 && calls < most) {
    calls = Math.min(most, calls * Math.min(8, Math.ceil(FENCE_MS / Math.max(1, taken))));
    taken = await time(contender, calls);
  }
  const first = taken / calls;
  return { contender, most, first, calls: callsFor(first, most), times: [] };
}

function callsFor(ms: number, most: number): number {
  return Math.max(1, Math.min(most, Math.ceil(FENCE_MS / ms)));
}

/** Adds a time; a call that turned out faster than at the first look fills its fence with more calls from then on. */
async function repeatOnce(entry: Entry): Promise<void> {
  entry.times.push((await time(entry.contender, entry.calls)) / entry.calls);
  entry.calls = callsFor(Math.min(entry.first, ...entry.times), entry.most);
}

/**
 * Times the contenders, repeat by repeat, each repeat visiting all of them and starting one further on, so that a disturbance hits all. Those that have fallen behind another of their name, or
 * that threw, have no timing; `failed` is told of the latter.
 */
export async function contest(
  contenders: readonly Contender[],
  repeats: number,
  failed: (contender: Contender, error: unknown) => void,
): Promise<Map<Contender, Timing>> {
  const entries: Entry[] = [];
  for (const contender of contenders) {
    try {
      entries.push(await look(contender));
    } catch (error) {
      failed(contender, error);
    }
  }
  let running = entries.filter(({ contender, first }) => !contender.mayLeave || first <= FALLEN_BEHIND * fastestOf(entries, contender.name));
  for (let repeat = 0; repeat < repeats; repeat++) {
    const due = running.filter(({ first }) => repeat < (SLOW.find(({ ms }) => first >= ms)?.repeats ?? repeats));
    for (let place = 0; place < due.length; place++) {
      const entry = due[(repeat + place) % due.length]!;
      try {
        await repeatOnce(entry);
      } catch (error) {
        failed(entry.contender, error);
        running = running.filter((other) => other !== entry);
      }
    }
  }
  return new Map(running.map(({ contender, calls, times }) => [contender, { ...spreadOf(times), calls }]));
}

function fastestOf(entries: readonly Entry[], name: string): number {
  return Math.min(...entries.filter(({ contender }) => contender.name === name).map(({ first }) => first));
}
