/** Storage type of a tensor's values. Arithmetic and statistics are f32 whatever it is. */
export type Dtype = "f32" | "f16";

export const DTYPES: readonly Dtype[] = ["f32", "f16"];

/** Bytes that a value takes. */
export function bytesOf(dtype: Dtype): number {
  return dtype === "f16" ? 2 : 4;
}
