import { checkWord } from "./options.ts";

/** Storage type of a tensor's values. Arithmetic and statistics are f32 whatever it is. */
export type Dtype = "f32" | "f16";

export const DTYPES: readonly Dtype[] = ["f32", "f16"];

/** The storage type, f32 where none is given. @throws OptionError */
export function checkDtype(call: string, dtype: Dtype | null | undefined): Dtype {
  return checkWord(call, "dtype", dtype ?? "f32", DTYPES);
}

/** Bytes that a value takes. */
export function bytesOf(dtype: Dtype): number {
  return dtype === "f16" ? 2 : 4;
}
