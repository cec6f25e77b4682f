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
  /** It is timed no further where a first look finds so many of its name faster. */
  readonly keep?: number;
  /** Bytes that a call allocates for its outputs and keeps until they are freed. */
  readonly allocates: number;
}

/** Milliseconds a call, and how many calls stood under one fence. */
export interface Timing extends Spread {
  readonly calls: number;
  /** Runs before those that count; absent where none were asked for. */
  readonly warmUps?: number;
}

/** How far a contender has come. */
export interface Sofar {
  /** Milliseconds a call, at a first look. */
  readonly first: number;
  readonly runs: number;
  /** Milliseconds of its runs together. */
  readonly spent: number;
}

/** How long contenders are timed. A run is what stands under one fence. */
export interface Effort {
  /** Whether a contender has run enough. */
  readonly isEnough: (sofar: Sofar) => boolean;
  /** Before that each runs until three runs in a row agree within a share of the fastest, at most so many and for so many milliseconds; null: a first look is enough. */
  readonly warmUp: { readonly within: number; readonly most: number; readonly ms: number } | null;
}

/** What stands around each run. */
export interface Pace {
  /** Awaited before each; what it throws ends the contest. */
  readonly ready: () => Promise<void>;
  /** Whether something came between since then, so that the run counts for nothing. */
  readonly isDisturbed: () => boolean;
}

/** Nothing stands between runs, and none is left out. */
export const STEADY: Pace = { ready: () => Promise.resolve(), isDisturbed: () => false };

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

/** So many runs, fewer of slow calls. */
export function repeated(repeats: number): Effort {
  return { warmUp: null, isEnough: ({ first, runs }) => runs >= (SLOW.find(({ ms }) => first >= ms)?.repeats ?? repeats) };
}

interface Entry {
  readonly contender: Contender;
  readonly most: number;
  /** Calls that stand under the next fence. */
  calls: number;
  /** Milliseconds a call, at a first look. */
  readonly first: number;
  /** Milliseconds a call, of each run. */
  readonly times: number[];
  spent: number;
  warmUps?: number;
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

/** Finds how many calls fill a fence. */
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
  return { contender, most, first, calls: callsFor(first, most), times: [], spent: 0 };
}

function callsFor(ms: number, most: number): number {
  return Math.max(1, Math.min(most, Math.ceil(FENCE_MS / ms)));
}

/** Adds a run; a call that turned out faster than at the first look fills its fence with more calls from then on. */
async function runOnce(entry: Entry, isDisturbed: () => boolean): Promise<void> {
  const taken = await time(entry.contender, entry.calls);
  if (isDisturbed()) return;
  entry.times.push(taken / entry.calls);
  entry.spent += taken;
  entry.calls = callsFor(Math.min(entry.first, ...entry.times), entry.most);
}

/** Runs until three in a row agree; the runs that follow are the ones that count. */
async function warm(entry: Entry, { within, most, ms }: NonNullable<Effort["warmUp"]>, { ready, isDisturbed }: Pace): Promise<void> {
  const agree = (): boolean => {
    const last = entry.times.slice(-AGREEING);
    return last.length === AGREEING && Math.max(...last) <= (1 + within) * Math.min(...last);
  };
  while (entry.times.length < most && entry.spent < ms && !agree()) {
    await ready();
    await runOnce(entry, isDisturbed);
  }
  entry.warmUps = entry.times.length;
  entry.times.length = 0;
  entry.spent = 0;
}

/** Runs in a row that must agree. */
const AGREEING = 3;

/** What is told of a contender that threw. */
type Failed = (contender: Contender, error: unknown) => void;

/** Does something with each, in turn; those that throw are told of and left out. */
async function each<Item, Result>(
  items: readonly Item[],
  of: (item: Item) => Contender,
  pace: Pace,
  failed: Failed,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) {
    await pace.ready();
    try {
      results.push(await work(item));
    } catch (error) {
      // What ends the contest is thrown here again.
      await pace.ready();
      failed(of(item), error);
    }
  }
  return results;
}

/**
 * Times the contenders, round by round, each round visiting all that have not run enough and starting one further on, so that a disturbance hits all. Those that have fallen behind another of
 * their name, or that threw, have no timing; `failed` is told of the latter. @throws whatever `pace.ready` throws
 */
export async function contest(contenders: readonly Contender[], effort: Effort, failed: Failed, pace: Pace = STEADY): Promise<Map<Contender, Timing>> {
  const entries = await each(contenders, (one) => one, pace, failed, look);
  const { warmUp } = effort;
  const contenderOf = ({ contender }: Entry): Contender => contender;
  let running = entries.filter((entry) => stays(entry, entries));
  if (warmUp) {
    running = await each(running, contenderOf, pace, failed, async (entry) => {
      await warm(entry, warmUp, pace);
      return entry;
    });
  }
  for (let round = 0; ; round++) {
    const due = running.filter(({ first, times, spent }) => !effort.isEnough({ first, runs: times.length, spent }));
    if (due.length === 0) break;
    const turn = round % due.length;
    const ran = await each([...due.slice(turn), ...due.slice(0, turn)], contenderOf, pace, failed, async (entry) => {
      await runOnce(entry, pace.isDisturbed);
      return entry;
    });
    running = running.filter((entry) => !due.includes(entry) || ran.includes(entry));
  }
  return new Map(running.map(({ contender, calls, times, warmUps }) => [contender, { ...spreadOf(times), calls, ...(warmUps !== undefined && { warmUps }) }]));
}

function stays({ contender, first }: Entry, entries: readonly Entry[]): boolean {
  const ahead = entries.filter((other) => other.contender.name === contender.name && other.first < first);
  if (contender.keep !== undefined && ahead.length >= contender.keep) return false;
  return !contender.mayLeave || first <= FALLEN_BEHIND * Math.min(first, ...ahead.map((other) => other.first));
}
