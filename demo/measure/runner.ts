import type { Gpu } from "../../src/index.ts";
import { idOf, type Case } from "../../bench/cases.ts";
import { measure } from "../../bench/measure.ts";
import type { Peer } from "../../bench/peer.ts";
import { copiesFor, type Budget } from "./budget.ts";
import { Ended, Pacer } from "./pacer.ts";
import type { Presence } from "./presence.ts";
import { Reference } from "./reference.ts";
import { resultOf, type Result } from "./result.ts";
import { shuffled } from "./shuffle.ts";

/** What a run measures. */
export interface Order {
  readonly gpu: Gpu;
  readonly cases: readonly Case[];
  readonly seed: number;
  readonly budget: Budget;
  readonly peers: readonly Peer[];
  /** It waits while nobody can look. */
  readonly presence: Presence;
}

/** What is told while it runs. */
export interface Listener {
  /** A case begins, `done` have ended. */
  readonly begin: (one: Case, done: number) => void;
  readonly result: (result: Result) => void;
  /** A case that could not be measured; the run goes on. */
  readonly failed: (one: Case, message: string) => void;
  /** Why it waits; null when it goes on. */
  readonly waits: (absence: string | null) => void;
}

/** How a run ended: null where every case had its turn. */
export interface Outcome {
  readonly ended: string | null;
  /** How often it waited because nobody could look. */
  readonly pauses: number;
}

/** Measures the cases in an order that the seed decides. What was measured before it was stopped, or before the device was lost, has been told. */
export async function runCases({ gpu, cases, seed, budget, peers, presence }: Order, signal: AbortSignal, listener: Listener): Promise<Outcome> {
  const finished = new AbortController();
  const pacer = new Pacer(gpu, AbortSignal.any([signal, finished.signal]), presence, listener.waits);
  const reference = new Reference();
  // A case that the reference is still at ends with it.
  const ended = new Promise<never>((_, fail) => {
    const end = (why: string) => () => fail(new Ended(why));
    signal.addEventListener("abort", end("stopped"), { signal: finished.signal });
    void gpu.lost.then(end("the device was lost"));
  });
  ended.catch(() => {});
  try {
    const copies = await copiesFor(gpu, budget);
    for (const [done, one] of shuffled(cases, seed).entries()) {
      await pacer.ready();
      listener.begin(one, done);
      const options = {
        effort: budget.effort,
        peers,
        copies,
        keepCopies: budget.copies,
        pace: pacer,
        prepare: (part: Case) => Promise.race([ended, reference.prepare(part, seed)]),
      };
      try {
        listener.result(resultOf(one, await measure(gpu, one, options)));
      } catch (error) {
        // Where the run has ended, that is why the case failed.
        await pacer.ready();
        listener.failed(one, `${idOf(one)}: ${error instanceof Error ? error.message : String(error)}`);
      }
      await reference.forget();
    }
    return { ended: null, pauses: pacer.pauses };
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    return { ended: error.message, pauses: pacer.pauses };
  } finally {
    finished.abort();
    reference.close();
  }
}
