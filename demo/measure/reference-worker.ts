import type { Case } from "../../bench/cases.ts";
import type { Outputs } from "../../bench/error.ts";
import { exerciseOf, type Exercise } from "../../bench/exercise.ts";
import { entriesOf, samples } from "../../bench/inputs.ts";

/** What the page asks of the worker. */
export type Question =
  | { readonly kind: "prepare"; readonly one: Case; readonly seed: number }
  | { readonly kind: "judge"; readonly id: number; readonly outputs: Outputs<Float32Array | Uint16Array> }
  | { readonly kind: "forget" };

/** One message to the worker; its answer has the same id. */
export interface Message {
  readonly id: number;
  readonly question: Question;
}

export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly failed?: string;
}

const judges = new Map<number, Exercise["judge"]>();

/** x of a case: real digits; of a weight, numbers without a pattern. */
async function xOf(one: Case, seed: number): Promise<Float32Array> {
  if (one.norm === "weight") return samples(one.shape, seed);
  // Fetches the digits: imported only now, so that no message finds this worker without ears.
  const { featureMaps, rowsOfDigits } = await import("../digits.ts");
  return one.layout === "rows" ? rowsOfDigits(one.shape, seed) : featureMaps(one.shape, one.layout === "NHWC", seed);
}

async function answer(id: number, question: Question): Promise<{ result: unknown; moved: Transferable[] }> {
  if (question.kind === "forget") {
    judges.clear();
    return { result: null, moved: [] };
  }
  if (question.kind === "judge") return { result: await judges.get(question.id)!(question.outputs), moved: [] };
  const { one, seed } = question;
  const { inputs, judge } = exerciseOf(one, await xOf(one, seed), seed);
  judges.set(id, judge);
  // The reference is done with them.
  return {
    result: inputs,
    moved: entriesOf(inputs).flatMap(([, { data, halves }]) => (halves ? [data, halves] : [data]).map(({ buffer }) => buffer as ArrayBuffer)),
  };
}

addEventListener("message", ({ data: { id, question } }: MessageEvent<Message>) => {
  answer(id, question).then(
    ({ result, moved }) => postMessage({ id, result } satisfies Answer, { transfer: moved }),
    (error: unknown) => postMessage({ id, failed: error instanceof Error ? error.message : String(error) } satisfies Answer),
  );
});
