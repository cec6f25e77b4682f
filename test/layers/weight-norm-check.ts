import { weightNorm, weightNormBackward, type Gpu } from "../../src/index.ts";
import { expectWithin } from "../bound.ts";
import { expectedOf, expectGroups, expectNorms, type Given } from "./p-norm-expected.ts";

/** Asserts that weight norm and its gradients are what the formula says. */
export async function expectWeightNorm(gpu: Gpu, given: Given & { g: Float32Array }, dim: number | null): Promise<void> {
  const { x, dy, g, shape } = given;
  const wanted = expectedOf(given);
  const v = gpu.tensor(x, shape);
  const { w, saved } = weightNorm(gpu, v, { g: gpu.tensor(g), dim });
  const { dv, dg } = weightNormBackward(gpu, gpu.tensor(dy, shape), saved!);
  expectGroups(await w.read(), wanted.y, wanted.groups, "w");
  expectNorms(await saved!.norm.read(), wanted.groups);
  expectGroups(await dv.read(), wanted.dx, wanted.groups, "dv");
  expectWithin(
    await dg!.read(),
    wanted.groups.map((group) => group.dg),
    "dg",
  );
}
