import { expect } from "vitest";
import { LayerNorm, layerNorm, RMSNorm, rmsNorm, rmsNormBackward as rmsNormBackwardOnGpu } from "../../src/index.ts";
import { layerNormForward, rmsNormBackward, rmsNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

for (const [device, planAs] of Object.entries(PLANNED_AS)) {
  gpuTest(
    `gammaOffset 1 is the reference with gamma + 1: on ${device}`,
    async ({ gpu }) => {
      for (const shape of [
        [70, 96],
        [9, 33],
        [2, 40000],
      ]) {
        const [rows, length] = shape as [number, number];
        const x = { data: normal(rows * length, 1, 10), shape };
        const gamma = normal(length, 2, 0, 0.1);
        const shifted = { gamma: { data: gamma.map((value) => value + 1), shape: [length] } };
        const options = { gamma: gpu.tensor(gamma), gammaOffset: 1 };
        expectWithin(await layerNorm(gpu, gpu.tensor(x.data, shape), options).y.read(), layerNormForward(x, shifted).y, "layerNorm");
        const tensor = gpu.tensor(x.data, shape);
        const { y, saved } = rmsNorm(gpu, tensor, options);
        expectWithin(await y.read(), rmsNormForward(x, shifted).y, "rmsNorm");
        // A mean that is not 0: dgamma must not be what is left of cancelled noise.
        const dy = { data: normal(rows * length, 3, 1), shape };
        const wanted = rmsNormBackward(dy, x, shifted);
        const found = rmsNormBackwardOnGpu(gpu, gpu.tensor(dy.data, shape), saved!, options);
        expectWithin(await found.dx.read(), wanted.dx, "dx");
        expectWithin(await found.dgamma!.read(), wanted.dgamma!.data, "dgamma");
      }
    },
    planAs,
  );
}

gpuTest("a layer with gammaOffset 1 starts with gamma 0, as the identity; without gamma the factor is 1", async ({ gpu }) => {
  const x = { data: normal(400, 1, 10), shape: [10, 40] };
  const tensor = gpu.tensor(x.data, x.shape);
  const norm = new RMSNorm(gpu, { shape: 40, gammaOffset: 1 });
  expect(await norm.gamma!.read()).toEqual(new Float32Array(40));
  expectWithin(await norm.forward(tensor).y.read(), rmsNormForward(x).y);
  const bare = new LayerNorm(gpu, { shape: 40, gammaOffset: 1, affine: false });
  expectWithin(await bare.forward(tensor).y.read(), layerNormForward(x).y);
  expect(() => rmsNorm(gpu, tensor, { gammaOffset: NaN })).toThrow("rmsNorm: gammaOffset is NaN; wanted a finite number");
});
