import { describe, expect } from "vitest";
import { fromHalves, halfToFloat, toHalves } from "../../src/core/half.ts";
import { run } from "../../src/gpu/run.ts";
import { BatchNorm, batchNorm, layerNorm, TensorError, type Gpu, type Tensor } from "../../src/index.ts";
import { kernelName } from "../../src/plan/kernels.ts";
import type { Dispatch, Plan } from "../../src/plan/plan.ts";
import { planNarrow } from "../../src/plan/storage.ts";
import { layerNormForward } from "../../src/reference/index.ts";
import { expectWithinHalf } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { KERNELS } from "../kernels.ts";

const ALL = Uint16Array.from({ length: 0x10000 }, (_, half) => half);
const NEIGHBOUR = 0x1234;

/** A buffer of halves that somebody else made, all of them NEIGHBOUR. */
function foreign(gpu: Gpu, halves: number): GPUBuffer {
  const buffer = (gpu.device as GPUDevice).createBuffer({
    size: halves * 2,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  (gpu.device as GPUDevice).queue.writeBuffer(buffer, 0, new Uint16Array(halves).fill(NEIGHBOUR));
  return buffer;
}

/** The halves of a foreign buffer. */
function rawOf(gpu: Gpu, buffer: GPUBuffer): Promise<Uint16Array> {
  return gpu.wrap(buffer, [buffer.size / 2], { dtype: "f16" }).read({ raw: true });
}

gpuTest("numbers are rounded to the nearest half, halves in a Uint16Array stay as they are", async ({ gpu }) => {
  const x = gpu.tensor([1, 2049, 2051, 0.1, 1e6, -1e-9, NaN], [7], { dtype: "f16" });
  expect([x.dtype, x.size, x.byteLength]).toEqual(["f16", 7, 14]);
  expect([...(await x.read())]).toEqual([1, 2048, 2052, Math.fround(0.0999755859375), Infinity, -0, NaN]);
  expect(await x.read({ raw: true })).toEqual(Uint16Array.of(0x3c00, 0x6800, 0x6802, 0x2e66, 0x7c00, 0x8000, 0x7e00));
  const all = gpu.tensor(ALL, [0x10000], { dtype: "f16" });
  expect(await all.read({ raw: true })).toEqual(ALL);
  expect(await all.read()).toEqual(fromHalves(ALL));
  expect(await gpu.tensor(Uint16Array.of(1, 2, 3)).read(), "as numbers where the tensor is f32").toEqual(Float32Array.of(1, 2, 3));
  await expect(gpu.tensor([1]).read({ raw: true })).rejects.toThrow("Tensor.read: raw is true; the tensor is f32, wanted f16");
});

gpuTest("a Float16Array goes in as it is", async ({ gpu }) => {
  const engine = Reflect.get(globalThis, "Float16Array") as (new (values: readonly number[]) => ArrayLike<number>) | undefined;
  if (!engine) return;
  expect(await gpu.tensor(new engine([1.5, -0, 65504]), [3], { dtype: "f16" }).read()).toEqual(Float32Array.of(1.5, -0, 65504));
  expect(await gpu.tensor(new engine([1.5, -2]), [2]).read()).toEqual(Float32Array.of(1.5, -2));
});

gpuTest("empty tensors, single values, zeros", async ({ gpu }) => {
  expect(await gpu.tensor([], [0], { dtype: "f16" }).read()).toEqual(new Float32Array(0));
  expect(await gpu.tensor([], [0], { dtype: "f16" }).read({ raw: true })).toEqual(new Uint16Array(0));
  expect(await gpu.tensor([7], [], { dtype: "f16" }).read()).toEqual(Float32Array.of(7));
  expect(await gpu.empty([5], { dtype: "f16" }).read()).toEqual(new Float32Array(5));
});

gpuTest("a write of an odd count, in a buffer of our own and in one of somebody else's, whose other half survives", async ({ gpu }) => {
  const own = gpu.empty([3], { dtype: "f16" });
  own.write([1, 2, 3]);
  expect(await own.read()).toEqual(Float32Array.of(1, 2, 3));
  own.write(Uint16Array.of(1, 2, 3));
  expect(await own.read({ raw: true })).toEqual(Uint16Array.of(1, 2, 3));
  for (const count of [1, 2, 3, 7]) {
    const buffer = foreign(gpu, 16);
    const x = gpu.wrap(buffer, [count], { dtype: "f16", offset: 4 });
    const halves = Uint16Array.from({ length: count }, (_, i) => 0x3c00 + i);
    x.write(halves);
    expect(await x.read({ raw: true })).toEqual(halves);
    const raw = await rawOf(gpu, buffer);
    expect(raw.subarray(2, 2 + count)).toEqual(halves);
    expect([...raw.subarray(0, 2), ...raw.subarray(2 + count)].every((half) => half === NEIGHBOUR)).toBe(true);
    buffer.destroy();
  }
});

gpuTest("writes and calls of one batch come in their order", async ({ gpu }) => {
  const buffer = foreign(gpu, 8);
  const x = gpu.wrap(buffer, [1, 3], { dtype: "f16" });
  const [first, second] = gpu.batch(() => {
    x.write([1, 2, 3]);
    const before = layerNorm(gpu, x, { saved: false }).y;
    x.write([3, 2, 1]);
    return [before, layerNorm(gpu, x, { saved: false }).y];
  });
  const a = await first!.read();
  expect([Math.sign(a[0]!), a[1], Math.sign(a[2]!)]).toEqual([-1, 0, 1]);
  expect(await second!.read()).toEqual(a.map((value) => -value || 0));
  expect((await rawOf(gpu, buffer))[3]).toBe(NEIGHBOUR);
});

gpuTest("wrap: what does not fit", async ({ gpu }) => {
  const buffer = foreign(gpu, 4);
  const odd = (gpu.device as GPUDevice).createBuffer({ size: 6, usage: GPUBufferUsage.STORAGE });
  expect(() => gpu.wrap(buffer, [1], { dtype: "f16", offset: 2 })).toThrow("Gpu.wrap: offset is 2; wanted a multiple of 4 bytes");
  expect(() => gpu.wrap(buffer, [5], { dtype: "f16" })).toThrow("Gpu.wrap: [5] at offset 0 ends at byte 12; the buffer has 8");
  expect(() => gpu.wrap(odd, [3], { dtype: "f16" })).toThrow("ends at byte 8; the buffer has 6");
  expect(() => gpu.empty([1], { dtype: "f64" as "f32" })).toThrow('Gpu.empty: dtype is f64; wanted "f32" or "f16"');
  expect(() => gpu.tensor([1], [1], { dtype: "half" as "f16" })).toThrow('Gpu.tensor: dtype is half; wanted "f32" or "f16"');
});

gpuTest("what must be f32, and types that contradict each other", async ({ gpu }) => {
  const x = gpu.tensor(normal(24), [4, 6], { dtype: "f16" });
  const [mean, variance] = [gpu.empty([6], { dtype: "f16" }), gpu.empty([6])];
  expect(() => batchNorm(gpu, x, { training: true, mean, variance })).toThrow(TensorError);
  expect(() => batchNorm(gpu, x, { training: true, mean, variance })).toThrow("batchNorm: running_mean is f16; wanted f32");
  const out = { y: gpu.empty([4, 6]) };
  expect(() => layerNorm(gpu, x, { out, dtype: "f16" })).toThrow("layerNorm: dtype is f16; out.y is f32");
  expect(() => layerNorm(gpu, x, { dtype: "f8" as "f16" })).toThrow('layerNorm: dtype is f8; wanted "f32" or "f16"');
  expect(layerNorm(gpu, x, { out }).y).toBe(out.y);
});

/** One dispatch of a kernel that turns `source` into `target`. */
function planOf(dispatch: Pick<Dispatch, "kernel" | "params" | "bindings">, lane: 1 | 4, invocations: number): Plan {
  const variant = { lane, parameter: "scalar", team: "invocation" } as const;
  const all: Dispatch = { ...dispatch, variant, overrides: { WORKGROUP: 64 }, grid: [Math.ceil(invocations / 64), 1, 1] };
  return { walk: "none", team: "invocation", dispatches: [all], scratch: {}, bytesMoved: 0 };
}

const widen = (lane: 1 | 4): Plan =>
  planOf(
    { kernel: kernelName(KERNELS.get("widen")!), params: { count: 0x10000 / lane }, bindings: { source: "source", widened: "widened" } },
    lane,
    0x10000 / lane,
  );

describe.each([
  ["as the device has it", {}],
  ["packed", { f16: false }],
] as const)("on the GPU, %s", (_, planAs) => {
  gpuTest(
    "every half is read exactly, one and four at a time",
    async ({ gpu }) => {
      const source = gpu.tensor(ALL, [0x10000], { dtype: "f16" });
      for (const lane of [1, 4] as const) {
        const widened = gpu.empty([0x10000]);
        run(gpu, widen(lane), { source, widened }, {}, "test");
        expect(await widened.read()).toEqual(fromHalves(ALL));
      }
    },
    planAs,
  );

  gpuTest(
    "every half, every tie and both sides of it are rounded to the nearest, past the largest to infinity or to that",
    async ({ gpu }) => {
      const positive = Array.from({ length: 0x7c00 }, (_unused, half) => half);
      const values = Float32Array.from(
        positive.flatMap((half) => {
          const [low, high] = [halfToFloat(half), half === 0x7bff ? 65536 : halfToFloat(half + 1)];
          const middle = (low + high) / 2;
          const near = (high - low) * 2 ** -11;
          return [low, middle, middle - near, middle + near, -low, -middle, near - middle, -near - middle];
        }),
      );
      const more = Float32Array.of(1e30, -1e30, Infinity, -Infinity, NaN, 1e-30, -1e-40, 65519.996);
      const data = Float32Array.from([...values, ...more]);
      const wide = gpu.tensor(data);
      const bits = toHalves(data);
      const narrowed = gpu.empty([data.length], { dtype: "f16" });
      run(gpu, planNarrow(data.length, gpu.capabilities), { wide, narrowed }, {}, "test");
      expect(await narrowed.read({ raw: true })).toEqual(bits);
      // Results of kernels saturate.
      const clamped = bits.map((half) => ((half & 0x7fff) === 0x7c00 ? half - 1 : half));
      for (const lane of [1, 4] as const) {
        const count = data.length / lane;
        const target = gpu.empty([data.length], { dtype: "f16" });
        const copy = planOf(
          { kernel: kernelName(KERNELS.get("gather")!), params: gatherParams(count), bindings: { source: "wide", gathered: "narrowed" } },
          lane,
          count,
        );
        run(gpu, copy, { wide, narrowed: target }, {}, "test");
        expect(await target.read({ raw: true })).toEqual(clamped);
      }
    },
    planAs,
  );
});

function gatherParams(count: number): Record<string, number> {
  const axes = Array.from({ length: 8 }, (_, axis) => [
    [`extent${axis}`, axis === 7 ? count : 1],
    [`stride${axis}`, axis === 7 ? 1 : 0],
  ]).flat();
  return { count, ...Object.fromEntries(axes) };
}

describe.each([...Object.entries(PLANNED_AS), ["packed", { f16: false }] as const])("planned as %s", (_, planAs) => {
  gpuTest(
    "outputs of odd counts in a foreign buffer leave their neighbours alone",
    async ({ gpu }) => {
      for (const shape of [
        [1, 1],
        [1, 3],
        [3, 7],
        [5, 63],
        [1, 49],
        [7, 131],
      ] as const) {
        const count = shape[0] * shape[1];
        const input = toHalves(normal(count, 5, 2, 3));
        const residual = gpu.tensor(normal(count, 6), shape, { dtype: "f16" });
        const [yBuffer, sumBuffer, xBuffer] = [foreign(gpu, count + 9), foreign(gpu, count + 9), foreign(gpu, count + 9)];
        const at = { dtype: "f16", offset: 4 } as const;
        const x = gpu.wrap(xBuffer, shape, at);
        x.write(input);
        const { y, sum } = layerNorm(gpu, x, { residual, out: { y: gpu.wrap(yBuffer, shape, at), sum: gpu.wrap(sumBuffer, shape, at) } });
        const wanted = layerNormForward({ data: fromHalves(input), shape }, { residual: { data: await residual.read(), shape } });
        expectWithinHalf(await y.read(), wanted.y);
        expectWithinHalf(await sum!.read(), wanted.sum, "sum");
        for (const buffer of [yBuffer, sumBuffer, xBuffer]) {
          const raw = await rawOf(gpu, buffer);
          const beside = [...raw.subarray(0, 2), ...raw.subarray(2 + count)];
          expect(
            beside.every((half) => half === NEIGHBOUR),
            `${shape}: ${beside.map((half) => half.toString(16))}`,
          ).toBe(true);
          buffer.destroy();
        }
      }
    },
    planAs,
  );
});

gpuTest("plan and prepare for f16: what forward then runs is compiled", async ({ gpu }) => {
  const norm = new BatchNorm(gpu, { channels: 5 });
  const shape = [3, 5, 7, 7];
  const given = { dtype: "f16", residual: true, dtypes: { gamma: "f16" } } as const;
  const plan = norm.plan(shape, given);
  const half = gpu.capabilities.f16 ? "f16" : "packed";
  expect(plan.dispatches.map(({ kernel, variant }) => [kernel, variant.source])).toContainEqual(["run-moments", half]);
  await norm.prepare(shape, given);
  const device = gpu.device as GPUDevice;
  const original = device.createComputePipeline.bind(device);
  let made = 0;
  device.createComputePipeline = (descriptor) => {
    made++;
    return original(descriptor);
  };
  try {
    const [x, residual]: Tensor[] = [0, 1].map((seed) => gpu.tensor(normal(735, seed), shape, { dtype: "f16" }));
    norm.forward(x!, { residual, gamma: gpu.tensor([1, 2, 3, 4, 5], [5], { dtype: "f16" }) });
  } finally {
    Reflect.deleteProperty(device, "createComputePipeline");
  }
  expect(made).toBe(0);
});

gpuTest("f16 moves half the bytes", async ({ gpu }) => {
  const norm = new BatchNorm(gpu, { channels: 8 });
  const shape = [4, 8, 16, 16];
  expect(norm.plan(shape, { dtype: "f16" }).bytesMoved * 2).toBe(norm.plan(shape).bytesMoved);
});
