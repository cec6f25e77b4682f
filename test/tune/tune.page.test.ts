import { describe, expect } from "vitest";
import {
  BatchNorm,
  DeviceLostError,
  exportTuning,
  Gpu,
  GroupNorm,
  importTuning,
  InstanceNorm,
  LayerNorm,
  LimitError,
  LpNorm,
  OptionError,
  RMSNorm,
  ShapeError,
  TensorError,
  tune,
  WeightStandardization,
  type Plan,
  type TuneCase,
  type TuneOptions,
} from "../../src/index.ts";
import { layerNormBackward, layerNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const QUICK = { milliseconds: 3 };
const SHAPE = [40, 260];
/** Enough rows for several ways on a CPU, too. */
const MANY = [300, 260];

/** A Gpu of its own on this device, so that what is tuned is not the other tests'. */
function fresh(gpu: Gpu): Gpu {
  const own = Gpu.from(gpu.device, { adapterInfo: gpu.adapter });
  Object.defineProperty(own, "capabilities", { value: gpu.capabilities });
  return own;
}

const kernels = ({ dispatches }: Plan): string => dispatches.map(({ kernel, variant }) => `${kernel} ${variant.team}`).join(" | ");

async function expectRight(gpu: Gpu, norm: LayerNorm): Promise<void> {
  const [x, dy] = [normal(SHAPE[0]! * SHAPE[1]!, 1, 1e4), normal(SHAPE[0]! * SHAPE[1]!, 2)];
  const { y, saved } = norm.forward(gpu.tensor(x, SHAPE));
  expectWithin(await y.read(), layerNormForward({ data: x, shape: SHAPE }).y);
  const { dx } = norm.backward(gpu.tensor(dy, SHAPE), saved);
  const gamma = { data: new Float32Array(SHAPE[1]!).fill(1), shape: [SHAPE[1]!] };
  expectWithin(await dx.read(), layerNormBackward({ data: dy, shape: SHAPE }, { data: x, shape: SHAPE }, { gamma, beta: gamma }).dx);
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  gpuTest(
    "times the ways of each case, forward and backward, and later calls are right",
    async ({ gpu: shared }) => {
      const gpu = fresh(shared);
      const norm = new LayerNorm(gpu, { shape: SHAPE[1]! });
      const cases: TuneCase[] = [
        { norm, x: SHAPE },
        { norm, x: SHAPE, direction: "backward" },
        { norm: new RMSNorm(gpu, { shape: 64 }), x: [300, 64], residual: true, sum: true },
        { norm: new GroupNorm(gpu, { groups: 2, channels: 8 }), x: [4, 8, 30, 30] },
        { norm: new InstanceNorm(gpu, { channels: 8, layout: "nhwc" }), x: [4, 30, 8] },
        { norm: new WeightStandardization(gpu, {}), x: [16, 8, 3, 3] },
      ];
      const results = await tune(gpu, cases, QUICK);
      expect(results.length).toBe(cases.length);
      for (const { choice, model, reason, timings } of results) {
        expect(reason).toMatch(/^(?:measured|kept|only)$/);
        if (reason !== "measured") expect(choice).toBe(model);
        if (reason === "only") continue;
        expect(timings.map((one) => one.choice)).toContain(model);
        for (const one of timings) expect(one.median).toBeGreaterThan(0);
      }
      const again = await tune(gpu, cases, QUICK);
      expect(again.map(({ reason }) => reason)).toEqual(cases.map(() => "remembered"));
      expect(again.map(({ choice }) => choice)).toEqual(results.map(({ choice }) => choice));
      await expectRight(gpu, norm);
    },
    planAs,
  );

  gpuTest(
    "every way of an import is followed by the next call, plans that were remembered too, and gives results within the bound",
    async ({ gpu: shared }) => {
      const gpu = fresh(shared);
      const norm = new LayerNorm(gpu, { shape: SHAPE[1]! });
      const cases: TuneCase[] = [
        { norm, x: SHAPE },
        { norm, x: SHAPE, direction: "backward" },
      ];
      await tune(gpu, cases, QUICK);
      const text = exportTuning(gpu);
      const seen = new Set<string>();
      for (const choice of ["row/invocation/1", "row/invocation/4", "row/workgroup", ...(gpu.capabilities.subgroups ? ["row/subgroup"] : [])]) {
        expect(importTuning(gpu, text.replaceAll(/: "(?:row|run)[^"]*"/g, `: "${choice}"`))).toEqual({ taken: 2, ignored: null });
        const words = `${kernels(norm.plan(SHAPE))}, ${kernels(norm.planBackward(SHAPE))}`;
        expect(words).toContain(choice.split("/")[1] === "workgroup" && gpu.capabilities.subgroups ? "cluster" : choice.split("/")[1]);
        seen.add(words);
        await expectRight(gpu, norm);
      }
      expect(seen.size).toBeGreaterThanOrEqual(2);
    },
    planAs,
  );
});

gpuTest("touches no tensor of the caller's, and frees its own", async ({ gpu: shared }) => {
  const gpu = fresh(shared);
  const device = gpu.device as GPUDevice;
  const create = device.createBuffer.bind(device);
  const alive = new Set<GPUBuffer>();
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    if (!/tensor|tune/.test(descriptor.label ?? "")) return buffer;
    alive.add(buffer);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      alive.delete(buffer);
      destroy();
    };
    return buffer;
  };
  try {
    const norm = new BatchNorm(gpu, { channels: 8 });
    const own = alive.size;
    const results = await tune(
      gpu,
      [
        { norm, x: [4, 8, 30] },
        { norm, x: [4, 8, 30], direction: "backward" },
        { norm: new LayerNorm(gpu, { shape: 260, affine: false }), x: SHAPE },
      ],
      QUICK,
    );
    expect(results.length).toBe(3);
    expect(alive.size).toBe(own);
    expect(await norm.runningMean!.read()).toEqual(new Float32Array(8));
    expect(await norm.runningVariance!.read()).toEqual(new Float32Array(8).fill(1));
    expect(await norm.gamma!.read()).toEqual(new Float32Array(8).fill(1));
    expect(norm.numBatchesTracked).toBe(0);
  } finally {
    Reflect.deleteProperty(device, "createBuffer");
  }
});

gpuTest("f16 tensors are timed as f16", async ({ gpu: shared }) => {
  const gpu = fresh(shared);
  const [result] = await tune(gpu, [{ norm: new LayerNorm(gpu, { shape: 260 }), x: MANY, dtype: "f16", residual: true }], QUICK);
  expect(result!.shapeClass).toContain("residual");
  expect(result!.timings.length).toBeGreaterThan(0);
});

gpuTest("a storage is loaded before and saved after; what is not ours in it is replaced", async ({ gpu: shared }) => {
  let kept: string | null = "nonsense";
  const storage: TuneOptions["storage"] = {
    load: async () => kept,
    save: async (text) => {
      kept = text;
    },
  };
  const cases = (gpu: Gpu): TuneCase[] => [{ norm: new LayerNorm(gpu, { shape: 260 }), x: MANY }];
  const first = fresh(shared);
  const [measured] = await tune(first, cases(first), { ...QUICK, storage });
  expect(kept).toBe(exportTuning(first));
  const second = fresh(shared);
  const [remembered] = await tune(second, cases(second), { ...QUICK, storage });
  expect(remembered).toEqual({ ...measured, reason: "remembered", timings: [] });
  const [again] = await tune(second, cases(second), { ...QUICK, storage, again: true });
  expect(again!.timings.length).toBeGreaterThan(0);
});

gpuTest("refuses bad input before anything happens on the GPU", async ({ gpu }) => {
  const norm = new LayerNorm(gpu, { shape: 260 });
  const good = { norm, x: SHAPE };
  const device = gpu.device as GPUDevice;
  const { createBuffer } = device;
  let made = 0;
  device.createBuffer = (...args) => {
    made++;
    return createBuffer.apply(device, args);
  };
  const refused: [unknown, TuneOptions, new (message: string) => Error, string][] = [
    [7, {}, OptionError, "cases is number"],
    [[good, {}], {}, OptionError, "tune: cases[1]: norm is undefined"],
    [[{ ...good, x: [40, 261] }], {}, ShapeError, "x is [40, 261]"],
    [[good, null as never], {}, OptionError, "tune: cases[1]: it is null; wanted { norm, x }"],
    [[{ ...good, x: [40, -1] }], {}, ShapeError, "tune: cases[0]"],
    [[{ ...good, direction: "sideways" }], {}, OptionError, "direction is sideways"],
    [[{ ...good, gamma: [3] }], {}, ShapeError, "gamma is [3]"],
    [[{ ...good, dtype: "f64" }], {}, OptionError, "tune: cases[0]: dtype is stored as f64; wanted f32 or f16"],
    [[good, { ...good, dtypes: { gamma: "f8" } }], {}, OptionError, "tune: cases[1]: gamma is stored as f8"],
    [[{ norm: new LpNorm(gpu, {}), x: SHAPE }], {}, OptionError, "planned in one way only"],
    [[{ norm: { gpu, plan: norm.plan.bind(norm) }, x: SHAPE, direction: "backward" }], {}, OptionError, "has no planBackward"],
    [[good], { milliseconds: 0 }, OptionError, "milliseconds is 0"],
    [[good], { milliseconds: Number.NaN }, OptionError, "milliseconds is NaN"],
    [[{ ...good, norm: new LayerNorm(fresh(gpu), { shape: 260 }) }], {}, TensorError, "belongs to another Gpu"],
  ];
  made = 0;
  try {
    for (const [cases, options, kind, message] of refused) {
      const call = tune(gpu, cases as TuneCase[], options);
      await expect(call, message).rejects.toThrow(kind);
      await expect(call).rejects.toThrow(message);
    }
    let inBatch: Promise<unknown> = Promise.resolve();
    gpu.batch(() => {
      inBatch = tune(gpu, [good]);
      inBatch.catch(() => null);
    });
    await expect(inBatch).rejects.toThrow("a gpu.batch is open");
    expect(made).toBe(0);
  } finally {
    Reflect.deleteProperty(device, "createBuffer");
  }
  // The planner's hook is as it was.
  expect(kernels(norm.plan(SHAPE))).toContain("row");
});

gpuTest("statistics of samples that move running ones: the ways of their norm are timed", async ({ gpu: shared }) => {
  const gpu = fresh(shared);
  const norm = new InstanceNorm(gpu, { channels: 3, trackRunningStats: true });
  const [result] = await tune(gpu, [{ norm, x: [16, 3, 40, 64] }], QUICK);
  expect(result!.timings.map(({ choice }) => choice)).toContain(result!.model);
  expect(result!.reason).not.toBe("only");
  expect(await norm.runningMean!.read(), "of the layer itself nothing was moved").toEqual(new Float32Array(3));
});

gpuTest("a case that is larger than any tensor of the device may be gives LimitError, and no values are made for it", async ({ gpu }) => {
  const call = tune(gpu, [{ norm: new LayerNorm(gpu, { shape: 4096 }), x: [2 ** 26, 4096] }], QUICK);
  await expect(call).rejects.toThrow(LimitError);
  await expect(call).rejects.toThrow("tune: x of 274877906944 values takes 1099511627776 bytes");
});

gpuTest("a device that is lost before, and at any time during, gives DeviceLostError", async () => {
  for (const wait of [0, 1, 5, 20, 60]) {
    const gpu = await Gpu.open();
    const norm = new LayerNorm(gpu, { shape: 260 });
    // Rows enough for two ways on every adapter: one way alone is not timed.
    const pending = tune(gpu, [{ norm, x: [400, 260] }], { milliseconds: 1000 });
    pending.catch(() => null);
    await new Promise((resolve) => setTimeout(resolve, wait));
    (gpu.device as GPUDevice).destroy();
    const hung = new Promise((_, reject) => setTimeout(() => reject(new Error("hung")), 10_000));
    await expect(Promise.race([pending, hung]), `after ${wait} ms`).rejects.toBeInstanceOf(DeviceLostError);
    await gpu.lost;
    await expect(tune(gpu, [])).rejects.toBeInstanceOf(DeviceLostError);
  }
});
