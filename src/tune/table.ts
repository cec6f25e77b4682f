import { FormatError } from "../core/errors.ts";
import { parseStrictJson, quote, type JsonValue } from "../core/strict-json.ts";
import type { Gpu } from "../gpu/device.ts";
import { CHOICES, type Choice, type Tunable } from "../plan/choice.ts";
import { classOf } from "./shape-class.ts";
import { VERSION } from "./version.ts";

const FORMAT = "normgpu tuning";
const FORMAT_VERSION = 1;

/** What tuning chose on one adapter, by class of shape. */
export type Choices = Map<string, Choice>;

const tables = new WeakMap<Gpu, Choices>();

/** The choices of a Gpu. Plans made from now on follow them. */
export function choicesOf(gpu: Gpu): Choices {
  const known = tables.get(gpu);
  if (known) return known;
  const made: Choices = new Map();
  tables.set(gpu, made);
  gpu.plans.choose = (asked: Tunable) => made.get(classOf(asked, gpu.capabilities.batchInvariant === true));
  return made;
}

/** All that WebGPU tells of an adapter and its driver, and what else plans depend on. */
export function adapterKey({ adapter, capabilities }: Gpu): string {
  const { vendor, architecture, device, description } = adapter;
  const { adapterClass, subgroups, subgroupMinSize, subgroupMaxSize, maxInvocationsPerWorkgroup, batchInvariant } = capabilities;
  const sizes = subgroups ? `${subgroupMinSize}-${subgroupMaxSize}` : "none";
  return [vendor, architecture, device, description, adapterClass, `subgroups ${sizes}`, maxInvocationsPerWorkgroup, batchInvariant ? "invariant" : ""].join(
    "|",
  );
}

/** What tuning chose on this Gpu, as JSON: for {@link importTuning} in another session on the same adapter. */
export function exportTuning(gpu: Gpu): string {
  const choices = Object.fromEntries([...choicesOf(gpu)].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ format: FORMAT, version: FORMAT_VERSION, library: VERSION, adapter: adapterKey(gpu), choices }, null, 1);
}

/** What became of an import. */
export interface ImportResult {
  /** Classes of shape whose choice was taken. */
  taken: number;
  /** Why none was: the text comes from another version of this library, or from another adapter. */
  ignored: "library" | "adapter" | null;
}

/**
 * Takes what {@link exportTuning} gave: later calls whose request falls in one of its classes are planned so. What another version of the library or another adapter chose is ignored.
 * @throws FormatError where the text is none of ours; then nothing is taken
 */
export function importTuning(gpu: Gpu, text: string): ImportResult {
  const { library, adapter, choices } = parse(text);
  if (library !== VERSION) return { taken: 0, ignored: "library" };
  if (adapter !== adapterKey(gpu)) return { taken: 0, ignored: "adapter" };
  const own = choicesOf(gpu);
  for (const [name, choice] of choices) own.set(name, choice);
  gpu.plans.epoch++;
  return { taken: choices.size, ignored: null };
}

const CALL = "importTuning";

function parse(text: string): { library: string; adapter: string; choices: Choices } {
  if (typeof text !== "string") throw new FormatError(`${CALL}: text is ${typeof text}; wanted what exportTuning gave`);
  const found = parseStrictJson(text, CALL, 2);
  if (!(found instanceof Map) || found.get("format") !== FORMAT) throw new FormatError(`${CALL}: format is missing; wanted "${FORMAT}"`);
  if (found.get("version") !== FORMAT_VERSION) throw new FormatError(`${CALL}: version is ${show(found.get("version"))}; wanted ${FORMAT_VERSION}`);
  const word = (name: string): string => {
    const value = found.get(name);
    if (typeof value !== "string") throw new FormatError(`${CALL}: ${name} is ${show(value)}; wanted a string`);
    return value;
  };
  const [library, adapter, choices] = [word("library"), word("adapter"), found.get("choices")];
  if (!(choices instanceof Map)) throw new FormatError(`${CALL}: choices is ${show(choices)}; wanted an object`);
  for (const [name, choice] of choices) {
    if (!CHOICES.includes(choice as Choice)) throw new FormatError(`${CALL}: choices[${quote(name)}] is ${show(choice)}; wanted one of ${CHOICES.join(", ")}`);
  }
  return { library, adapter, choices: choices as Choices };
}

function show(value: JsonValue | undefined): string {
  if (value instanceof Map) return "an object";
  return Array.isArray(value) ? "a list" : typeof value === "string" ? quote(value) : String(value);
}
