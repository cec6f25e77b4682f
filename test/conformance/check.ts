/** A tensor of a case: row-major values, of which some stand as names. */
export interface CaseTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: readonly (number | string)[];
}

/** A case as it stands in the file. `attrs` are the op's own; `rtol_f64` and `atol_f64` are for an implementation in float64. */
export interface RawCase {
  readonly id: string;
  readonly source: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly inputs: readonly CaseTensor[];
  readonly outputs: readonly CaseTensor[];
  readonly rtol?: number;
  readonly atol?: number;
  readonly rtol_f64?: number;
  readonly atol_f64?: number;
}

/** Values of one tensor as numbers. */
export interface Values {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: Float64Array;
}

/** A case with numbers. */
export interface Case {
  readonly id: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Values>>;
  readonly outputs: Readonly<Record<string, Values>>;
}

/** How one case ended. `reason` is set for a failure. */
export interface Verdict {
  readonly id: string;
  readonly op: string;
  readonly state: "passed" | "failed" | "unsupported";
  readonly reason?: string;
}

/** Runs a case; null where the op is not supported. */
export type Adapter = (testCase: Case) => Promise<Record<string, ArrayLike<number>> | null>;

function decode(tensor: CaseTensor): Values {
  const data = Float64Array.from(tensor.data, (value) => (value === "-0" ? -0 : Number(value)));
  return { shape: tensor.shape, dtype: tensor.dtype, data: tensor.dtype === "float32" ? data.map(Math.fround) : data };
}

/** The case with its named values ("NaN", "Infinity", "-0") as numbers, by name. */
export function decodeCase(raw: RawCase): Case {
  const byName = (list: readonly CaseTensor[]): Record<string, Values> => Object.fromEntries(list.map((tensor) => [tensor.name, decode(tensor)]));
  return { id: raw.id, op: raw.op, attrs: raw.attrs, inputs: byName(raw.inputs), outputs: byName(raw.outputs) };
}

/** What is wrong with an output, or null: |actual - expected| <= atol + rtol * |expected|, and NaN matches only NaN. */
export function fault(actual: ArrayLike<number> | undefined, expected: Float64Array, rtol: number, atol: number): string | null {
  if (!actual) return "missing";
  if (actual.length !== expected.length) return `has ${actual.length} values; wanted ${expected.length}`;
  let wrong = 0;
  let worst = -1;
  let excess = 0;
  expected.forEach((wanted, i) => {
    const found = Number(actual[i]);
    const distance = Math.abs(found - wanted);
    const bound = atol + rtol * Math.abs(wanted);
    if (Object.is(found, wanted) || found === wanted || distance <= bound) return;
    wrong++;
    const over = Number.isFinite(distance) ? distance - bound : Infinity;
    if (worst < 0 || over > excess) [worst, excess] = [i, over];
  });
  return wrong ? `${wrong} of ${expected.length} off; at ${worst} ${actual[worst]}, wanted ${expected[worst]}` : null;
}

/** Runs one case and judges every output that it names, within its source's own tolerance. */
export async function judge(raw: RawCase, run: Adapter, float64 = false): Promise<Verdict> {
  const testCase = decodeCase(raw);
  const about = { id: raw.id, op: raw.op };
  const rtol = (float64 ? (raw.rtol_f64 ?? raw.rtol) : raw.rtol) ?? 0;
  const atol = (float64 ? (raw.atol_f64 ?? raw.atol) : raw.atol) ?? 0;
  try {
    const actual = await run(testCase);
    if (!actual) return { ...about, state: "unsupported" };
    const faults = Object.entries(testCase.outputs).map(([name, expected]) => ({ name, found: fault(actual[name], expected.data, rtol, atol) }));
    const reason = faults
      .filter(({ found }) => found !== null)
      .map(({ name, found }) => `${name}: ${found}`)
      .join("; ");
    return reason ? { ...about, state: "failed", reason } : { ...about, state: "passed" };
  } catch (error) {
    return { ...about, state: "failed", reason: `threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}` };
  }
}
