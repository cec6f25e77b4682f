/** Outputs by name: `y` and `sum`, or `dx`, `dgamma` and `dbeta`. */
export type Outputs<Data> = Readonly<Record<string, Data>>;

/** The bound on the error of f32 outputs: docs/decisions.md, "numerics". */
export const ERROR_BOUND = 4e-6;

/** max |actual - expected| / max(1, max |expected|), the worst over the outputs; infinite where one is missing, of another length or not a number. */
export function errorOf(actual: Outputs<Float32Array>, expected: Outputs<Float64Array>): number {
  return Math.max(...Object.entries(expected).map(([name, values]) => distance(actual[name], values)));
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
