import { describe, expect } from "vitest";
import {
  Gpu,
  groupNorm,
  groupNormBackward,
  instanceNorm,
  instanceNormBackward,
  layerNorm,
  layerNormBackward,
  rmsNorm,
  rmsNormBackward,
} from "../../src/index.ts";
import { CHOICES } from "../../src/plan/choice.ts";
import {
  groupNormBackward as groupNormGradients,
  groupNormForward,
  instanceNormBackward as instanceNormGradients,
  instanceNormForward,
  layerNormBackward as layerNormGradients,
  layerNormForward,
  rmsNormBackward as rmsNormGradients,
  rmsNormForward,
  type NdArray,
} from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const array = (shape: readonly number[], seed: number, mean = 0, std = 1): NdArray & { data: Float32Array } => ({
  data: normal(
    shape.reduce((a, b) => a * b, 1),
    seed,
    mean,
    std,
  ),
  shape,
});

type Layer = readonly [typeof layerNorm, typeof layerNormBackward, typeof layerNormForward, typeof layerNormGradients];

/** Layers whose shape, and that of gamma and beta, leave ways open. */
const CASES: Readonly<Record<string, { layer: Layer; shape: readonly number[]; parameters: number; options?: object; ways: RegExp }>> = {
  "LayerNorm of short rows": {
    layer: [layerNorm, layerNormBackward, layerNormForward, layerNormGradients],
    shape: [70, 12],
    parameters: 12,
    ways: /^row/,
  },
  "LayerNorm of long rows": {
    layer: [layerNorm, layerNormBackward, layerNormForward, layerNormGradients],
    shape: [9, 4102],
    parameters: 4102,
    ways: /^(?:row|run)/,
  },
  "RMSNorm of rows too long to be held": {
    layer: [rmsNorm, rmsNormBackward, rmsNormForward, rmsNormGradients] as unknown as Layer,
    shape: [6, 9000],
    parameters: 9000,
    ways: /^(?:row|run)/,
  },
  GroupNorm: {
    layer: [groupNorm, groupNormBackward, groupNormForward, groupNormGradients] as unknown as Layer,
    shape: [3, 8, 27, 23],
    parameters: 8,
    options: { groups: 2 },
    ways: /^(?:row|run)/,
  },
  "InstanceNorm NHWC": {
    layer: [instanceNorm, instanceNormBackward, instanceNormForward, instanceNormGradients] as unknown as Layer,
    shape: [2, 50, 12],
    parameters: 12,
    options: { layout: "nhwc" },
    ways: /^column/,
  },
};

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const [name, { layer, shape, parameters, options = {}, ways }] of Object.entries(CASES)) {
    gpuTest(
      `${name}: every way gives results within the bound`,
      async ({ gpu: shared }) => {
        const gpu = Gpu.from(shared.device);
        Object.defineProperty(gpu, "capabilities", { value: shared.capabilities });
        const [forward, backward, expected, gradients] = layer;
        const [x, dy] = [array(shape, 1, 1e3, 2), array(shape, 2, 0.3)];
        const gamma = array([parameters], 3, 1, 0.4);
        const beta = array([parameters], 4);
        const isRms = expected === (rmsNormForward as unknown);
        const given = { ...options, activation: "silu", gamma, ...(isRms ? {} : { beta }) } as const;
        const wanted = expected(x, given);
        const slopes = gradients(dy, x, given);
        const own = { ...given, gamma: gpu.tensor(gamma.data), beta: isRms ? null : gpu.tensor(beta.data) };
        const [input, slope] = [gpu.tensor(x.data, shape), gpu.tensor(dy.data, shape)];
        const seen = new Set<string>();
        for (const choice of CHOICES.filter((one) => ways.test(one))) {
          gpu.plans.choose = () => choice;
          gpu.plans.epoch++;
          const { y, saved } = forward(gpu, input, own);
          expectWithin(await y.read(), wanted.y, `${choice}: y`);
          const found = backward(gpu, slope, saved, own);
          expectWithin(await found.dx.read(), slopes.dx, `${choice}: dx`);
          for (const part of ["dgamma", "dbeta"] as const) {
            const tensor = found[part];
            if (tensor) expectWithin(await tensor.read(), slopes[part]!.data, `${choice}: ${part}`);
          }
          seen.add(choice);
        }
        expect(seen.size).toBeGreaterThan(1);
      },
      planAs,
    );
  }
});
