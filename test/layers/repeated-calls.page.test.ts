import { expect, test } from "vitest";
import * as library from "../../src/index.ts";
import { countAll } from "../gpu/spy.ts";
import { gpuTest } from "../gpu-test.ts";
import { FUNCTION_CALLS } from "./repeated/functions.ts";
import { LAYER_CALLS } from "./repeated/layers.ts";
import { resnet50 } from "../resnet50.ts";
import { makeOf } from "./repeated/row.ts";

const CALLS = [...LAYER_CALLS, ...FUNCTION_CALLS];
const REPEATS = 5;

for (const dtype of ["f32", "f16"] as const) {
  for (const { of, what, halves, prepare } of CALLS) {
    if (dtype === "f16" && halves === false) continue;
    gpuTest(
      `${of}${what ? ` (${what})` : ""}, ${dtype}: a repeated call makes no GPU object but its encoder, opens no error scope, and has one pass and one submit`,
      async ({ gpu }) => {
        const device = gpu.device as GPUDevice;
        const call = prepare(gpu, makeOf(gpu, dtype));
        call();
        // What is new is watched until its first result has been seen.
        await device.queue.onSubmittedWorkDone();
        device.pushErrorScope("validation");
        await device.popErrorScope();
        const { dispatchWorkgroups, ...counts } = countAll(gpu, () => {
          for (let i = 0; i < REPEATS; i++) call();
        });
        expect(counts).toEqual({ createCommandEncoder: REPEATS, beginComputePass: REPEATS, submit: REPEATS });
        expect(dispatchWorkgroups).toBeGreaterThanOrEqual(REPEATS);
        const together = countAll(gpu, () => {
          gpu.batch(() => {
            for (let i = 0; i < REPEATS; i++) call();
          });
        });
        expect(together).toEqual({ createCommandEncoder: 1, beginComputePass: 1, submit: 1, dispatchWorkgroups });
      },
    );
  }
}

gpuTest(
  "gpu.batch: the 53 norms of a ResNet-50, forward and backward, are one pass and one submit, and make nothing where out names every output",
  async ({ gpu }) => {
    const make = makeOf(gpu, "f32");
    const norms = resnet50(8).map(([channels]) => {
      const shape = [2, channels!, 3, 3];
      const norm = new library.BatchNorm(gpu, { channels: channels! });
      const [x, dy] = [make.large(...shape), make.large(...shape)];
      const out = norm.forward(x);
      return { norm, x, dy, out, gradients: norm.backward(dy, out.saved), plans: [norm.plan(shape), norm.planBackward(shape)] };
    });
    expect(norms.length).toBe(53);
    const step = (): void =>
      gpu.batch(() => {
        for (const { norm, x, out } of norms) norm.forward(x, { out });
        for (const { norm, dy, out, gradients } of norms.toReversed()) norm.backward(dy, out.saved, { out: gradients });
      });
    step();
    await norms[0]!.gradients.dx.read();
    const dispatchWorkgroups = norms.flatMap(({ plans }) => plans).reduce((sum, { dispatches }) => sum + dispatches.length, 0);
    expect(countAll(gpu, step)).toEqual({ createCommandEncoder: 1, beginComputePass: 1, submit: 1, dispatchWorkgroups });
  },
);

gpuTest("a list of weights is written where out says; a list of another length is refused", async ({ gpu }) => {
  const make = makeOf(gpu, "f32");
  const norm = new library.WeightStandardization(gpu);
  const [a, b] = [make.large(4, 9), make.large(2, 18)];
  const out = norm.forwardAll([a, b]);
  const expected = await Promise.all(out.w.map((w) => w.read()));
  const again = norm.forwardAll([a, b], { out: { w: [gpu.empty([4, 9]), out.w[1]!] } });
  expect(again.w[1]).toBe(out.w[1]);
  expect(await Promise.all(again.w.map((w) => w.read()))).toEqual(expected);
  const gradients = norm.backwardAll([a, b], out.saved);
  const values = await gradients[1]!.dv.read();
  const second = norm.backwardAll([a, b], out.saved, { out: [{}, gradients[1]!] });
  expect(second[1]!.dv).toBe(gradients[1]!.dv);
  expect(await second[1]!.dv.read()).toEqual(values);
  expect(() => norm.forwardAll([a, b], { out: { w: [out.w[0]!] } })).toThrow("WeightStandardization.forwardAll: v has 2 tensors; out.w has 1");
  expect(() => norm.backwardAll([a, b], out.saved, { out: [{}] })).toThrow("WeightStandardization.backwardAll: dw has 2 tensors; out has 1");
});

/** Exports that queue nothing, that make what is called, or that measure. */
const QUIET = new Set(["readSafetensors", "writeSafetensors", "toFloat32", "Gpu", "Tensor", "Pack", "tune", "exportTuning", "importTuning", "localTuning"]);

test("the table above has every export that queues work", () => {
  const wanted = Object.entries(library).flatMap(([name, value]) => {
    if (typeof value !== "function" || QUIET.has(name)) return [];
    if (!/^[A-Z]/.test(name)) return [name];
    const { prototype } = value as { prototype: object };
    return ["forward", "backward", "forwardAll", "backwardAll"].filter((method) => method in prototype).map((method) => `${name}.${method}`);
  });
  const found = new Set(CALLS.map(({ of }) => of));
  expect(wanted.filter((name) => !found.has(name))).toEqual([]);
  expect(wanted.length).toBeGreaterThan(50);
});
