import { casesMatching, idOf, type Case } from "./cases.ts";
import { ERROR_BOUND } from "./error.ts";
import { fastest, type Entry, type Measured } from "./measured.ts";
import type { AdapterFacts } from "./session.ts";

/** Version of the form of a file of results. */
export const SCHEMA = 1;

/** Where results come from. */
export interface Source {
  readonly env: string;
  /** Browser, or Node and Dawn. */
  readonly browser: string;
  readonly adapter: AdapterFacts;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly os: string };
  /** Of this library, and of each peer. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The run of a case in which peers took part, beside copies and ours. */
interface PeerRun {
  readonly entries: readonly Entry[];
  readonly refused: Measured["refused"];
  readonly measured: string;
}

/** One case. `entries` are the copies and ours in the best of its runs. */
export interface CaseResult extends Omit<Measured, "refused"> {
  readonly target: number | null;
  readonly beside: Case["beside"];
  readonly tags: Case["tags"];
  /** By the plan that the tuner chose. */
  readonly tuned: boolean;
  /** Ours / fastest copy in each run. */
  readonly ratios: readonly number[];
  /** Null where no peer took part. */
  readonly peerRun: PeerRun | null;
  /** Of the machine, over one minute, when the case ended. */
  readonly load: number;
  readonly measured: string;
}

/** Milliseconds to the first result of LayerNorm 64 x 768 in a fresh browser, and what a page downloads for it, gzipped. */
export interface ColdStart {
  readonly name: string;
  readonly importMs: number;
  readonly deviceMs: number;
  readonly firstMs: number;
  readonly totalMs: number;
  readonly javascriptBytes: number;
  readonly wasmBytes: number;
}

export interface Failure {
  readonly id: string;
  readonly failed: string;
}

export interface Results extends Source {
  readonly schema: number;
  readonly repeats: number;
  readonly cases: readonly CaseResult[];
  readonly failures: readonly Failure[];
  /** Empty where it was not measured. */
  readonly cold: readonly ColdStart[];
}

/** Time of ours / time of the fastest copy. */
export function ratioOf({ entries }: Pick<Measured, "entries">): number {
  return fastest(entries, "ours")!.median / fastest(entries, "copy")!.median;
}

function isPeer({ name }: { readonly name: string }): boolean {
  return name !== "copy" && name !== "ours";
}

/** A case's runs as one result; peers took part in the first, if in any. */
export function caseResult(
  one: Case,
  runs: readonly Measured[],
  at: { readonly load: number; readonly measured: string; readonly tuned: boolean },
): CaseResult {
  const { target, beside, tags } = one;
  const [first] = runs;
  const { refused: _refused, ...best } = runs.toSorted((a, b) => ratioOf(a) - ratioOf(b))[0]!;
  const peerRun = first!.entries.some(isPeer) || first!.refused.length ? { entries: first!.entries, refused: first!.refused, measured: at.measured } : null;
  return { ...best, entries: best.entries.filter((entry) => !isPeer(entry)), target, beside, tags, ratios: runs.map(ratioOf), peerRun, ...at };
}

/**
 * Newer results put into older ones, case by case, in the order of the list; peers that took no part in the newer run of a case keep their place from the older.
 * @throws Error where the older ones are of another adapter, environment or form: their times would not compare
 */
export function mergeResults(older: Results | null, newer: Results, cases: readonly Case[]): Results {
  if (!older) return newer;
  const about = ({ schema, env, adapter }: Results): string => `schema ${schema}, ${env}, ${adapter.name}`;
  if (about(older) !== about(newer))
    throw new Error(`the file holds results of ${about(older)}; these are of ${about(newer)}: give another file with --json or --out`);
  const done = new Set([...newer.cases, ...newer.failures].map(({ id }) => id));
  const places = new Map(cases.map((one, place) => [idOf(one), place]));
  const kept = <Kind extends { readonly id: string }>(list: readonly Kind[]): Kind[] => list.filter(({ id }) => !done.has(id) && places.has(id));
  const peers = new Map(older.cases.map(({ id, peerRun }) => [id, peerRun]));
  const cased = newer.cases.map((one) => ({ ...one, peerRun: one.peerRun ?? peers.get(one.id) ?? null }));
  return {
    ...newer,
    versions: { ...older.versions, ...newer.versions },
    cases: [...kept(older.cases), ...cased].toSorted((a, b) => places.get(a.id)! - places.get(b.id)!),
    failures: [...kept(older.failures), ...newer.failures],
    cold: newer.cold.length ? newer.cold : older.cold,
  };
}

/** Results beyond this error are no answer, whoever gave them; the bound on our own is ERROR_BOUND. */
const PEER_BOUND = 1e-3;

/** The fastest way of any peer that is right; undefined where none took part. */
export function bestPeer({ peerRun }: Pick<CaseResult, "peerRun">): Entry | undefined {
  return peerRun?.entries.filter((entry) => isPeer(entry) && entry.error !== null && entry.error <= PEER_BOUND).toSorted((a, b) => a.median - b.median)[0];
}

/** How many times as fast as the best peer, in the run that both took part in; where ours was measured again later, each beside the copy of its own run. Null where no peer took part. */
export function speedup(one: CaseResult): number | null {
  const peer = bestPeer(one);
  if (!peer) return null;
  const { entries, measured } = one.peerRun!;
  return measured === one.measured ? peer.median / fastest(entries, "ours")!.median : peer.median / fastest(entries, "copy")!.median / ratioOf(one);
}

/** A target counts as met within this of it: noise. */
const TOLERANCE = 1.05;

/** What a case is held to: beside a copy, or beside another case, each by its copies a byte. Null: nothing, or the other case was not measured. */
export function verdict(one: CaseResult, all: readonly CaseResult[]): { readonly found: number; readonly most: number; readonly met: boolean } | null {
  const of = (found: number, most: number) => ({ found, most, met: found <= most * TOLERANCE });
  if (one.target !== null) return of(Math.min(...one.ratios), one.target);
  const { beside } = one;
  const other = beside && all.find(({ id }) => id === beside.id);
  if (!beside || !other) return null;
  // Each beside the copy of its own run: the machine may have been slower when the other was measured.
  return of(Math.min(...one.ratios) / Math.min(...other.ratios), beside.most);
}

/** Cases that are wrong or failed; such a run ends with a status that is not zero. */
export function faults({ cases, failures }: Results): string[] {
  const wrong = cases.flatMap(({ id, entries }) => {
    const { error } = fastest(entries, "ours")!;
    return error! <= ERROR_BOUND ? [] : [`${id}: error ${error!.toExponential(1)}, bound ${ERROR_BOUND.toExponential(0)}`];
  });
  return [...wrong, ...failures.map(({ id, failed }) => `${id}: ${failed}`)];
}

/** Cases whose id matches; all where there is no pattern. */
export function chosen(cases: readonly Case[], pattern: string | undefined): readonly Case[] {
  return pattern ? casesMatching(cases, pattern) : cases;
}
