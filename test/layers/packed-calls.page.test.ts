import { packRows } from "../../src/layers/pack-rows.ts";
import { expect } from "vitest";
import {
  Gpu,
  layerNorm,
  UnsupportedError,
  weightNormAll,
  weightNormAllBackward,
  weightStandardization,
  weightStandardizationAll,
  weightStandardizationAllBackward,
  type Pack,
  type Tensor,
} from "../../src/index.ts";
import { layerNormForward, weightStandardizationBackward, weightStandardizationForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { countCalls } from "../gpu/spy.ts";
import { gpuTest } from "../gpu-test.ts";

const values = normal(54, 1, 0.3);

gpuTest("a pack holds copies of tensors, values and zeros, each a tensor of its own", async ({ gpu }) => {
  const wide = gpu.tensor(normal(60, 2), [60]);
  const part = gpu.wrap(wide.buffer, [3, 4], { offset: 16 });
  const pack = gpu.pack([gpu.tensor(values, [2, 27]), { shape: [3, 5] }, { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }, part]);
  expect(pack.tensors.map(({ shape }) => shape)).toEqual([
    [2, 27],
    [3, 5],
    [2, 3],
    [3, 4],
  ]);
  expect(pack.tensors.every(({ offset }) => offset % 256 === 0)).toBe(true);
  expect(await pack.tensors[0]!.read()).toEqual(values);
  expect(await pack.tensors[1]!.read()).toEqual(new Float32Array(15));
  expect(await pack.tensors[2]!.read()).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  expect(await pack.tensors[3]!.read()).toEqual(normal(60, 2).slice(4, 16));
  expectWithin(await layerNorm(gpu, pack.tensors[0]!).y.read(), layerNormForward({ data: values, shape: [2, 27] }).y, "a part in another call");
  pack.tensors[0]!.write(new Float32Array(54).fill(7));
  expect((await pack.tensors[0]!.read())[53]).toBe(7);
  pack.destroy();
  pack.destroy();
  expect(() => layerNorm(gpu, pack.tensors[0]!)).toThrow("destroyed");
  expect(gpu.pack([]).tensors).toEqual([]);
});

gpuTest("packing and a packed call inside a batch: what was recorded before comes first, and the call joins the batch", async ({ gpu }) => {
  const x = gpu.tensor(values, [2, 27]);
  let read: Promise<Float32Array> | null = null;
  gpu.batch(() => {
    const { y } = layerNorm(gpu, x);
    read = gpu.pack([y]).tensors[0]!.read();
  });
  expectWithin(await read!, layerNormForward({ data: values, shape: [2, 27] }).y);
  const pack = gpu.pack([x]);
  weightStandardizationAll(gpu, pack);
  const counts = countCalls(gpu, () => {
    gpu.batch(() => {
      const { w, saved } = weightStandardizationAll(gpu, pack);
      weightStandardizationAllBackward(gpu, w, saved!);
      weightNormAll(gpu, pack);
    });
  });
  expect(counts["submit"]).toBe(1);
});

gpuTest("a pack outlives a tidy in which it is used first; results of a tidy are kept", async ({ gpu }) => {
  const pack = gpu.pack([{ shape: [2, 27], values }]);
  const kept = gpu.tidy(() => {
    weightStandardizationAll(gpu, pack);
    return weightStandardizationAll(gpu, pack);
  });
  const expected = weightStandardizationForward({ data: values, shape: [2, 27] }).w;
  expectWithin(await kept.w.tensors[0]!.read(), expected);
  expectWithin(await weightStandardizationAll(gpu, pack).w.tensors[0]!.read(), expected);
  kept.w.destroy();
  expectWithin(await weightStandardizationAll(gpu, pack).w.tensors[0]!.read(), expected, "after the pack of the result is gone");
});

gpuTest("the caller's encoder; saved: false; rows as they stand in the table", async ({ gpu }) => {
  const pack = gpu.pack([
    { shape: [2, 3, 9], values },
    { shape: [4], values: [1, 2, 3, 4] },
  ]);
  const encoder = (gpu.device as GPUDevice).createCommandEncoder();
  const result = weightNormAll(gpu, pack, { encoder, saved: false });
  expect(result.saved).toBeUndefined();
  expect(await result.w.tensors[1]!.read()).toEqual(new Float32Array(4));
  (gpu.device as GPUDevice).queue.submit([encoder.finish()]);
  expect(await result.w.tensors[1]!.read()).toEqual(Float32Array.of(1, 1, 1, 1));
  const { table, rows, parts } = packRows(pack, [2, 0], null, "test");
  expect(rows).toBe(13);
  expect(parts).toEqual([
    { rows: 4, values: 4, contiguous: true, whole: false },
    { rows: 9, values: 54, contiguous: false, whole: false },
  ]);
  const words = new Uint32Array((await table.read()).buffer);
  expect([...words.slice(4, 8), ...words.slice(9 * 4, 9 * 4 + 8)]).toEqual([1, 6, 9, 1, 64, 1, 1, 9, 65, 1, 1, 10]);
  expect(Array.from(words.slice(13 * 4)), "the rows of each kind in turn").toEqual([9, 10, 11, 12, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0]);
});

gpuTest("gradients are added to what stands in out", async ({ gpu }) => {
  const shape = [2, 27];
  const [v, dw] = [gpu.pack([{ shape, values }]), gpu.pack([{ shape, values: normal(54, 3) }])];
  const gain = gpu.tensor([1.5, -2]);
  const { saved } = weightStandardizationAll(gpu, v, { gain });
  const out = { dv: gpu.pack([{ shape, values: new Float32Array(54).fill(10) }]), dgain: gpu.tensor([100, 200]) };
  weightStandardizationAllBackward(gpu, dw, saved!, { accumulate: true, out });
  const wanted = weightStandardizationBackward({ data: normal(54, 3), shape }, { data: values, shape }, { gain: { data: [1.5, -2], shape: [2] } });
  expectWithin(
    await out.dv.tensors[0]!.read(),
    wanted.dv.map((value) => value + 10),
  );
  expectWithin(
    await out.dgain.read(),
    Float64Array.from(wanted.dgain!.data, (value, i) => value + 100 * (i + 1)),
  );
  const normed = weightNormAll(gpu, v, { g: gain });
  const alone = weightNormAllBackward(gpu, dw, normed.saved!);
  const sums = { dv: gpu.pack([{ shape, values: new Float32Array(54).fill(10) }]), dg: gpu.tensor([100, 200]) };
  weightNormAllBackward(gpu, dw, normed.saved!, { accumulate: true, out: sums });
  expectWithin(
    await sums.dv.tensors[0]!.read(),
    (await alone.dv.tensors[0]!.read()).map((value) => value + 10),
  );
  expectWithin(
    await sums.dg.read(),
    (await (alone.dg as Tensor).read()).map((value, i) => value + 100 * (i + 1)),
  );
});

gpuTest("what is saved holds what the options meant, not the options: they may be changed, and hold an earlier result", async ({ gpu }) => {
  const shape = [2, 27];
  const [v, dw] = [gpu.pack([{ shape, values }]), gpu.pack([{ shape, values: normal(54, 3) }])];
  const options: Parameters<typeof weightStandardizationAll>[2] & object = { form: "paper" };
  const first = weightStandardizationAll(gpu, v, options);
  Object.assign(options, { form: "article", gainScale: 7, out: first });
  const { dv } = weightStandardizationAllBackward(gpu, dw, first.saved!);
  const wanted = weightStandardizationBackward({ data: normal(54, 3), shape }, { data: values, shape }, { correction: 0, epsMode: "insideVariance" });
  expectWithin(await dv.tensors[0]!.read(), wanted.dv);
  const { saved } = weightStandardizationAll(gpu, v, options);
  expect(holds(saved!, first), "calls that write earlier results again would keep all of them").toBe(false);
  expect(holds(saved!, saved!.statistics)).toBe(true);
});

/** Whether a value is reached from an object by its properties, a Gpu's own left out. */
function holds(from: object, wanted: object, seen = new Set<unknown>()): boolean {
  if (from === wanted) return true;
  if (seen.has(from) || from instanceof Gpu) return false;
  seen.add(from);
  return Object.values(from).some((value: unknown) => typeof value === "object" && value !== null && holds(value, wanted, seen));
}

gpuTest("many rows: more than a dimension has workgroups, and each has its own parameter", async ({ gpu }) => {
  const shape = [70_001, 3];
  const data = normal(70_001 * 3, 5);
  const gain = normal(70_001, 6, 1, 0.2);
  const { w } = weightStandardizationAll(
    gpu,
    gpu.pack([
      { shape: [1, 3], values: [1, 2, 4] },
      { shape, values: data },
    ]),
    {
      gain: gpu.pack([
        { shape: [1], values: [1] },
        { shape: [70_001], values: gain },
      ]),
    },
  );
  expectWithin(await w.tensors[1]!.read(), weightStandardizationForward({ data, shape }, { gain: { data: gain, shape: [70_001] } }).w);
});

gpuTest("the table equals single calls within the bound", async ({ gpu }) => {
  const [a, b] = [gpu.tensor(values, [2, 27]), gpu.tensor(normal(640, 2), [10, 64])];
  const { w } = weightStandardizationAll(gpu, gpu.pack([a, b]));
  for (const [i, v] of [a, b].entries()) expectWithin(await w.tensors[i]!.read(), await weightStandardization(gpu, v).w.read());
});

gpuTest("what a pack refuses, before any GPU work", async ({ gpu }) => {
  expect(() => gpu.pack([{ shape: [2], values: [1] }])).toThrow("Gpu.pack: part 0 has 1 values; [2] holds 2");
  expect(() => gpu.pack([gpu.tensor([1, 2], [2], { dtype: "f16" })])).toThrow("Gpu.pack: part 0 is f16; a pack holds f32");
  expect(() => gpu.pack(5 as never)).toThrow("wanted a list");
  expect(() => gpu.pack([null as never])).toThrow("part 0 is null");
  const gone = gpu.tensor([1]);
  gone.destroy();
  expect(() => gpu.pack([gone])).toThrow("part 0 was destroyed");
  const v = gpu.pack([{ shape: [2, 27], values }, { shape: [3, 2, 2] }]);
  const other = gpu.pack([{ shape: [2, 27] }, { shape: [3, 4] }]);
  const call =
    (options: object, pack: Pack = v) =>
    () =>
      weightStandardizationAll(gpu, pack, options);
  expect(call({}, v.tensors as never)).toThrow("weightStandardizationAll: v is a list; wanted a Pack");
  expect(call({ dim: 1 })).toThrow(UnsupportedError);
  expect(call({ dim: 1 })).toThrow("weights[1] is [3, 2, 2]; in a pack the axis");
  expect(call({}, gpu.pack([{ shape: [3, 1] }]))).toThrow("weights[0]: v is [3, 1]; its 3 output channels hold one value each");
  expect(call({ gain: gpu.tensor([1, 2, 3]) })).toThrow("gain is [3]; wanted [5], a value for each row of the pack");
  expect(call({ gain: gpu.pack([{ shape: [2] }, { shape: [4] }]) })).toThrow("gain has 4 values for weights[1]; wanted 3");
  expect(call({ gain: gpu.pack([{ shape: [2] }]) })).toThrow("gain has no values for weights[1]; wanted 3");
  expect(call({ out: { w: other } })).toThrow("out.w holds other shapes than v");
  expect(call({ out: { w: v } })).toThrow("same GPUBuffer");
  const { saved } = weightStandardizationAll(gpu, v);
  expect(() => weightStandardizationAllBackward(gpu, other, saved!)).toThrow("dw holds other shapes than v");
  expect(() => weightStandardizationAllBackward(gpu, v, {} as never)).toThrow("saved is object; wanted what the forward call gave");
  expect(() => weightStandardizationAllBackward(gpu, v.like(), saved!, { out: { dgain: gpu.empty([5]) } })).toThrow("the forward call had no gain");
  const normed = weightNormAll(gpu, v, { g: gpu.empty([5]) });
  expect(() => weightNormAllBackward(gpu, v.like(), normed.saved!, { out: { dg: gpu.pack([{ shape: [2] }, { shape: [3] }]) } })).toThrow(
    "out.dg and g must both be a Pack, or both a Tensor",
  );
  normed.saved!.destroy();
  expect(() => weightNormAllBackward(gpu, v.like(), normed.saved!)).toThrow("saved.norm was destroyed");
  v.destroy();
  expect(call({})).toThrow("v was destroyed");
});
