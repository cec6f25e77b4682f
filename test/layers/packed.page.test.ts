import { describe, expect } from "vitest";
import {
  WEIGHT_STANDARDIZATION_FORMS,
  weightNormAll,
  weightNormAllBackward,
  weightStandardizationAll,
  weightStandardizationAllBackward,
  type Tensor,
} from "../../src/index.ts";
import { weightNormBackward, weightNormForward, weightStandardizationBackward, weightStandardizationForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { FAMILIES, HOSTILE, normal } from "../data.ts";
import { countCalls } from "../gpu/spy.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { resnet50 } from "../resnet50.ts";
import { EVEN, expectNormed, expectStandardized, network, ODD, packed, type Form } from "./packed-checks.ts";

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const form of Object.keys(WEIGHT_STANDARDIZATION_FORMS) as Form[]) {
    gpuTest(
      `weight standardization of a pack, forward and backward: ${form}`,
      async ({ gpu }) => {
        await expectStandardized(gpu, network(ODD), form);
        await expectStandardized(gpu, network(EVEN), form, { gainScale: form === "timmScaled" ? 1.7 : 1 });
        await expectStandardized(
          gpu,
          network(
            ODD.filter((shape) => shape.length < 5 && shape[0]! > 1),
            -1,
          ),
          form,
          { layout: "hwio" },
        );
      },
      planAs,
    );
  }

  gpuTest(
    "weight norm of a pack, forward and backward, with norms of the first axis, of the last and of the whole",
    async ({ gpu }) => {
      for (const shapes of [ODD, EVEN]) {
        await expectNormed(gpu, network(shapes));
        await expectNormed(gpu, network(shapes, -1), -1);
        await expectNormed(gpu, network(shapes), null);
      }
    },
    planAs,
  );

  gpuTest(
    "every family of data in one pack",
    async ({ gpu }) => {
      const makers = [...Object.values(FAMILIES), ...Object.values(HOSTILE)];
      for (const length of [27, 576, 4608]) {
        const shapes = makers.map(() => [4, length]);
        const own = network(shapes, 0, (count, seed) => {
          const values = new Float32Array(count);
          for (let row = 0; row < 4; row++) values.set(makers[seed - 1]!(length, row + 1), row * length);
          return values;
        });
        await expectStandardized(gpu, own, "paper");
        // Gradients are judged where the weights are not so small that they pass the range of f32.
        const { w } = weightStandardizationAll(gpu, packed(gpu, shapes, own.v));
        for (const [i, shape] of shapes.entries()) {
          expectWithin(await w.tensors[i]!.read(), weightStandardizationForward({ data: own.v[i]!, shape }).w, Object.keys({ ...FAMILIES, ...HOSTILE })[i]);
        }
      }
    },
    planAs,
  );

  gpuTest(
    "a ResNet-50 of a quarter of the width: all 53 weights in one submit, forward and backward: one dispatch for rows of whole lanes, one for conv1's",
    async ({ gpu }) => {
      const shapes = resnet50(16);
      expect(shapes).toHaveLength(53);
      const own = network(shapes);
      await expectStandardized(gpu, own, "article");
      const [v, dw] = [packed(gpu, shapes, own.v), packed(gpu, shapes, own.dw)];
      const first = weightStandardizationAll(gpu, v);
      const gradients = weightStandardizationAllBackward(gpu, dw, first.saved!);
      await gradients.dv.tensors[0]!.read();
      const counts = countCalls(gpu, () => {
        const { saved } = weightStandardizationAll(gpu, v, { out: first });
        weightStandardizationAllBackward(gpu, dw, saved!, { out: gradients });
      });
      expect(counts).toEqual({ submit: 2 });
      expect(dispatches(() => weightStandardizationAll(gpu, v, { out: first }))).toBe(2);
      expect(dispatches(() => weightStandardizationAllBackward(gpu, dw, first.saved!, { out: gradients }))).toBe(2);
      const others = packed(gpu, shapes.slice(1), own.v.slice(1));
      expect(dispatches(() => weightStandardizationAll(gpu, others))).toBe(1);
    },
    planAs,
  );
});

function dispatches(work: () => void): number {
  let count = 0;
  const original = GPUComputePassEncoder.prototype.dispatchWorkgroups;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...args) {
    count++;
    return original.apply(this, args);
  };
  try {
    work();
  } finally {
    GPUComputePassEncoder.prototype.dispatchWorkgroups = original;
  }
  return count;
}

gpuTest("a whole ResNet-50, forward and backward", async ({ gpu }) => {
  // The reference is slow: one weight of six is looked at.
  await expectStandardized(gpu, network(resnet50()), "article", {}, 6);
});

gpuTest("weights that are all equal in a row, all zeros, tiny, huge", async ({ gpu }) => {
  const constant = new Float32Array(4 * 27).map((_, i) => [0, 0.1, -3.7, 1e4][Math.floor(i / 27)]!);
  const v = gpu.pack([{ shape: [4, 27], values: constant }]);
  const standardized = weightStandardizationAll(gpu, v);
  expect(await standardized.w.tensors[0]!.read()).toEqual(new Float32Array(4 * 27));
  const dw = gpu.pack([{ shape: [4, 27], values: normal(4 * 27, 1) }]);
  const { dv } = weightStandardizationAllBackward(gpu, dw, standardized.saved!);
  const wanted = weightStandardizationBackward({ data: normal(4 * 27, 1), shape: [4, 27] }, { data: constant, shape: [4, 27] });
  expectWithin(await dv.tensors[0]!.read(), wanted.dv);
  const sizes = [0, 1e-30, 1e30, 1];
  const rows = new Float32Array(4 * 27).map((_, i) => sizes[Math.floor(i / 27)]! * (1 + (i % 7)));
  const [zero, unit] = [gpu.pack([{ shape: [4, 27], values: rows }]), gpu.tensor([1, 1, 1, 1])];
  const normed = weightNormAll(gpu, zero, { g: unit });
  const args = { g: { data: [1, 1, 1, 1], shape: [4] } };
  expectWithin(await normed.w.tensors[0]!.read(), weightNormForward({ data: rows, shape: [4, 27] }, args).w);
  const gradients = weightNormAllBackward(gpu, dw, normed.saved!);
  const ofZero = (await gradients.dv.tensors[0]!.read()).subarray(0, 27);
  expect(
    ofZero.every((value) => value === 0),
    "dv of a zero weight",
  ).toBe(true);
  expectWithin(
    await (gradients.dg as Tensor).read(),
    weightNormBackward({ data: normal(4 * 27, 1), shape: [4, 27] }, { data: rows, shape: [4, 27] }, args).dg.data,
  );
});
