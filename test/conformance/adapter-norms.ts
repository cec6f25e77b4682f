import { lpNorm, lpNormBackward, WeightNorm, weightNorm, weightNormBackward, type Gpu, type Tensor } from "../../src/index.ts";
import type { Case } from "./check.ts";

type Outputs = Record<string, ArrayLike<number>>;

/** Runs a case of a division by a p-norm through the public API on the GPU; null where its op is another. */
export async function runNorms(testCase: Case, gpu: Gpu): Promise<Outputs | null> {
  if (testCase.op !== "weight_norm" && testCase.op !== "lp_norm") return null;
  const uploaded = Object.entries(testCase.inputs).map(([name, { data, shape }]) => [name, gpu.tensor(data, shape)] as const);
  try {
    const tensors = Object.fromEntries(uploaded);
    return await (testCase.op === "lp_norm" ? runLpNorm(testCase, tensors, gpu) : runWeightNorm(testCase, tensors, gpu));
  } finally {
    for (const [, tensor] of uploaded) tensor.destroy();
  }
}

async function runLpNorm({ attrs }: Case, { x, dy }: Record<string, Tensor>, gpu: Gpu): Promise<Outputs> {
  const axes = (attrs["axes"] as number[] | undefined) ?? [(attrs["axis"] as number | undefined) ?? -1];
  const { y, saved } = lpNorm(gpu, x!, { p: attrs["p"] as number | undefined, axes, eps: attrs["epsilon"] as number | undefined });
  const gradients = dy && lpNormBackward(gpu, dy, saved!);
  return { y: await y.read(), norm: await saved!.norm.read(), ...(gradients && { dx: await gradients.dx.read() }) };
}

async function runWeightNorm({ attrs }: Case, { v, g, dw }: Record<string, Tensor>, gpu: Gpu): Promise<Outputs> {
  const dim = attrs["dim"] as number | null;
  const layer = attrs["init"] === true ? WeightNorm.from(gpu, v!, { dim }) : null;
  const { w, saved } = layer ? layer.forward() : weightNorm(gpu, v!, { g, dim });
  const gradients = dw && weightNormBackward(gpu, dw, saved!);
  return {
    w: await w.read(),
    norm: await saved!.norm.read(),
    ...(layer && { g: await layer.g.read() }),
    ...(gradients && { dv: await gradients.dv.read() }),
    ...(gradients?.dg && { dg: await gradients.dg.read() }),
  };
}
