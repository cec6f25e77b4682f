import { weightStandardization, weightStandardizationBackward, type Gpu } from "../../src/index.ts";
import type { Case } from "./check.ts";
import { interpretWeights } from "./interpret-weights.ts";

/** Runs a case of weight standardization through the public API on the GPU; null where its op is another. */
export async function runWeights(testCase: Case, gpu: Gpu): Promise<Record<string, ArrayLike<number>> | null> {
  const meaning = interpretWeights(testCase);
  if (meaning?.layer !== "weightStandardization") return null;
  const { v, dw, gain } = meaning;
  const { gamma, ...form } = meaning.options;
  const options = { ...form, ...(gamma !== undefined && { gainScale: gamma, byFanIn: true }), gain: gain ? gpu.tensor(gain.data, gain.shape) : null };
  const { w, saved } = weightStandardization(gpu, gpu.tensor(v.data, v.shape), options);
  const gradients = dw && weightStandardizationBackward(gpu, gpu.tensor(dw.data, dw.shape), saved!, options);
  return {
    w: await w.read(),
    ...(gradients && { dv: await gradients.dv.read() }),
    ...(gradients?.dgain && { dgain: await gradients.dgain.read() }),
  };
}
