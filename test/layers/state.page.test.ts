import { expect } from "vitest";
import {
  BatchNorm,
  EstimatedBatchNorm,
  FormatError,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  LocalResponseNorm,
  LpNorm,
  readSafetensors,
  RMSNorm,
  TensorError,
  WeightNorm,
  WeightStandardization,
  writeSafetensors,
  type GivenTensor,
  type Gpu,
  type StateDict,
} from "../../src/index.ts";
import { normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";

interface Stateful {
  stateDict(options?: { prefix?: string }): Promise<StateDict>;
  loadStateDict(dict: Record<string, GivenTensor> | ReadonlyMap<string, GivenTensor>, options?: { strict?: boolean; prefix?: string }): unknown;
}

interface Row {
  readonly name: string;
  readonly make: (gpu: Gpu) => Stateful;
  /** Keys and shapes as PyTorch has them. */
  readonly keys: Readonly<Record<string, readonly number[]>>;
}

const running = { running_mean: [6], running_var: [6], num_batches_tracked: [] };

const LAYERS: readonly Row[] = [
  { name: "BatchNorm", make: (gpu) => new BatchNorm(gpu, { channels: 6 }), keys: { weight: [6], bias: [6], ...running } },
  {
    name: "BatchNorm, no statistics, no bias",
    make: (gpu) => new BatchNorm(gpu, { channels: 6, trackRunningStats: false, bias: false }),
    keys: { weight: [6] },
  },
  { name: "BatchNorm, not affine", make: (gpu) => new BatchNorm(gpu, { channels: 6, affine: false }), keys: running },
  { name: "LayerNorm", make: (gpu) => new LayerNorm(gpu, { shape: [2, 3] }), keys: { weight: [2, 3], bias: [2, 3] } },
  { name: "RMSNorm", make: (gpu) => new RMSNorm(gpu, { shape: 6 }), keys: { weight: [6] } },
  { name: "GroupNorm", make: (gpu) => new GroupNorm(gpu, { channels: 6, groups: 2 }), keys: { weight: [6], bias: [6] } },
  { name: "InstanceNorm", make: (gpu) => new InstanceNorm(gpu, { channels: 6 }), keys: {} },
  {
    name: "InstanceNorm with everything",
    make: (gpu) => new InstanceNorm(gpu, { channels: 6, affine: true, trackRunningStats: true }),
    keys: { weight: [6], bias: [6], ...running },
  },
  {
    name: "EstimatedBatchNorm",
    make: (gpu) => new EstimatedBatchNorm(gpu, { channels: 6, movingSpeed: 0.5 }),
    keys: { weight: [6], bias: [6], ...running, estbn_moving_speed: [1] },
  },
  { name: "WeightNorm", make: (gpu) => new WeightNorm(gpu, { shape: [4, 3, 2] }), keys: { weight_g: [4, 1, 1], weight_v: [4, 3, 2] } },
  { name: "WeightNorm of the whole", make: (gpu) => new WeightNorm(gpu, { shape: [4, 3], dim: null }), keys: { weight_g: [], weight_v: [4, 3] } },
  { name: "LocalResponseNorm", make: (gpu) => new LocalResponseNorm(gpu, { size: 3 }), keys: {} },
  { name: "LpNorm", make: (gpu) => new LpNorm(gpu), keys: {} },
  { name: "WeightStandardization", make: (gpu) => new WeightStandardization(gpu), keys: {} },
  { name: "WeightStandardization, timm", make: (gpu) => new WeightStandardization(gpu, { form: "timmScaled", channels: 6 }), keys: { gain: [6] } },
];

/** A state with these shapes and values that are all different. */
function stateOf(keys: Row["keys"]): StateDict {
  return Object.fromEntries(
    Object.entries(keys).map(([key, shape], i) => {
      if (key === "num_batches_tracked") return [key, { shape, dtype: "i64" as const, data: BigInt64Array.of(2n ** 40n + 1n) }];
      const size = shape.reduce((a, b) => a * b, 1);
      const data = key === "estbn_moving_speed" ? Float32Array.of(0.25) : normal(size, i + 1);
      return [key, { shape, dtype: "f32" as const, data }];
    }),
  );
}

for (const { name, make, keys } of LAYERS) {
  gpuTest(`state of ${name}: PyTorch's keys, shapes and dtypes; through a file and back`, async ({ gpu }) => {
    const layer = make(gpu);
    const fresh = await layer.stateDict();
    expect(Object.fromEntries(Object.entries(fresh).map(([key, { shape }]) => [key, shape]))).toEqual(keys);
    const state = stateOf(keys);
    const file = writeSafetensors(state);
    expect(layer.loadStateDict(readSafetensors(file).tensors)).toEqual({ missing: [], unexpected: [] });
    expect(await layer.stateDict()).toEqual(state);
    // Under a prefix, beside the keys of others.
    const whole = { other: { shape: [1], data: [1] }, ...(await layer.stateDict({ prefix: "layer1.0." })) };
    const copy = make(gpu);
    copy.loadStateDict(whole, { prefix: "layer1.0." });
    expect(await copy.stateDict()).toEqual(state);
  });

  gpuTest(`state of ${name}: every missing, unexpected and misshapen key in one error, and nothing changes`, async ({ gpu }) => {
    const layer = make(gpu);
    const before = await layer.stateDict();
    const names = Object.keys(keys);
    expect(() => layer.loadStateDict({ foo: { shape: [1], data: [1] }, bar: { shape: [1], data: [1] } })).toThrow(FormatError);
    const wanted = [...(names.length ? [`missing ${names.join(", ")}`] : []), "unexpected foo, bar"].join("; ");
    expect(() => layer.loadStateDict({ foo: { shape: [1], data: [1] }, bar: { shape: [1], data: [1] } })).toThrow(wanted);
    // All but the last are right, and are not taken either.
    const last = names.at(-1);
    if (!last) return;
    const state: Record<string, GivenTensor> = { ...stateOf(keys), [last]: { shape: [7, 7], data: new Float32Array(49) } };
    expect(() => layer.loadStateDict(state)).toThrow(`${last} is [7, 7]; wanted [${keys[last]!.join(", ")}]`);
    expect(() => layer.loadStateDict(state, { strict: false })).toThrow(`${last} is [7, 7]`);
    expect(await layer.stateDict()).toEqual(before);
  });
}

gpuTest("not strict: what is there is loaded, and the rest is named", async ({ gpu }) => {
  const norm = new BatchNorm(gpu, { channels: 2 });
  const result = norm.loadStateDict({ "a.weight": { shape: [2], data: [3, 4] }, "a.extra": { shape: [], data: [1] } }, { strict: false, prefix: "a." });
  expect(result).toEqual({ missing: ["a.bias", "a.running_mean", "a.running_var", "a.num_batches_tracked"], unexpected: ["a.extra"] });
  expect(await norm.gamma!.read()).toEqual(Float32Array.of(3, 4));
  expect(await norm.runningVariance!.read()).toEqual(Float32Array.of(1, 1));
});

gpuTest("every dtype that has numbers is taken; the bits of f32 stay", async ({ gpu }) => {
  const norm = new RMSNorm(gpu, { shape: 3 });
  const taken = async (given: Omit<GivenTensor, "shape">): Promise<number[]> => {
    norm.loadStateDict({ weight: { shape: [3], ...given } });
    return [...(await norm.gamma!.read())];
  };
  expect(await taken({ data: [1, 2.5, -3] })).toEqual([1, 2.5, -3]);
  expect(await taken({ data: Float64Array.of(0.1, 2, 3) })).toEqual([Math.fround(0.1), 2, 3]);
  expect(await taken({ data: Uint8Array.of(1, 2, 255) })).toEqual([1, 2, 255]);
  expect(await taken({ dtype: "F16", data: Uint16Array.of(0x3c00, 0xc000, 1) })).toEqual([1, -2, 2 ** -24]);
  expect(await taken({ dtype: "bf16", data: Uint16Array.of(0x3f80, 0xc000, 0) })).toEqual([1, -2, 0]);
  expect(await taken({ dtype: "f16", data: [1, 2, 3] })).toEqual([1, 2, 3]);
  expect(await taken({ dtype: "i64", data: BigInt64Array.of(1n, -2n, 3n) })).toEqual([1, -2, 3]);
  const bits = Uint32Array.of(0x80000000, 1, 0x7f7fffff);
  norm.loadStateDict({ weight: { shape: [3], data: new Float32Array(bits.buffer) } });
  expect(new Uint32Array((await norm.gamma!.read()).buffer)).toEqual(bits);
});

gpuTest("what cannot be taken is named with what was found", async ({ gpu }) => {
  const norm = new BatchNorm(gpu, { channels: 2 });
  const good = await norm.stateDict();
  const says = (key: string, given: unknown): string => {
    try {
      norm.loadStateDict({ ...good, [key]: given as GivenTensor });
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      return (error as Error).message;
    }
    return "nothing";
  };
  expect(says("weight", { shape: [2], data: [1] })).toBe("BatchNorm.loadStateDict: weight has 1 values; [2] holds 2");
  expect(says("weight", { shape: [2], dtype: "f31", data: [1, 2] })).toContain("weight has dtype f31");
  expect(says("weight", { shape: [2], dtype: "f8_e4m3", data: Uint8Array.of(1, 2) })).toContain("weight cannot be taken: data: dtype is f8_e4m3");
  expect(says("weight", 5)).toContain("weight is number; wanted { shape, dtype, data }");
  expect(says("weight", { shape: [2], data: { length: 2 } })).toContain("data is Object");
  expect(says("num_batches_tracked", { shape: [], dtype: "i64", data: BigInt64Array.of(-1n) })).toContain(
    "num_batches_tracked is -1; wanted a whole number from 0",
  );
  expect(says("num_batches_tracked", { shape: [], data: [0.5] })).toContain("num_batches_tracked is 0.5");
  expect(says("num_batches_tracked", { shape: [1], data: [7] })).toBe("nothing");
  expect(norm.numBatchesTracked).toBe(7);
  expect(() => norm.loadStateDict(null as never)).toThrow("the state is object; wanted an object or a Map");
});

gpuTest("a Map with a tensor named __proto__ is an unexpected key like any other", async ({ gpu }) => {
  const norm = new RMSNorm(gpu, { shape: 1 });
  const dict = new Map<string, GivenTensor>([
    ["weight", { shape: [1], data: [2] }],
    ["__proto__", { shape: [1], data: [2] }],
  ]);
  expect(() => norm.loadStateDict(dict)).toThrow("RMSNorm.loadStateDict: unexpected __proto__");
  expect(norm.loadStateDict(dict, { strict: false })).toEqual({ missing: [], unexpected: ["__proto__"] });
});

gpuTest("a gain is taken as timm has it", async ({ gpu }) => {
  const layer = new WeightStandardization(gpu, { form: "timmScaled", channels: 3 });
  layer.loadStateDict({ "conv.gain": { shape: [3, 1, 1, 1], data: [1, 2, 3] } }, { prefix: "conv." });
  expect(await layer.gain!.read()).toEqual(Float32Array.of(1, 2, 3));
  expect(() => layer.loadStateDict({ gain: { shape: [1, 3], data: [1, 2, 3] } })).toThrow("gain is [1, 3]; wanted [3]");
});

gpuTest("WeightNorm takes and gives either kind of keys", async ({ gpu }) => {
  const weight = gpu.tensor(normal(24, 1), [4, 6]);
  const layer = new WeightNorm(gpu, { weight });
  const parametrized = await layer.stateDict({ keys: "parametrizations" });
  expect(Object.keys(parametrized)).toEqual(["parametrizations.weight.original0", "parametrizations.weight.original1"]);
  const copy = new WeightNorm(gpu, { shape: [4, 6] });
  copy.loadStateDict(parametrized);
  expect(await copy.stateDict()).toEqual(await layer.stateDict());
  expect(await copy.forward().w.read()).toEqual(await layer.forward().w.read());
  expect(() => copy.loadStateDict({ ...parametrized, weight_g: { shape: [4, 1], data: [1, 2, 3, 4] } })).toThrow(
    "WeightNorm.loadStateDict: unexpected parametrizations.weight.original0",
  );
});

gpuTest("a loaded BatchNorm in eval mode gives what the saved one gave", async ({ gpu }) => {
  const [norm, copy] = [new BatchNorm(gpu, { channels: 3 }), new BatchNorm(gpu, { channels: 3 })];
  const x = gpu.tensor(normal(60, 1, 5), [4, 3, 5]);
  norm.forward(x);
  copy.loadStateDict(readSafetensors(writeSafetensors(await norm.stateDict(), { format: "pt" })).tensors);
  norm.training = copy.training = false;
  expect(copy.numBatchesTracked).toBe(1);
  expect(await copy.forward(x).y.read()).toEqual(await norm.forward(x).y.read());
});

gpuTest("all tensors show the moment of the call, whatever is queued after it", async ({ gpu }) => {
  const norm = new BatchNorm(gpu, { channels: 3 });
  const state = norm.stateDict();
  norm.forward(gpu.tensor(normal(60, 1, 5), [4, 3, 5]));
  const found = await state;
  expect(found["running_mean"]!.data).toEqual(new Float32Array(3));
  expect(found["num_batches_tracked"]!.data).toEqual(BigInt64Array.of(0n));
});

gpuTest("a destroyed layer has no state", async ({ gpu }) => {
  const norm = new RMSNorm(gpu, { shape: 1 });
  const state = await norm.stateDict();
  norm.destroy();
  await expect(norm.stateDict()).rejects.toBeInstanceOf(TensorError);
  expect(() => norm.loadStateDict(state)).toThrow(TensorError);
});
