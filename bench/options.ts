import { parseArgs } from "node:util";
import { choiceOption, countOption } from "../build/options.mjs";

/** What `npm run bench` is asked for. */
export interface Options {
  readonly env: "chromium" | "dawn";
  /** Undefined: the machine's GPU, or else the software adapter. */
  readonly adapter: "swiftshader" | "default" | undefined;
  /** A regular expression over the ids of cases; undefined: all of them. */
  readonly cases: string | undefined;
  readonly peers: boolean;
  /** Plans are those that the tuner chose on this adapter. */
  readonly tune: boolean;
  /** Cold starts too; without `cases`, nothing else. */
  readonly cold: boolean;
  /** Interleaved repeats of a run. */
  readonly reps: number;
  /** Runs of each case. */
  readonly runs: number;
  /** The file of results, where it is not `<out>/<adapter>.json`. */
  readonly json: string | undefined;
  readonly out: string;
}

const FORM = {
  env: { type: "string", default: "chromium" },
  adapter: { type: "string" },
  cases: { type: "string" },
  peers: { type: "boolean", default: false },
  tune: { type: "boolean", default: false },
  cold: { type: "boolean", default: false },
  reps: { type: "string", default: "9" },
  runs: { type: "string", default: "1" },
  json: { type: "string" },
  out: { type: "string", default: "docs/performance" },
} as const;

function checkPattern(pattern: string): string {
  try {
    RegExp(pattern);
    return pattern;
  } catch (cause) {
    throw new Error(`--cases is ${pattern}; wanted a regular expression`, { cause });
  }
}

/** The words of a command line. @throws Error that names the option, what it is and what was wanted */
export function parseOptions(words: readonly string[]): Options {
  const { values } = parseArgs({ args: [...words], options: FORM });
  const env = choiceOption("env", values.env, ["chromium", "dawn"]);
  const adapter = values.adapter === undefined ? undefined : choiceOption("adapter", values.adapter, ["swiftshader", "default"]);
  if (env === "dawn" && adapter) throw new Error("--adapter is of Chrome; Dawn takes the adapter of the machine's Vulkan driver");
  if (env === "dawn" && values.peers) throw new Error("--peers are pages' libraries; they are measured with --env chromium alone");
  if (env === "dawn" && values.cold) throw new Error("--cold is of pages; it is measured with --env chromium alone");
  return {
    env,
    adapter,
    cases: values.cases === undefined ? undefined : checkPattern(values.cases),
    peers: values.peers,
    tune: values.tune,
    cold: values.cold,
    reps: countOption("reps", values.reps),
    runs: countOption("runs", values.runs),
    json: values.json,
    out: values.out,
  };
}
