import { FormatError } from "./errors.ts";
import { formatShape, type Shape } from "./shape.ts";
import {
  arrayOver,
  bitsOf,
  dtypeOf,
  nameOf,
  storedData,
  storedDtype,
  type GivenTensor,
  type StoredData,
  type StoredDtype,
  type StoredTensor,
} from "./stored-tensor.ts";
import { parseStrictJson, quote, type JsonValue } from "./strict-json.ts";

/** A file's content. Maps, so that a tensor named `__proto__` is a tensor. */
export interface Safetensors {
  /** Tensors by name, in the order of the header. */
  readonly tensors: Map<string, StoredTensor>;
  /** The texts under `__metadata__`. */
  readonly metadata: Map<string, string>;
}

/** Things by name, as a Map or as a plain object. */
export type Named<Value> = ReadonlyMap<string, Value> | Readonly<Record<string, Value>>;

const LENGTH_BYTES = 8;
/** The format's own limit: beyond it a header is an attack, not a list of tensors. */
const LONGEST_HEADER = 100_000_000;
/** Object, tensor, list, and one more so that a deeper value is told by its name. */
const DEPTH = 4;
const METADATA = "__metadata__";
const FIELDS = ["dtype", "shape", "data_offsets"];

interface Entry {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: Shape;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a safetensors file: 8 bytes of length, a header in JSON, the values (github.com/huggingface/safetensors, "Format").
 * Every byte of the values must belong to exactly one tensor, and every tensor's bytes must match its shape and dtype; a field, name or range that is not as the
 * format says is refused by name, with what was found and wanted. `data` are views of `bytes` where the alignment allows one, else copies.
 * @throws FormatError
 */
export function readSafetensors(bytes: ArrayBuffer | Uint8Array): Safetensors {
  const file = bytesIn(bytes);
  const header = readHeader(file);
  const begin = LENGTH_BYTES + headerLength(file);
  const metadata = readMetadata(header.get(METADATA));
  header.delete(METADATA);
  const entries = Array.from(header, ([name, value]) => readEntry(name, value));
  checkRanges(entries, file.length - begin);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, start, end } of entries) {
    tensors.set(name, { shape, dtype, data: arrayOver(dtype, file.buffer, file.byteOffset + begin + start, end - start) });
  }
  return { tensors, metadata };
}

/** The bytes under a plain Uint8Array: not a subclass that slices otherwise (Node's Buffer), and of any realm. */
function bytesIn(given: unknown): Uint8Array {
  if (ArrayBuffer.isView(given)) return new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  if (!/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(given)))
    refuse(`bytes is ${nameOf(given)}; wanted an ArrayBuffer or a Uint8Array`);
  return new Uint8Array(given as ArrayBuffer);
}

function headerLength(file: Uint8Array): number {
  if (file.length < LENGTH_BYTES) refuse(`the file has ${file.length} bytes; its first ${LENGTH_BYTES} must tell the length of the header`);
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (length > LONGEST_HEADER) refuse(`the header is ${length} bytes long; at most ${LONGEST_HEADER} are allowed`);
  if (length > file.length - LENGTH_BYTES) refuse(`the header is ${length} bytes long; the file has ${file.length - LENGTH_BYTES} after its length`);
  return Number(length);
}

function readHeader(file: Uint8Array): Map<string, JsonValue> {
  // A copy: TextDecoder refuses shared memory.
  const own = file.slice(LENGTH_BYTES, LENGTH_BYTES + headerLength(file));
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(own);
  } catch {
    refuse("the header is not valid UTF-8");
  }
  if (!text.startsWith("{")) refuse(`the header begins with ${quote(text.slice(0, 1))}; wanted "{"`);
  return parseStrictJson(text, "readSafetensors: the header", DEPTH) as Map<string, JsonValue>;
}

function readMetadata(value: JsonValue | undefined): Map<string, string> {
  if (value === undefined) return new Map();
  if (!(value instanceof Map)) refuse(`${METADATA} is ${describe(value)}; wanted an object of texts`);
  for (const [key, text] of value) {
    if (typeof text !== "string") refuse(`${METADATA}: ${quote(key)} is ${describe(text)}; wanted a text`);
  }
  return value as Map<string, string>;
}

function readEntry(name: string, value: JsonValue): Entry {
  const tensor = `tensor ${quote(name)}`;
  if (!(value instanceof Map)) refuse(`${tensor} is ${describe(value)}; wanted an object with ${FIELDS.join(", ")}`);
  for (const field of FIELDS) if (!value.has(field)) refuse(`${tensor} lacks ${field}`);
  // An unknown field might say that the bytes mean something else.
  for (const field of value.keys()) if (!FIELDS.includes(field)) refuse(`${tensor} has a field ${quote(field)}; wanted ${FIELDS.join(", ")} alone`);
  const given = value.get("dtype")!;
  // The format's names are upper case, and only those.
  const dtype = typeof given === "string" && given === given.toUpperCase() ? storedDtype(given) : null;
  if (!dtype) refuse(`${tensor}: dtype is ${describe(given)}; wanted one that the format knows, as "F32"`);
  const shape = wholeNumbers(value.get("shape")!, `${tensor}: shape`);
  const range = wholeNumbers(value.get("data_offsets")!, `${tensor}: data_offsets`);
  const [start, end] = range;
  if (range.length !== 2 || start! > end!) refuse(`${tensor}: data_offsets is ${formatList(range)}; wanted [start, end] with start <= end`);
  const wanted = bytesOf(shape, dtype, tensor);
  if (end! - start! !== wanted) {
    refuse(`${tensor}: data_offsets ${formatList(range)} hold ${end! - start!} bytes; shape ${formatList(shape)} of ${given as string} takes ${wanted}`);
  }
  return { name, dtype, shape, start: start!, end: end! };
}

function wholeNumbers(value: JsonValue, what: string): number[] {
  const isList = Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
  if (!isList) refuse(`${what} is ${describe(value)}; wanted a list of whole numbers from 0`);
  return value.map((item) => Number(item) + 0);
}

/** Bytes that the values take. Extents are multiplied without the zeros, so that [2^60, 2^60, 0] is no way around the check. */
function bytesOf(shape: Shape, dtype: StoredDtype, tensor: string): number {
  let bits = bitsOf(dtype);
  for (const extent of shape) if (extent !== 0) bits *= extent;
  if (!Number.isSafeInteger(bits)) refuse(`${tensor}: shape ${formatList(shape)} has more values than can be counted exactly`);
  if (shape.includes(0)) return 0;
  if (bits % 8) refuse(`${tensor}: shape ${formatList(shape)} of ${dtype} takes ${bits} bits, which are not whole bytes`);
  return bits / 8;
}

/** Ranges must follow each other from the first byte to the last. */
function checkRanges(entries: readonly Entry[], bytes: number): void {
  let last = 0;
  let before = "the start of the values";
  for (const { name, start, end } of entries.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const tensor = `tensor ${quote(name)}`;
    if (end > bytes) refuse(`${tensor}: data_offsets end at ${end}; the file has ${bytes} bytes of values`);
    if (start < last) refuse(`${tensor}: data_offsets begin at ${start}, inside ${before}, which ends at ${last}`);
    if (start > last) refuse(`${tensor}: data_offsets begin at ${start}; ${start - last} bytes after ${before} belong to no tensor`);
    last = end;
    before = tensor;
  }
  if (last !== bytes) refuse(`${bytes - last} bytes at the end belong to no tensor; ${before} ends at ${last} of ${bytes}`);
}

function describe(value: JsonValue): string {
  if (value instanceof Map) return "an object";
  if (Array.isArray(value)) return formatList(value.map((item) => (typeof item === "object" && item !== null ? "..." : item)));
  return typeof value === "string" ? quote(value) : String(value);
}

/** A list as it stands in messages, cut where it is long. */
function formatList(list: readonly (number | string | boolean | null)[]): string {
  const shown = list.slice(0, 16).map((item) => (typeof item === "string" ? quote(item) : String(item)));
  return `[${shown.join(", ")}${list.length > 16 ? ", ..." : ""}]`;
}

function refuse(what: string): never {
  throw new FormatError(`readSafetensors: ${what}`);
}

/**
 * Writes a safetensors file that {@link readSafetensors} and every other reader takes: widest dtypes first, then by name, so that all values are aligned;
 * the header is padded with spaces to a multiple of 8.
 * @param tensors by name; `dtype` is that of `data` where it is absent, f32 for a plain list. Numbers for a float dtype are rounded to it; typed arrays of the dtype's own kind are written bit by bit
 * @throws FormatError
 */
export function writeSafetensors(tensors: Named<GivenTensor>, metadata: Named<string> = {}): Uint8Array<ArrayBuffer> {
  const entries = entriesOf(tensors).map(([name, tensor]) => writable(name, tensor));
  entries.sort((a, b) => bitsOf(b.dtype) - bitsOf(a.dtype) || (a.name < b.name ? -1 : 1));
  const fields: string[] = [];
  const texts = entriesOf(metadata);
  for (const [key, text] of texts) {
    checkText(key, `metadata ${quote(key)}: its key`);
    checkText(text, `metadata ${quote(key)}`);
  }
  if (texts.length) fields.push(`"${METADATA}":{${texts.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`).join(",")}}`);
  let end = 0;
  for (const { name, dtype, shape, data } of entries) {
    const range = `[${end},${(end += data.byteLength)}]`;
    fields.push(`${JSON.stringify(name)}:{"dtype":"${dtype.toUpperCase()}","shape":[${shape.join(",")}],"data_offsets":${range}}`);
  }
  const header = new TextEncoder().encode(`{${fields.join(",")}}`);
  const length = Math.ceil(header.length / 8) * 8;
  if (length > LONGEST_HEADER) throw new FormatError(`writeSafetensors: the header takes ${length} bytes; at most ${LONGEST_HEADER} are allowed`);
  const file = new Uint8Array(LENGTH_BYTES + length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + length).set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + length;
  for (const { data } of entries) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

function writable(name: string, given: GivenTensor): { name: string; shape: Shape; dtype: StoredDtype; data: StoredData } {
  const where = `writeSafetensors: tensor ${quote(name)}`;
  checkText(name, `tensor ${quote(name)}: its name`);
  if (name === METADATA) throw new FormatError(`${where}: the name is taken by the format`);
  const { shape, data } = given;
  const known = dtypeOf(given);
  if (!known) throw new FormatError(`${where}: dtype is ${quote(String(given.dtype))}; wanted one that the format knows, as "f32"`);
  const isShape = Array.isArray(shape) && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (!isShape) throw new FormatError(`${where}: shape is ${String(shape)}; wanted a list of whole numbers from 0`);
  const found = storedData(known, data, where);
  const wanted = (shape.reduce((product, extent) => product * extent, 1) * bitsOf(known)) / 8;
  if (found.byteLength !== wanted) throw new FormatError(`${where}: data has ${found.byteLength} bytes; ${formatShape(shape)} of ${known} takes ${wanted}`);
  return { name, shape, dtype: known, data: found };
}

function checkText(text: unknown, what: string): void {
  if (typeof text !== "string") throw new FormatError(`writeSafetensors: ${what} is ${nameOf(text)}; wanted a text`);
  if (/\p{Surrogate}/u.test(text)) throw new FormatError(`writeSafetensors: ${what} holds half of a surrogate pair`);
}

/** The pairs of a Map, or of an object's own names. */
export function entriesOf<Value>(named: Named<Value>): [string, Value][] {
  return named instanceof Map ? [...named] : Object.entries(named);
}
