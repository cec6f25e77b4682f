import { expect } from "vitest";
import {
  Gpu,
  LpNorm,
  lpNorm,
  lpNormBackward,
  type NormgpuError,
  OptionError,
  PNormSaved,
  ShapeError,
  TensorError,
  WeightNorm,
  weightNorm,
  weightNormBackward,
} from "../../src/index.ts";
import { countCalls } from "../gpu/spy.ts";
import { gpuTest } from "../gpu-test.ts";

interface Refusal {
  readonly error: new (message: string) => NormgpuError;
  readonly says: string;
  readonly call: (gpu: Gpu) => unknown;
}

/** What a forward call would have kept. */
function saved(gpu: Gpu): PNormSaved {
  const spec = { reduced: [1], power: 2, eps: 0, names: { x: "v", y: "w", dy: "dw", dx: "dv" }, normShape: [4, 1] };
  return new PNormSaved(gpu.empty([4, 6]), gpu.empty([4]), gpu.empty([4, 1]), spec);
}

/** Wrong calls, the error class each must throw, and words that its message must hold: the value found and the value wanted. */
const REFUSALS: readonly Refusal[] = [
  { error: OptionError, says: "lpNorm: p is 0.5; wanted a finite number from 1", call: (gpu) => lpNorm(gpu, gpu.empty([4]), { p: 0.5 }) },
  { error: OptionError, says: "LpNorm: p is Infinity; wanted a finite number from 1", call: (gpu) => new LpNorm(gpu, { p: Infinity }) },
  { error: OptionError, says: "LpNorm: eps is -1", call: (gpu) => new LpNorm(gpu, { eps: -1 }) },
  { error: OptionError, says: "LpNorm.forward: axis is 2; x has rank 2", call: (gpu) => new LpNorm(gpu, { axes: [2] }).forward(gpu.empty([4, 6])) },
  {
    error: OptionError,
    says: "weightNorm: dim is 2; v is [4, 6], wanted one of its axes or null",
    call: (gpu) => weightNorm(gpu, gpu.empty([4, 6]), { dim: 2 }),
  },
  { error: OptionError, says: "weightNorm: dim is -3; v is [4, 6]", call: (gpu) => weightNorm(gpu, gpu.empty([4, 6]), { dim: -3 }) },
  { error: OptionError, says: "weightNorm: dim is 0; v is []", call: (gpu) => weightNorm(gpu, gpu.empty([])) },
  { error: OptionError, says: "WeightNorm: shape and weight are missing", call: (gpu) => new WeightNorm(gpu, {}) },
  {
    error: ShapeError,
    says: "WeightNorm: weight is [4, 6]; wanted shape [6, 4]",
    call: (gpu) => new WeightNorm(gpu, { shape: [6, 4], weight: gpu.empty([4, 6]) }),
  },
  { error: ShapeError, says: "weightNorm: g is [6]; wanted [4, 1] or [4]", call: (gpu) => weightNorm(gpu, gpu.empty([4, 6]), { g: gpu.empty([6]) }) },
  {
    error: ShapeError,
    says: "weightNorm: out.w is [6, 4]; wanted [4, 6]",
    call: (gpu) => weightNorm(gpu, gpu.empty([4, 6]), { out: { w: gpu.empty([6, 4]) } }),
  },
  {
    error: ShapeError,
    says: "lpNorm: out.saved.norm is [4, 1]; wanted [3]",
    call: (gpu) => lpNorm(gpu, gpu.empty([3, 6]), { out: { saved: saved(gpu) } }),
  },
  { error: ShapeError, says: "weightNormBackward: dw is [6, 4]; wanted [4, 6]", call: (gpu) => weightNormBackward(gpu, gpu.empty([6, 4]), saved(gpu)) },
  {
    error: ShapeError,
    says: "weightNormBackward: out.dg is [6]; wanted [4]",
    call: (gpu) => weightNormBackward(gpu, gpu.empty([4, 6]), saved(gpu), { out: { dg: gpu.empty([6]) } }),
  },
  {
    error: OptionError,
    says: "lpNormBackward: saved is undefined; wanted what the forward call gave",
    call: (gpu) => lpNormBackward(gpu, gpu.empty([4, 6]), undefined as unknown as PNormSaved),
  },
  {
    error: TensorError,
    says: "saved.norm was destroyed",
    call: (gpu) => {
      const kept = saved(gpu);
      kept.destroy();
      return weightNormBackward(gpu, gpu.empty([4, 6]), kept);
    },
  },
  { error: TensorError, says: "x belongs to another Gpu", call: (gpu) => lpNorm(gpu, Gpu.from(gpu.device).empty([4])) },
  {
    error: TensorError,
    says: "w and v lie in the same GPUBuffer",
    call: (gpu) => {
      const v = gpu.empty([4, 6]);
      return weightNorm(gpu, v, { out: { w: v } });
    },
  },
];

for (const { error, says, call } of REFUSALS) {
  gpuTest(`refused before any GPU work: ${says}`, async ({ gpu }) => {
    let thrown: unknown = null;
    const counts = countCalls(gpu, () => {
      try {
        call(gpu);
      } catch (found) {
        thrown = found;
      }
    });
    expect(thrown).toBeInstanceOf(error);
    expect((thrown as NormgpuError).message).toContain(says);
    expect(counts["submit"]).toBeUndefined();
  });
}

gpuTest("no value, no norm: empty shapes give empty outputs", async ({ gpu }) => {
  for (const shape of [[0, 4], [4, 0], [0]]) {
    const { w, saved: kept } = WeightNorm.from(gpu, gpu.empty(shape)).forward();
    expect(await w.read()).toEqual(new Float32Array(0));
    expect((await kept!.norm.read()).every((value) => value === 0)).toBe(true);
    expect(await lpNorm(gpu, gpu.empty(shape), { axes: [0] }).y.read()).toEqual(new Float32Array(0));
  }
  expect(await lpNorm(gpu, gpu.tensor([-3], []), { p: 3 }).y.read()).toEqual(Float32Array.of(-1));
});
