import { someOf, stepped, type Fields } from "../shell/fields.ts";
import { DIRECTIONS, DTYPES, LAYERS, LAYOUTS, SHAPES, type Ticked } from "./catalog.ts";
import { PEERS, type PeerWord } from "./peers.ts";

/** Everything that Measure is asked for. */
export interface MeasureState extends Ticked {
  /** Libraries that are measured beside ours. */
  readonly compare: readonly PeerWord[];
  /** Of the order of cases, and of the data. */
  readonly seed: number;
}

/** The settings that are lists of ticks, with the words beside each tick. */
export const TICKS: { readonly [Name in Exclude<keyof MeasureState, "seed">]: Readonly<Record<string, string>> } = {
  layers: LAYERS,
  directions: DIRECTIONS,
  shapes: Object.fromEntries(SHAPES.map((word) => [word, word.replaceAll("x", "×")])),
  layouts: LAYOUTS,
  dtypes: DTYPES,
  compare: PEERS,
};
export type TickName = keyof typeof TICKS;

export const MOST_SEED = 9999;

function wordsOf<Word extends string>(record: Readonly<Record<Word, string>>): readonly Word[] {
  return Object.keys(record) as Word[];
}

/** A minute or two of cases, of every kind: more are a tick away. */
export const FIELDS: Fields<MeasureState> = {
  layers: someOf(wordsOf(LAYERS), wordsOf(LAYERS)),
  directions: someOf(wordsOf(DIRECTIONS), wordsOf(DIRECTIONS)),
  shapes: someOf(SHAPES, ["8x64x56x56", "4096x768", "512x2304"]),
  layouts: someOf(wordsOf(LAYOUTS), wordsOf(LAYOUTS)),
  dtypes: someOf(wordsOf(DTYPES), ["f32"]),
  compare: someOf(wordsOf(PEERS), []),
  seed: stepped(1, MOST_SEED, 1, 1),
};
