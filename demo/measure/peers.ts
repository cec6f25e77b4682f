import type { Peer } from "../../bench/peer.ts";
import { PEER_NAMES } from "../../bench/peer-names.ts";

/** Libraries that can be measured beside ours: each a bundle of its own, loaded only when it is asked for. */
export const PEERS = PEER_NAMES;
export type PeerWord = keyof typeof PEERS;

/** How far a library is. */
export type PeerState =
  | { readonly kind: "loading" }
  | { readonly kind: "ready"; readonly peer: Peer; readonly version: string }
  | { readonly kind: "failed"; readonly message: string };

const FOLDER = "./peers/";
/** Letters of an error that are shown. */
const MOST_WORDS = 160;

function addressOf(file: string): string {
  return new URL(FOLDER + file, document.baseURI).href;
}

/** Which version of each library the site holds; null where it holds none. */
async function versions(): Promise<Readonly<Record<string, string>> | null> {
  const answer = await fetch(addressOf("versions.json"));
  if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) return null;
  return (await answer.json()) as Record<string, string>;
}

/** The libraries of this page, each opened once. */
export class Peers {
  readonly #states = new Map<PeerWord, PeerState>();
  readonly #tell: (states: ReadonlyMap<PeerWord, PeerState>) => void;

  constructor(tell: (states: ReadonlyMap<PeerWord, PeerState>) => void) {
    this.#tell = tell;
  }

  get states(): ReadonlyMap<PeerWord, PeerState> {
    return this.#states;
  }

  /** Those of these libraries that could be opened; the others' states say why not. */
  async open(words: readonly PeerWord[]): Promise<Peer[]> {
    const ready: Peer[] = [];
    for (const word of words) {
      let state = this.#states.get(word);
      if (state?.kind !== "ready") {
        this.#become(word, { kind: "loading" });
        this.#become(word, (state = await load(word)));
      }
      if (state.kind === "ready") ready.push(state.peer);
    }
    return ready;
  }

  #become(word: PeerWord, state: PeerState): void {
    this.#states.set(word, state);
    this.#tell(this.#states);
  }
}

async function load(word: PeerWord): Promise<PeerState> {
  try {
    const known = await versions();
    if (known?.[word] === undefined) return { kind: "failed", message: "it is not part of this build of the page" };
    const { open } = (await import(/* @vite-ignore */ addressOf(`${word}/peer.js`))) as { open: () => Promise<Peer> };
    return { kind: "ready", peer: await open(), version: known[word] };
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ").trim();
    return { kind: "failed", message: message.length > MOST_WORDS ? `${message.slice(0, MOST_WORDS)} …` : message };
  }
}

/** In words: `TensorFlow.js 4.22.0: ready`. */
export function describePeer(word: PeerWord, state: PeerState): string {
  if (state.kind === "ready") return `${PEERS[word]} ${state.version}: ready`;
  return state.kind === "loading" ? `${PEERS[word]}: loading …` : `${PEERS[word]}: could not be loaded (${state.message})`;
}
