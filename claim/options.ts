import { parseArgs } from "node:util";
import { choiceOption, countOption } from "../build/options.mjs";
import { BATCHES, NORM_NAMES, type Batch, type NormName } from "../demo/train/norms.ts";

/** What `npm run claim` is asked for. */
export interface Options {
  readonly norms: readonly NormName[];
  readonly batches: readonly Batch[];
  readonly seeds: readonly number[];
  /** Digits that each run learns from, whatever its batch. */
  readonly samples: number;
  /** Undefined: the machine's GPU, or else the software adapter. */
  readonly adapter: "swiftshader" | "default" | undefined;
  /** After so many no further run is started. */
  readonly minutes: number;
  readonly out: string;
  /** An earlier record is not gone on with but replaced. */
  readonly fresh: boolean;
}

const FORM = {
  norms: { type: "string", default: "none,batch,group,group+ws" },
  batches: { type: "string", default: "1,4,16" },
  seeds: { type: "string", default: "0,1,2" },
  samples: { type: "string", default: "2048" },
  adapter: { type: "string" },
  minutes: { type: "string", default: "60" },
  out: { type: "string", default: "docs/claim" },
  fresh: { type: "boolean", default: false },
} as const;

function list<Item>(name: string, text: string, one: (word: string) => Item): Item[] {
  const items = text.split(",").map((word) => one(word.trim()));
  if (new Set(items).size === items.length) return items;
  throw new Error(`--${name} is ${text}; wanted each only once`);
}

function batchOption(word: string): Batch {
  const known = BATCHES.find((batch) => String(batch) === word);
  if (known) return known;
  throw new Error(`--batches has ${word || "an empty word"}; wanted ${BATCHES.join(", ")}, divided by commas`);
}

function seedOption(word: string): number {
  if (/^\d{1,9}$/.test(word)) return Number(word);
  throw new Error(`--seeds has ${word || "an empty word"}; wanted integers from 0, divided by commas`);
}

/** The words of a command line. @throws Error that names the option, what it is and what was wanted */
export function parseOptions(words: readonly string[]): Options {
  const { values } = parseArgs({ args: [...words], options: FORM });
  const batches = list("batches", values.batches, batchOption);
  const samples = countOption("samples", values.samples);
  for (const batch of batches) if (samples % batch) throw new Error(`--samples is ${samples}; wanted a multiple of each batch size, also of ${batch}`);
  return {
    norms: list("norms", values.norms, (word) => choiceOption("norms", word, NORM_NAMES)),
    batches: batches.toSorted((a, b) => a - b),
    seeds: list("seeds", values.seeds, seedOption),
    samples,
    adapter: values.adapter === undefined ? undefined : choiceOption("adapter", values.adapter, ["swiftshader", "default"]),
    minutes: countOption("minutes", values.minutes),
    out: values.out,
    fresh: values.fresh,
  };
}
