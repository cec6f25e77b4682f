import type { GivenTensor } from "../../src/index.ts";

/** A file of this header and so many bytes of values. */
export function file(header: string | Uint8Array, bytes = 0): Uint8Array<ArrayBuffer> {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const whole = new Uint8Array(8 + text.length + bytes);
  new DataView(whole.buffer).setBigUint64(0, BigInt(text.length), true);
  whole.set(text, 8);
  return whole;
}

/** The entry of a tensor of two f32, but for these fields. */
export const tensor = (fields: object = {}): string => JSON.stringify({ dtype: "F32", shape: [2], data_offsets: [0, 8], ...fields });
/** One of every dtype, an empty tensor, a single value, and a name of every kind. */
export const EVERYTHING: Record<string, GivenTensor> = {
  weight: { shape: [2, 3], data: Float32Array.from([1, -0, NaN, Infinity, 1e-45, 3.5]) },
  f64: { shape: [1], dtype: "f64", data: Float64Array.from([Math.PI]) },
  f16: { shape: [3], dtype: "f16", data: Uint16Array.from([0x3c00, 0x7e01, 0x8000]) },
  bf16: { shape: [2], dtype: "bf16", data: Uint16Array.from([0x3f80, 0xffc1]) },
  c64: { shape: [1], dtype: "c64", data: Float32Array.from([1, 2]) },
  num_batches_tracked: { shape: [], dtype: "i64", data: BigInt64Array.of(-(2n ** 63n)) },
  u64: { shape: [1], dtype: "u64", data: BigUint64Array.of(2n ** 64n - 1n) },
  i32: { shape: [1], dtype: "i32", data: Int32Array.of(-5) },
  u32: { shape: [1], dtype: "u32", data: Uint32Array.of(2 ** 32 - 1) },
  i16: { shape: [1], dtype: "i16", data: Int16Array.of(-5) },
  u16: { shape: [1], dtype: "u16", data: Uint16Array.of(65535) },
  i8: { shape: [3], dtype: "i8", data: Int8Array.of(-1, 2, 3) },
  u8: { shape: [1], dtype: "u8", data: Uint8Array.of(255) },
  flags: { shape: [2], dtype: "bool", data: Uint8Array.of(1, 0) },
  e5: { shape: [1], dtype: "f8_e5m2", data: Uint8Array.of(7) },
  e4: { shape: [1], dtype: "f8_e4m3", data: Uint8Array.of(8) },
  e8: { shape: [1], dtype: "f8_e8m0", data: Uint8Array.of(9) },
  six: { shape: [4], dtype: "f6_e2m3", data: Uint8Array.of(1, 2, 3) },
  sixth: { shape: [4], dtype: "f6_e3m2", data: Uint8Array.of(4, 5, 6) },
  four: { shape: [2], dtype: "f4", data: Uint8Array.of(33) },
  empty: { shape: [0, 7], data: new Float32Array(0) },
  scalar: { shape: [], data: Float32Array.of(42) },
  'quote " back\\slash \u0000 umlaut ü 🎉': { shape: [1], data: Float32Array.of(1) },
  constructor: { shape: [1], data: Float32Array.of(2) },
};
