import fc from "fast-check";
import { describe, expect } from "vitest";
import * as layers from "../../src/index.ts";
import type { Activation, BackwardResult, Dtype, Gpu, Tensor } from "../../src/index.ts";
import { fromHalves, toHalves } from "../../src/core/half.ts";
import * as reference from "../../src/reference/index.ts";
import type { NdArray } from "../../src/reference/index.ts";
import { broadcastMap } from "../../src/reference/nd-array.ts";
import { expectWithin, expectWithinHalf } from "../bound.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { array } from "./backward-calls.ts";

const ACTIVATIONS: readonly Activation[] = ["none", "none", "silu", "gelu", "sigmoid", "tanh"];
const extent = fc.constantFrom<number[]>(1, 2, 3, 4, 5, 7, 8, 12, 16, 33, 49);
const dtype = fc.constantFrom<Dtype[]>("f32", "f32", "f16");

/** For each tensor beside x: absent, or which of x's axes it keeps; the others are 1. Leading ones may be dropped. */
const kept = fc.option(fc.record({ ones: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), drop: fc.boolean(), dtype }), { nil: null });

const asked = fc.record({
  shape: fc.array(extent, { minLength: 1, maxLength: 6 }).filter((shape) => size(shape) <= 60000),
  axes: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  kind: fc.constantFrom("layer", "rms", "batch", "eval", "group", "group nhwc", "instance", "instance nhwc"),
  gamma: kept,
  beta: kept,
  residual: kept,
  residualBias: kept,
  x: dtype,
  dy: dtype,
  dsum: fc.option(dtype, { nil: null }),
  activation: fc.constantFrom(...ACTIVATIONS),
  center: fc.boolean(),
  gammaOffset: fc.constantFrom(0, 1),
  offset: fc.constantFrom(0, 4, 16, 260),
  accumulate: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

type Asked = typeof asked extends fc.Arbitrary<infer Value> ? Value : never;
type Gradients = Partial<Record<keyof BackwardResult, ArrayLike<number>>>;

const NAMES = ["gamma", "beta", "residual", "residualBias"] as const;
type Name = (typeof NAMES)[number];

function size(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

const stored = ({ data, shape }: NdArray, type: Dtype): NdArray => ({ data: type === "f16" ? fromHalves(toHalves(data)) : data, shape });

interface Inputs {
  readonly x: NdArray;
  readonly dy: NdArray;
  readonly dsum: NdArray | null;
  readonly parameters: Partial<Record<Name, NdArray>>;
}

function inputsOf(one: Asked): Inputs {
  const { shape, seed } = one;
  const parameters: Partial<Record<Name, NdArray>> = {};
  NAMES.forEach((name, place) => {
    const wanted = one[name];
    if (!wanted) return;
    const full = shape.map((of, axis) => (wanted.ones[axis] ? 1 : of));
    const first = full.findIndex((of) => of !== 1);
    parameters[name] = stored(array(wanted.drop ? full.slice(Math.max(0, first)) : full, seed + place + 1, name === "gamma" ? 1 : 0, 0.7), wanted.dtype);
  });
  // What is added to x is given with dsum's gradient only where it broadcasts as NumPy does.
  const sums = one.dsum && parameters.residual && !parameters.residualBias;
  return {
    x: stored(array(shape, seed, 2, 3), one.x),
    dy: stored(array(shape, seed + 7, 0.3, 1), one.dy),
    dsum: sums ? stored(array(shape, seed + 8, 0.1, 1), one.dsum!) : null,
    parameters,
  };
}

/** Forward and backward of one layer, on the GPU and by the reference; null where the layer does not take such a shape. */
interface Call {
  readonly forward: (x: Tensor, more: object) => layers.ForwardResult;
  readonly backward: (dy: Tensor, saved: layers.Saved, more: object) => BackwardResult;
  readonly expected: (dy: NdArray, x: NdArray, parameters: object) => reference.NormBackward;
}

function callOf(gpu: Gpu, { shape, kind, activation, center, gammaOffset, ...one }: Asked): Call | null {
  const axes = [...shape.keys()].filter((axis) => one.axes[axis]);
  if (kind === "layer" || kind === "rms") {
    const args = { axes, activation, gammaOffset, ...(kind === "layer" && { center }) };
    const [forward, backward] = kind === "layer" ? [layers.layerNorm, layers.layerNormBackward] : [layers.rmsNorm, layers.rmsNormBackward];
    const gradients = kind === "layer" ? reference.layerNormBackward : reference.rmsNormBackward;
    return {
      forward: (x, more) => forward(gpu, x, { ...args, ...more }),
      backward: (dy, saved, more) => backward(gpu, dy, saved, { ...args, ...more }),
      expected: (dy, x, parameters) => gradients(dy, x, { axes, activation, ...(kind === "layer" && { center }), ...parameters, gammaShift: gammaOffset }),
    };
  }
  if (shape.length < 2) return null;
  if (kind === "batch" || kind === "eval") {
    const training = kind === "batch";
    const channels = size(axes.map((axis) => shape[axis]!));
    if (training && size(shape) === channels) return null;
    const [mean, variance] = [array([channels], one.seed + 11, 1), array([channels], one.seed + 12, 4, 0.3)];
    const args = { channelAxis: axes, activation };
    const fixed = training ? {} : { mean: gpu.tensor(mean.data), variance: gpu.tensor(variance.data) };
    return {
      forward: (x, more) => layers.batchNorm(gpu, x, { ...args, ...more, training, ...fixed }),
      backward: (dy, saved, more) => layers.batchNormBackward(gpu, dy, saved, { ...args, ...more }),
      expected: (dy, x, parameters) =>
        reference.batchNormBackward(dy, x, { ...args, ...parameters, training, ...(!training && { mean: mean.data, variance: variance.data }) }),
    };
  }
  const layout = kind.endsWith("nhwc") ? ("nhwc" as const) : ("nchw" as const);
  if (kind.startsWith("instance")) {
    const args = { layout, activation };
    if (shape.length < 3) return null;
    return {
      forward: (x, more) => layers.instanceNorm(gpu, x, { ...args, ...more }),
      backward: (dy, saved, more) => layers.instanceNormBackward(gpu, dy, saved, { ...args, ...more }),
      expected: (dy, x, parameters) => reference.instanceNormBackward(dy, x, { ...args, ...parameters }),
    };
  }
  const channels = layout === "nchw" ? shape[1]! : shape.at(-1)!;
  const args = { groups: [channels, 4, 3, 2, 1].filter((count) => channels % count === 0).at(one.seed % 2)!, layout, activation };
  return {
    forward: (x, more) => layers.groupNorm(gpu, x, { ...args, ...more }),
    backward: (dy, saved, more) => layers.groupNormBackward(gpu, dy, saved, { ...args, ...more }),
    expected: (dy, x, parameters) => reference.groupNormBackward(dy, x, { ...args, ...parameters }),
  };
}

/** A tensor amid other people's values. */
function amid(gpu: Gpu, shape: readonly number[], type: Dtype, offset: number): Tensor {
  const bytes = size(shape) * (type === "f16" ? 2 : 4);
  const device = gpu.device as GPUDevice;
  const buffer = device.createBuffer({
    size: offset + Math.ceil(bytes / 4) * 4 + 64,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
  });
  device.queue.writeBuffer(buffer, 0, new Uint8Array(buffer.size).fill(0x35));
  return gpu.wrap(buffer, shape, { offset, dtype: type });
}

/** True where all bytes before and after the tensor are as `amid` left them. */
async function leavesOthers(gpu: Gpu, tensor: Tensor): Promise<boolean> {
  const buffer = tensor.buffer as GPUBuffer;
  const bytes = new Uint8Array((await gpu.wrap(buffer, [buffer.size / 4]).read()).buffer);
  const end = tensor.offset + tensor.byteLength;
  return bytes.every((byte, i) => byte === 0x35 || (i >= tensor.offset && i < end));
}

function withDsum(gradients: reference.NormBackward, { x, dsum, parameters }: Inputs): Gradients {
  const flat: Record<string, Float64Array> = {};
  for (const [name, value] of Object.entries(gradients)) flat[name] = Float64Array.from("data" in value ? value.data : value);
  if (!dsum) return flat;
  const map = broadcastMap(parameters.residual!.shape, x.shape, "residual", "test");
  for (let i = 0; i < map.length; i++) {
    flat["dx"]![i]! += dsum.data[i]!;
    flat["dresidual"]![map[i]!]! += dsum.data[i]!;
  }
  return flat;
}

const ADDED_UP = new Set(["dgamma", "dbeta", "dresidualBias"]);

async function check(gpu: Gpu, one: Asked): Promise<void> {
  const call = callOf(gpu, one);
  if (!call) return;
  const inputs = inputsOf(one);
  const made: Tensor[] = [];
  const place = ({ data, shape }: NdArray, type: Dtype): Tensor => {
    const tensor = amid(gpu, shape, type, one.offset);
    tensor.write(data);
    made.push(tensor);
    return tensor;
  };
  const tensors = Object.fromEntries(Object.entries(inputs.parameters).map(([name, of]) => [name, place(of, one[name as Name]!.dtype)]));
  // The sum is stored as f32: its rounding is the caller's choice.
  const forward = call.forward(place(inputs.x, one.x), { ...tensors, dtype: "f32" });
  const saved = forward.saved!;
  const dy = place(inputs.dy, one.dy);
  const dsum = inputs.dsum && place(inputs.dsum, one.dsum!);
  const { gamma, beta } = tensors;
  const first = call.backward(dy, saved, { gamma, beta, dsum });
  const wanted = withDsum(call.expected(inputs.dy, inputs.x, inputs.parameters), inputs);
  expect(Object.keys(first).toSorted()).toEqual(Object.keys(wanted).toSorted());
  for (const [name, values] of Object.entries(wanted)) await within(first[name as keyof BackwardResult]!, values, name);
  await repeated(gpu, { one, first, again: (more) => call.backward(dy, saved, { gamma, beta, dsum, ...more }) });
  for (const tensor of made) (tensor.buffer as GPUBuffer).destroy();
  for (const tensor of [forward.y, forward.sum, saved, ...Object.values(first)]) tensor?.destroy();
}

async function within(tensor: Tensor, values: ArrayLike<number>, name: string): Promise<void> {
  const found = await tensor.read();
  if (tensor.dtype === "f16") expectWithinHalf(found, values, name);
  else expectWithin(found, values, name);
}

/** The same call into other people's buffers: the same bits, or added to what stood there; and nothing beside them. */
async function repeated(gpu: Gpu, { one, first, again }: { one: Asked; first: BackwardResult; again: (more: object) => BackwardResult }): Promise<void> {
  const out: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(first)) {
    if (name === "dresidual" && tensor === first.dx) continue;
    out[name] = amid(gpu, tensor.shape, tensor.dtype, one.offset);
    if (one.accumulate && ADDED_UP.has(name)) out[name].write(new Float32Array(tensor.size).fill(0.5));
  }
  again({ out, accumulate: one.accumulate });
  for (const [name, tensor] of Object.entries(out)) {
    const [before, values] = [await first[name as keyof BackwardResult]!.read(), await tensor.read()];
    if (one.accumulate && ADDED_UP.has(name)) {
      expectWithin(
        values,
        Float64Array.from(before, (value) => value + 0.5),
        `${name}, accumulated`,
      );
    } else if (one.offset % 16 === 0) expect(values, `${name}, again`).toEqual(before);
    expect(await leavesOthers(gpu, tensor), `${name} leaves its neighbours alone`).toBe(true);
    (tensor.buffer as GPUBuffer).destroy();
  }
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  gpuTest(
    "backward of any shape, axes, parameters, dtypes and offsets agrees with the reference",
    async ({ gpu }) => {
      const property = fc.asyncProperty(asked, (one) => check(gpu, one));
      await fc.assert(property, { numRuns: fc.readConfigureGlobal().numRuns ?? 15, seed: 20261125, endOnFailure: true });
    },
    planAs,
  );
});
