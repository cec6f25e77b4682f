import { describe, expect } from "vitest";
import { sizeOf } from "../../src/core/shape.ts";
import { WEIGHT_STANDARDIZATION_FORMS, WeightStandardization, weightStandardization, weightStandardizationBackward } from "../../src/index.ts";
import { weightStandardizationBackward as referenceBackward, weightStandardizationForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { countCalls } from "../gpu/spy.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const SHAPES = [
  [64, 3, 7, 7],
  [37, 64, 1, 1],
  [80, 20],
  [4, 2, 3, 3, 3],
  [1, 16, 3, 3],
];

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const form of Object.keys(WEIGHT_STANDARDIZATION_FORMS) as (keyof typeof WEIGHT_STANDARDIZATION_FORMS)[]) {
    gpuTest(
      `gradients, output channels first and last: ${form}`,
      async ({ gpu }) => {
        const { gain: hasGain, byFanIn, ...options } = WEIGHT_STANDARDIZATION_FORMS[form];
        for (const shape of SHAPES) {
          for (const dim of shape[0] === 1 ? [0] : [0, -1]) {
            if (sizeOf(shape) === shape.at(dim)) continue;
            const channels = shape.at(dim)!;
            const [v, dw, factors] = [normal(sizeOf(shape), 1, 0.1, 0.3), normal(sizeOf(shape), 2, 0.5), normal(channels, 3, 1, 0.2)];
            const gain = hasGain ? gpu.tensor(factors) : null;
            const { saved } = weightStandardization(gpu, gpu.tensor(v, shape), { form, dim, gain });
            const { dv, dgain } = weightStandardizationBackward(gpu, gpu.tensor(dw, shape), saved!, { form, dim, gain });
            const args = { ...options, dim, ...(gain && { gain: { data: factors, shape: [channels] } }), ...(byFanIn && { gamma: 1 }) };
            const wanted = referenceBackward({ data: dw, shape }, { data: v, shape }, args);
            expectWithin(await dv.read(), wanted.dv, `dv of [${shape.join(", ")}] along ${dim}`);
            if (dgain) expectWithin(await dgain.read(), wanted.dgain!.data, "dgain");
          }
        }
      },
      planAs,
    );
  }
});

gpuTest("the class: forward and backward, of a list in one submit, of a pack in one dispatch", async ({ gpu }) => {
  const norm = new WeightStandardization(gpu, { form: "timmScaled", channels: 80 });
  const shape = [80, 20];
  const [data, slope] = [normal(1600, 1, 0, 0.3), normal(1600, 2)];
  const args = { correction: 0, epsMode: "insideVariance", eps: 1e-6, gamma: 1 } as const;
  const wanted = referenceBackward({ data: slope, shape }, { data, shape }, { ...args, gain: { data: new Float32Array(80).fill(1), shape: [80] } });
  const [v, dw] = [gpu.tensor(data, shape), gpu.tensor(slope, shape)];
  const own = norm.backward(dw, norm.forward(v).saved!);
  expectWithin(await own.dv.read(), wanted.dv);
  expectWithin(await own.dgain!.read(), wanted.dgain!.data);
  const counts = countCalls(gpu, () => {
    const { w, saved } = norm.forwardAll([v, v, v]);
    expect(w).toHaveLength(3);
    expect(saved).toHaveLength(3);
  });
  expect(counts["submit"]).toBe(1);
  const list = norm.forwardAll([v, v]);
  const gradients = norm.backwardAll([dw, dw], list.saved);
  const pack = gpu.pack([v, v]);
  const packed = norm.forwardAll(pack);
  const all = norm.backwardAll(gpu.pack([dw, dw]), packed.saved!);
  const w = weightStandardizationForward({ data, shape }, args).w;
  for (const i of [0, 1]) {
    expectWithin(await list.w[i]!.read(), w);
    expectWithin(await packed.w.tensors[i]!.read(), w);
    expectWithin(await gradients[i]!.dv.read(), wanted.dv);
    expectWithin(await all.dv.tensors[i]!.read(), wanted.dv);
  }
  const encoder = (gpu.device as GPUDevice).createCommandEncoder();
  const recorded = norm.forwardAll([v, v], { encoder, saved: false });
  expect(recorded.saved).toEqual([]);
  (gpu.device as GPUDevice).queue.submit([encoder.finish()]);
  expectWithin(await recorded.w[1]!.read(), w);
  expect(() => norm.backwardAll([dw], list.saved)).toThrow("dw has 1 tensors; saved has 2");
});
