import type { Case } from "./cases.ts";
import { errorsOf, type Outputs } from "./error.ts";
import { expectedOf } from "./expected.ts";
import { valuesOfHalves } from "./halves.ts";
import { inputsOf, type Inputs } from "./inputs.ts";

/** What a case is given, and how what comes out (numbers, or the bits of halves) is judged. */
export interface Exercise {
  readonly inputs: Inputs;
  /** The error of each output against the float64 reference: docs of `errorsOf`. */
  readonly judge: (outputs: Outputs<Float32Array | Uint16Array>) => Promise<Outputs<number>>;
}

/** A case on these values of x, judged by the reference right here. */
export function exerciseOf(one: Case, x: Float32Array, seed?: number): Exercise {
  const inputs = inputsOf(one, x, seed);
  const expected = expectedOf(one, inputs);
  return { inputs, judge: (outputs) => Promise.resolve(errorsOf(inF32(outputs), expected)) };
}

function inF32(outputs: Outputs<Float32Array | Uint16Array>): Outputs<Float32Array> {
  return Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values instanceof Uint16Array ? valuesOfHalves(values) : values]));
}
