import fc from "fast-check";
import { describe } from "vitest";
import { layerNorm, rmsNorm, batchNorm, groupNorm, type Activation, type Gpu, type Tensor } from "../../src/index.ts";
import { batchNormForward, groupNormForward, layerNormForward, rmsNormForward, type NdArray, type NormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const ACTIVATIONS: readonly Activation[] = ["none", "none", "relu", "silu", "gelu", "tanh"];
const extent = fc.constantFrom<number[]>(1, 2, 3, 4, 5, 7, 8, 12, 16, 33);

/** For each tensor beside x: absent, or which of x's axes it keeps; the others are 1. Leading ones may be dropped. */
const kept = fc.option(fc.record({ ones: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), drop: fc.boolean() }), { nil: null });

const asked = fc.record({
  shape: fc.array(extent, { minLength: 1, maxLength: 5 }),
  axes: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  reversed: fc.boolean(),
  kind: fc.constantFrom("layer", "rms", "batch", "group", "group nhwc"),
  gamma: kept,
  beta: kept,
  residual: kept,
  residualBias: kept,
  activation: fc.constantFrom(...ACTIVATIONS),
  center: fc.boolean(),
  offset: fc.constantFrom(0, 4, 16, 260),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

type Asked = typeof asked extends fc.Arbitrary<infer Value> ? Value : never;

const NAMES = ["gamma", "beta", "residual", "residualBias"] as const;

function arrays({ shape, seed, ...asks }: Asked): { x: NdArray; parameters: Partial<Record<(typeof NAMES)[number], NdArray>> } {
  const size = (of: readonly number[]): number => of.reduce((a, b) => a * b, 1);
  const parameters: Partial<Record<(typeof NAMES)[number], NdArray>> = {};
  NAMES.forEach((name, place) => {
    const wanted = asks[name];
    if (!wanted) return;
    const full = shape.map((of, axis) => (wanted.ones[axis] ? 1 : of));
    const first = wanted.drop
      ? Math.max(
          0,
          full.findIndex((of) => of !== 1),
        )
      : 0;
    const own = full.slice(first);
    parameters[name] = { data: normal(size(own), seed + place + 1, name === "gamma" ? 1 : 0, 0.7), shape: own };
  });
  return { x: { data: normal(size(shape), seed, 2, 3), shape }, parameters };
}

/** The call on the GPU and the reference's answer; null where the layer does not take such a shape. */
function both(gpu: Gpu, one: Asked): { y: Tensor; expected: NormForward } | null {
  const { shape, kind, activation, center } = one;
  const { x, parameters } = arrays(one);
  const place = ({ data, shape: own }: NdArray): Tensor => {
    const buffer = (gpu.device as GPUDevice).createBuffer({
      size: one.offset + data.length * 4 + 64,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    const tensor = gpu.wrap(buffer, own, { offset: one.offset });
    tensor.write(data);
    return tensor;
  };
  const tensors = Object.fromEntries(Object.entries(parameters).map(([name, array]) => [name, place(array)]));
  const chosen = shape.map((_, axis) => axis).filter((axis) => one.axes[axis]);
  const axes = one.reversed ? chosen.toReversed() : chosen;
  if (kind === "layer")
    return {
      y: layerNorm(gpu, place(x), { ...tensors, axes, activation, center }).y,
      expected: layerNormForward(x, { ...parameters, axes, activation, center }),
    };
  if (kind === "rms")
    return { y: rmsNorm(gpu, place(x), { ...tensors, axes, activation }).y, expected: rmsNormForward(x, { ...parameters, axes, activation }) };
  if (shape.length < 2) return null;
  if (kind === "batch") {
    const args = { training: true, channelAxis: chosen, activation };
    const others = shape.filter((_, axis) => !chosen.includes(axis));
    if (others.reduce((a, b) => a * b, 1) === 1) return null;
    return { y: batchNorm(gpu, place(x), { ...tensors, ...args }).y, expected: batchNormForward(x, { ...parameters, ...args }) };
  }
  const layout = kind === "group" ? ("nchw" as const) : ("nhwc" as const);
  const channels = layout === "nchw" ? shape[1]! : shape.at(-1)!;
  const groups = [4, 3, 2, 1].find((count) => channels % count === 0)!;
  const args = { groups, layout, activation };
  return { y: groupNorm(gpu, place(x), { ...tensors, ...args }).y, expected: groupNormForward(x, { ...parameters, ...args }) };
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  gpuTest(
    "any shape, axes, parameters and offsets agree with the reference",
    async ({ gpu }) => {
      const property = fc.asyncProperty(asked, async (one) => {
        const found = both(gpu, one);
        if (found) expectWithin(await found.y.read(), found.expected.y);
      });
      await fc.assert(property, { numRuns: fc.readConfigureGlobal().numRuns ?? 150, seed: 20261124, endOnFailure: false });
    },
    planAs,
  );
});
