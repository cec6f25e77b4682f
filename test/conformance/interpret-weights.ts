import type { Case, Values } from "./check.ts";

/** A case of the weight layers in this library's words. */
export type WeightMeaning =
  | {
      readonly layer: "weightNorm";
      readonly v: Values;
      /** Absent: g is to be the norm of v. */
      readonly g?: Values;
      readonly dw?: Values;
      readonly dim: number | null;
    }
  | {
      readonly layer: "weightStandardization";
      readonly v: Values;
      readonly dw?: Values;
      readonly gain?: Values;
      readonly options: {
        readonly dim: number;
        readonly eps: number;
        readonly epsMode: "insideVariance" | "outsideStd";
        readonly correction: 0 | 1;
        readonly gamma?: number;
      };
    };

/** The meaning of a case, or null where its op is none of weights'. */
export function interpretWeights({ op, attrs, inputs }: Case): WeightMeaning | null {
  const { v, g, dw, gain } = inputs;
  if (op === "weight_norm") {
    return { layer: "weightNorm", v: v!, ...(g && { g }), ...(dw && { dw }), dim: attrs["dim"] === undefined ? 0 : (attrs["dim"] as number | null) };
  }
  if (op !== "weight_std") return null;
  const rank = v!.shape.length;
  const reduced = new Set((attrs["axes"] as number[]).map((axis) => (axis + rank) % rank));
  const kept = [...v!.shape.keys()].filter((axis) => !reduced.has(axis));
  if (kept.length !== 1) return null;
  const options = {
    dim: kept[0]!,
    eps: (attrs["epsilon"] as number | undefined) ?? 1e-5,
    epsMode: attrs["eps_placement"] === "inside_sqrt" ? ("insideVariance" as const) : ("outsideStd" as const),
    correction: attrs["variance"] === "biased" ? (0 as const) : (1 as const),
    ...(attrs["gain_scale"] !== undefined && { gamma: (attrs["gamma"] as number | undefined) ?? 1 }),
  };
  return { layer: "weightStandardization", v: v!, ...(dw && { dw }), ...(gain && { gain }), options };
}
