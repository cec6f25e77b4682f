import type { Dtype } from "../src/index.ts";

/** Outputs by name: `y` and `sum`, or `dx`, `dgamma` and `dbeta`. */
export type Outputs<Data> = Readonly<Record<string, Data>>;

/** The bound on the error of f32 outputs: docs/decisions.md, "numerics". */
export const ERROR_BOUND = 4e-6;

/** The bound on what is stored as halves: half of the step of halves at the size of the largest value, beside that of f32. */
export const HALF_BOUND = 2 ** -11 + ERROR_BOUND;

/** Whether an output has the type of x; the others, gradients of parameters, are f32. */
function hasTypeOfX(output: string): boolean {
  return output === "y" || output === "sum" || output === "dx";
}

/** The bound on an output of a call whose x is stored as `dtype`. */
export function boundOf(output: string, dtype: Dtype): number {
  return dtype === "f16" && hasTypeOfX(output) ? HALF_BOUND : ERROR_BOUND;
}

/** max |actual - expected| / max(1, max |expected|) of each output; infinite where it is missing, of another length or not a number. */
export function errorsOf(actual: Outputs<Float32Array>, expected: Outputs<Float64Array>): Outputs<number> {
  return Object.fromEntries(Object.entries(expected).map(([name, values]) => [name, distance(actual[name], values)]));
}

/** The worst of them. */
export function errorOf(actual: Outputs<Float32Array>, expected: Outputs<Float64Array>): number {
  return Math.max(...Object.values(errorsOf(actual, expected)));
}

function distance(actual: Float32Array | undefined, expected: Float64Array): number {
  if (actual?.length !== expected.length) return Infinity;
  let worst = 0;
  let size = 1;
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    if (!(apart <= worst)) worst = Number.isNaN(apart) ? Infinity : apart;
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return worst / size;
}
