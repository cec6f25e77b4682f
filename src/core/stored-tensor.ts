import { bfloat16ToFloat, floatToBfloat16 } from "./bfloat16.ts";
import { FormatError } from "./errors.ts";
import { fromHalves, toHalves } from "./half.ts";
import type { Shape } from "./shape.ts";

/** What the values of a stored dtype lie in. Dtypes that JavaScript has no numbers for lie there as their bits. */
const STORAGE = {
  f64: { bits: 64, array: Float64Array },
  f32: { bits: 32, array: Float32Array },
  f16: { bits: 16, array: Uint16Array },
  bf16: { bits: 16, array: Uint16Array },
  c64: { bits: 64, array: Float32Array },
  i64: { bits: 64, array: BigInt64Array },
  u64: { bits: 64, array: BigUint64Array },
  i32: { bits: 32, array: Int32Array },
  u32: { bits: 32, array: Uint32Array },
  i16: { bits: 16, array: Int16Array },
  u16: { bits: 16, array: Uint16Array },
  i8: { bits: 8, array: Int8Array },
  u8: { bits: 8, array: Uint8Array },
  bool: { bits: 8, array: Uint8Array },
  f8_e5m2: { bits: 8, array: Uint8Array },
  f8_e4m3: { bits: 8, array: Uint8Array },
  f8_e8m0: { bits: 8, array: Uint8Array },
  f6_e2m3: { bits: 6, array: Uint8Array },
  f6_e3m2: { bits: 6, array: Uint8Array },
  f4: { bits: 4, array: Uint8Array },
} as const;

/** Kinds of number that a file of tensors may hold. */
export type StoredDtype = keyof typeof STORAGE;

/** Values as they are stored: `f16`, `bf16` and smaller floats as their bits, `i64` as BigInts, `c64` as pairs of real and imaginary part. */
export type StoredData =
  | Float64Array
  | Float32Array
  | Uint16Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

/** A tensor outside a GPU, as files and state dicts hold it. */
export interface StoredTensor {
  readonly shape: Shape;
  readonly dtype: StoredDtype;
  readonly data: StoredData;
}

/** A tensor as callers may give it: without `dtype` that of its array (f32 for a plain list); any list of numbers for a float. */
export interface GivenTensor {
  readonly shape: Shape;
  readonly dtype?: string;
  readonly data: StoredData | ArrayLike<number>;
}

/** The dtype of a name in either case ("F32", "f32"), or null where there is none. */
export function storedDtype(name: string): StoredDtype | null {
  const lower = name.toLowerCase();
  return Object.hasOwn(STORAGE, lower) ? (lower as StoredDtype) : null;
}

/** Bits that one value takes. */
export function bitsOf(dtype: StoredDtype): number {
  return STORAGE[dtype].bits;
}

/** The typed array of `bytes` bytes at `offset`: a view where the alignment allows one, else a copy. */
export function arrayOver(dtype: StoredDtype, buffer: ArrayBufferLike, offset: number, bytes: number): StoredData {
  const { array } = STORAGE[dtype];
  const size = array.BYTES_PER_ELEMENT;
  const isAligned = offset % size === 0;
  const own = (isAligned ? buffer : buffer.slice(offset, offset + bytes)) as ArrayBuffer;
  return new array(own, isAligned ? offset : 0, bytes / size);
}

const ROUND: Partial<Record<StoredDtype, (data: ArrayLike<number>) => StoredData>> = {
  f64: (data) => Float64Array.from(data),
  f32: (data) => Float32Array.from(data),
  f16: toHalves,
  bf16: (data) => Uint16Array.from(data, floatToBfloat16),
};

/**
 * Values in the array that the dtype is stored in. Numbers are rounded to a float dtype; integers and bits must come in the right array.
 * @throws FormatError that begins with `where`
 */
export function storedData(dtype: StoredDtype, data: GivenTensor["data"], where: string): StoredData {
  const { array } = STORAGE[dtype];
  if (data instanceof array) return data;
  const round = ROUND[dtype];
  const isList = Array.isArray(data) || (ArrayBuffer.isView(data) && !(data instanceof DataView) && !isBigInts(data));
  if (!round || !isList) throw new FormatError(`${where}: data is ${nameOf(data)}; wanted ${array.name} for dtype ${dtype}`);
  return round(data as ArrayLike<number>);
}

function isBigInts(data: object): boolean {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

/** What a value is, for a message. */
export function nameOf(value: unknown): string {
  return typeof value === "object" && value !== null ? (value.constructor?.name ?? "an object") : typeof value;
}

/** The typed array of a dtype that holds these values, or null where they are plain numbers to be taken as they are. @throws FormatError */
function rawValues(dtype: StoredDtype, data: GivenTensor["data"], where: string): StoredData | null {
  if (data instanceof STORAGE[dtype].array || isBigInts(data)) return data as StoredData;
  if (Array.isArray(data) || (ArrayBuffer.isView(data) && !(data instanceof DataView))) return null;
  throw new FormatError(`${where}: data is ${nameOf(data)}; wanted a typed array or a list of numbers`);
}

/**
 * The values as numbers: halves and bfloat16 decoded from their bits, BigInts made numbers, all else as it is.
 * @throws FormatError for complex numbers and floats of 8 bits and less
 */
export function toNumbers({ dtype, data }: { dtype: StoredDtype; data: GivenTensor["data"] }, where: string): ArrayLike<number> {
  if (/^(c64|f8_|f6_|f4)/.test(dtype)) throw new FormatError(`${where}: dtype is ${dtype}; wanted one that numbers can be made of`);
  const raw = rawValues(dtype, data, where);
  if (raw === null) return data as ArrayLike<number>;
  if (dtype === "f16") return fromHalves(raw as Uint16Array);
  if (dtype === "bf16") return Float32Array.from(raw as Uint16Array, bfloat16ToFloat);
  return isBigInts(raw) ? Float64Array.from(raw as BigInt64Array, Number) : (raw as ArrayLike<number>);
}

/** The values as f32, decoded or rounded. @throws FormatError for complex numbers and floats of 8 bits and less */
export function toFloat32(tensor: StoredTensor): Float32Array {
  const numbers = toNumbers(tensor, "toFloat32");
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
}

/** The dtype that a tensor says, or that its array is of; f32 for a plain list. null where it is none. */
export function dtypeOf({ dtype, data }: GivenTensor): StoredDtype | null {
  if (dtype !== undefined) return storedDtype(String(dtype));
  const found = Object.entries(STORAGE).find(([name, { array }]) => data instanceof array && !PACKED.test(name));
  return found ? (found[0] as StoredDtype) : "f32";
}

/** Dtypes that share their array with one that JavaScript has numbers for. */
const PACKED = /^(f16|bf16|c64|bool|f8_|f6_|f4)/;
