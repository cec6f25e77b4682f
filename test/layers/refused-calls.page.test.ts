import { expect, vi } from "vitest";
import * as normgpu from "../../src/index.ts";
import {
  BatchChannelNorm,
  layerNorm,
  layerNormBackward,
  LimitError,
  OptionError,
  ShapeError,
  TensorError,
  weightNorm,
  weightNormAll,
  weightNormAllBackward,
  weightNormBackward,
} from "../../src/index.ts";
import {
  weightStandardization,
  WeightStandardization,
  weightStandardizationAll,
  weightStandardizationAllBackward,
  type Gpu,
  type Tensor,
} from "../../src/index.ts";
import { normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";
import { countCalls } from "../gpu/spy.ts";

const SHAPE = [2, 4, 3, 3];
type Forward = Parameters<BatchChannelNorm["forward"]>[1] & object;

/** Forward calls of a BatchChannelNorm whose second half is what cannot be done. */
const REFUSED: Readonly<Record<string, { says: string; of: (gpu: Gpu, norm: BatchChannelNorm) => Forward }>> = {
  "a dtype that is none": { says: 'dtype is bf16; wanted "f32" or "f16"', of: () => ({ dtype: "bf16" as never }) },
  "a dtype that out.y has not": { says: "dtype is f16; out.y is f32", of: (gpu) => ({ dtype: "f16", out: { y: gpu.empty(SHAPE) } }) },
  "a destroyed gamma": { says: "gamma was destroyed", of: (_, norm) => (norm.channel.gamma!.destroy(), {}) },
  "a destroyed beta": { says: "beta was destroyed", of: (_, norm) => (norm.channel.beta!.destroy(), {}) },
  "what it never saved": { says: "out.saved is number; wanted what forward saved", of: () => ({ out: { saved: 3 as never } }) },
  "what a call with a larger batch saved": {
    says: "out.saved comes from a call with other statistics (",
    of: (gpu) => ({ out: { saved: new BatchChannelNorm(gpu, { channels: 4, groups: 2 }).forward(gpu.empty([33, 4, 3, 3])).saved! } }),
  },
};

for (const [what, { says, of }] of Object.entries(REFUSED)) {
  for (const movingSpeed of [undefined, 0.5]) {
    gpuTest(`BatchChannelNorm${movingSpeed ? " by estimates" : ""}: ${what} moves neither statistics nor their count`, async ({ gpu }) => {
      const norm = new BatchChannelNorm(gpu, { channels: 4, groups: 2, ...(movingSpeed && { movingSpeed }) });
      const encoder = (gpu.device as GPUDevice).createCommandEncoder();
      expect(() => norm.forward(gpu.tensor(normal(72, 1, 3), SHAPE), { ...of(gpu, norm), encoder })).toThrow(says);
      (gpu.device as GPUDevice).queue.submit([encoder.finish()]);
      expect(norm.batch.numBatchesTracked).toBe(0);
      expect([...(await norm.batch.runningMean!.read())]).toEqual([0, 0, 0, 0]);
      expect([...(await norm.batch.runningVariance!.read())]).toEqual([1, 1, 1, 1]);
    });
  }
}

gpuTest("BatchChannelNorm: y in x's buffer would spoil what is saved; without saving it is right", async ({ gpu }) => {
  const norm = new BatchChannelNorm(gpu, { channels: 4, groups: 2 });
  const x = gpu.tensor(normal(72, 1, 3), SHAPE);
  const wanted = await norm.forward(x).y.read();
  expect(() => norm.forward(x, { out: { y: x } })).toThrow("out.y and x lie in the same GPUBuffer");
  expect(await norm.forward(x, { out: { y: x }, saved: false }).y.read()).toEqual(wanted);
});

gpuTest("BatchChannelNorm: a refused backward call adds to no gradient", async ({ gpu }) => {
  const norm = new BatchChannelNorm(gpu, { channels: 4, groups: 2 });
  const dy = gpu.tensor(normal(72, 2), SHAPE);
  const { saved } = norm.forward(gpu.tensor(normal(72, 1, 3), SHAPE));
  const out = { dgamma: gpu.empty([2]), dbeta: gpu.empty([2]) };
  const encoder = (gpu.device as GPUDevice).createCommandEncoder();
  const refused = { accumulate: true, encoder, out };
  expect(() => norm.backward(dy, saved!, refused)).toThrow("out.dbnGamma is missing, to which dbnGamma would be added");
  expect(() => norm.backward(dy, saved!, { encoder, out: { ...out, dbnGamma: gpu.empty([3]) } })).toThrow("out.dbnGamma is [3]; wanted [4]");
  expect(() => norm.backward(dy, saved!, { encoder, out, dsum: gpu.empty([3]) })).toThrow("dsum is [3]; x was [2, 4, 3, 3]");
  expect(() => norm.backward(dy, 3 as never)).toThrow("saved is number; wanted what forward saved");
  (gpu.device as GPUDevice).queue.submit([encoder.finish()]);
  expect([...(await out.dgamma.read()), ...(await out.dbeta.read())]).toEqual([0, 0, 0, 0]);
});

gpuTest("accumulate without a tensor to add to is refused by name", async ({ gpu }) => {
  const v = gpu.tensor(normal(6), [2, 3]);
  const pack = gpu.pack([v]);
  const g = gpu.tensor([1, 2]);
  const accumulate = true;
  const { saved } = weightNorm(gpu, v, { g });
  expect(() => weightNormBackward(gpu, v, saved!, { accumulate })).toThrow("weightNormBackward: accumulate is true; out.dv is missing");
  expect(() => weightNormBackward(gpu, v, saved!, { accumulate, out: { dv: gpu.empty([2, 3]) } })).toThrow("out.dg is missing");
  const normed = weightNormAll(gpu, pack, { g }).saved!;
  expect(() => weightNormAllBackward(gpu, pack, normed, { accumulate })).toThrow("out.dv is missing");
  expect(() => weightNormAllBackward(gpu, pack, normed, { accumulate, out: { dv: pack.like() } })).toThrow("out.dg is missing");
  const standard = weightStandardizationAll(gpu, pack, { gain: g }).saved!;
  expect(() => weightStandardizationAllBackward(gpu, pack, standard, { accumulate, out: { dv: pack.like() } })).toThrow("out.dgain is missing");
  const layer = new WeightStandardization(gpu);
  const one = weightStandardization(gpu, v).saved!;
  expect(() => layer.backward(v, one, { accumulate } as object)).toThrow("accumulate is true; only packs (gpu.pack) accumulate");
  expect(() => layer.backwardAll([v], [one], { accumulate } as object)).toThrow("accumulate is true; only packs (gpu.pack) accumulate");
});

gpuTest("a tensor that is missing is named", async ({ gpu }) => {
  const x = gpu.tensor(normal(24), [2, 3, 4]);
  const none = undefined as never;
  const calls: Readonly<Record<string, () => unknown>> = {
    "x is undefined": () => normgpu.layerNorm(gpu, none, { axes: [-1] }),
    "BatchNorm.forward: x is undefined": () => new normgpu.BatchNorm(gpu, { channels: 3 }).forward(none),
    "BatchChannelNorm.forward: x is undefined": () => new BatchChannelNorm(gpu, { channels: 4, groups: 2 }).forward(none),
    "batchNorm: x is undefined": () => normgpu.batchNorm(gpu, none, { training: true }),
    "instanceNorm: x is undefined": () => normgpu.instanceNorm(gpu, none),
    "weightNorm: v is undefined": () => weightNorm(gpu, none),
    "weightNormBackward: dw is undefined": () => weightNormBackward(gpu, none, weightNorm(gpu, x).saved!),
    "weightStandardization: v is undefined": () => weightStandardization(gpu, none),
    "localResponseNorm: x is undefined": () => normgpu.localResponseNorm(gpu, none, { size: 3 }),
    "localResponseNormBackward: dy is undefined": () => normgpu.localResponseNormBackward(gpu, none, normgpu.localResponseNorm(gpu, x, { size: 3 }).saved!),
    "meanVarianceNormBackward: dy is undefined": () => normgpu.meanVarianceNormBackward(gpu, none, normgpu.meanVarianceNorm(gpu, x).saved!),
    "batchNormMoments: x is undefined": () => normgpu.batchNormMoments(gpu, none),
    "batchNormApply: moments is undefined": () => normgpu.batchNormApply(gpu, x, none),
    "out.saved is number": () => normgpu.layerNorm(gpu, x, { axes: [-1], out: { saved: 3 as never } }),
  };
  for (const [says, call] of Object.entries(calls)) {
    expect(call, says).toThrow(TensorError);
    expect(call).toThrow(says);
  }
});

gpuTest("options that are none are told, not tripped over", async ({ gpu }) => {
  const x = gpu.tensor(normal(24), [2, 3, 4]);
  const layer = new WeightStandardization(gpu);
  expect(() => new normgpu.BatchNorm(gpu, {} as never)).toThrow("BatchNorm: channels is undefined");
  expect(() => new normgpu.EstimatedBatchNorm(gpu, {} as never)).toThrow("EstimatedBatchNorm: channels is undefined");
  expect(() => new normgpu.RMSNorm(gpu, { shape: [4], gammaOffset: NaN })).toThrow(OptionError);
  expect(() => normgpu.lpNorm(gpu, x, { axes: 1 as never })).toThrow("lpNorm: axes is 1; wanted a list of axes");
  expect(() => layer.forwardAll(undefined as never)).toThrow("v is undefined; wanted a Pack (gpu.pack) or a list of tensors");
  expect(() => layer.forwardAll([x, x], { gain: [null] })).toThrow(ShapeError);
  expect(() => layer.backwardAll(gpu.pack([x]) as never, [] as never)).toThrow("dw is a Pack");
  const partials = gpu.tensor(new Float32Array(4), [1, 1, 4]);
  const running = { mean: gpu.empty([1]), variance: gpu.empty([1]) };
  expect(() => normgpu.mergeMoments(gpu, partials, { ...running, runningVariance: "none" as never })).toThrow("runningVariance is none");
});

gpuTest("a list with one bad weight is refused before any of it is standardized", async ({ gpu }) => {
  const layer = new WeightStandardization(gpu, { channels: 2 });
  const [good, bad] = [gpu.tensor(normal(24), [2, 12]), gpu.tensor(normal(24), [3, 8])];
  const w = [gpu.empty([2, 12]), gpu.empty([3, 8])];
  expect(() => layer.forwardAll([good, bad], { saved: false, out: { w } })).toThrow("v is [3, 8]; output channels (3) must equal 2");
  expect(await w[0]!.read()).toEqual(new Float32Array(24));
});

gpuTest("the table of a pack outlives a tidy around the call that made it", async ({ gpu }) => {
  const pack = gpu.pack([{ shape: [3, 5], values: normal(15) }]);
  const encoder = (gpu.device as GPUDevice).createCommandEncoder();
  const { w } = gpu.tidy(() => weightNormAll(gpu, pack, { encoder, saved: false }));
  (gpu.device as GPUDevice).queue.submit([encoder.finish()]);
  const call = (): null => (weightNormAll(gpu, pack, { out: { w }, saved: false }), null);
  gpu.tidy(call);
  // What is new is watched for faults, until it has been heard of.
  await w.tensors[0]!.read();
  expect(countCalls(gpu, () => gpu.tidy(call))).toEqual({ submit: 1 });
  expect(await w.tensors[0]!.read()).toEqual(await weightNorm(gpu, pack.tensors[0]!).w.read());
});

gpuTest("a backward call of which one output cannot be made leaves none of the others", async ({ gpu }) => {
  const [x, dy, gamma] = [1, 2, 3].map((seed) => gpu.tensor(normal(32, seed), [4, 8])) as [Tensor, Tensor, Tensor];
  const { saved } = layerNorm(gpu, x, { gamma });
  const dx = gpu.empty([4, 8]);
  const empty = vi.spyOn(gpu, "empty").mockReturnValueOnce(dx);
  empty.mockImplementationOnce(() => {
    throw new LimitError("dgamma takes too many bytes");
  });
  expect(() => layerNormBackward(gpu, dy, saved, { gamma })).toThrow("dgamma takes too many bytes");
  empty.mockRestore();
  await expect(dx.read()).rejects.toThrow("destroyed");
});
