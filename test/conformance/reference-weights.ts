import { initialG, weightNormBackward, weightNormForward, weightStandardizationBackward, weightStandardizationForward } from "../../src/reference/index.ts";
import type { Case } from "./check.ts";
import { interpretWeights } from "./interpret-weights.ts";

/** The reference's outputs for the weight layers under the names that cases use; null for other ops. */
export function runWeights(testCase: Case): Record<string, ArrayLike<number>> | null {
  const meaning = interpretWeights(testCase);
  if (!meaning) return null;
  const { v, dw } = meaning;
  if (meaning.layer === "weightNorm") {
    const { dim } = meaning;
    const g = meaning.g ?? initialG(v, { dim });
    const { w, norm } = weightNormForward(v, { g, dim });
    const backward = dw && weightNormBackward(dw, v, { g, dim });
    return { w, norm, g: g.data, ...(backward && { dv: backward.dv, dg: backward.dg.data }) };
  }
  const args = { ...meaning.options, ...(meaning.gain && { gain: meaning.gain }) };
  const backward = dw && weightStandardizationBackward(dw, v, args);
  return {
    w: weightStandardizationForward(v, args).w,
    ...(backward && { dv: backward.dv }),
    ...(backward?.dgain && { dgain: backward.dgain.data }),
  };
}
