import { describe, expect } from "vitest";
import { sizeOf, type Shape } from "../../src/core/shape.ts";
import { WEIGHT_STANDARDIZATION_FORMS, WeightStandardization, weightStandardization, type WeightStandardizationOptions } from "../../src/index.ts";
import { layerNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { FAMILIES, HOSTILE, normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const forms = Object.keys(WEIGHT_STANDARDIZATION_FORMS) as (keyof typeof WEIGHT_STANDARDIZATION_FORMS)[];

/** w by the formula, in float64, from the reference's mean and variance. */
function expected(data: Float32Array, shape: Shape, dim: number, form: (typeof forms)[number], gain: Float32Array | null): Float64Array {
  const { correction, eps, epsMode, byFanIn } = WEIGHT_STANDARDIZATION_FORMS[form];
  const axes = [...shape.keys()].filter((axis) => axis !== dim);
  const { mean, variance } = layerNormForward({ data, shape }, { axes });
  const count = data.length / shape[dim]!;
  const inner = sizeOf(shape.slice(dim + 1));
  return Float64Array.from(data, (value, i) => {
    const channel = Math.floor(i / inner) % shape[dim]!;
    const own = correction ? (variance[channel]! * count) / (count - 1) : variance[channel]!;
    const divisor = epsMode === "outsideStd" ? Math.sqrt(own) + eps : Math.sqrt(own + eps);
    const scale = (gain?.[channel] ?? 1) / (byFanIn ? Math.sqrt(count) : 1);
    return own === 0 ? 0 : ((value - mean[channel]!) / divisor) * scale;
  });
}

/** Conv, grouped conv, pointwise, linear, recurrent, 1-D and 3-D conv weights, one output, many. */
const SHAPES: readonly Shape[] = [
  [64, 3, 7, 7],
  [6, 2, 3, 3],
  [37, 64, 1, 1],
  [10, 84],
  [4 * 20, 20],
  [5, 3, 5],
  [4, 2, 3, 3, 3],
  [1, 16, 3, 3],
  [300, 12],
  [2, 9, 64],
];

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const form of forms) {
    gpuTest(
      `weights of any rank, output channels first and last: ${form}`,
      async ({ gpu }) => {
        for (const shape of SHAPES) {
          for (const layout of ["oihw", "hwio"] as const) {
            const dim = layout === "oihw" ? 0 : shape.length - 1;
            const data = normal(sizeOf(shape), 7, 0.3, 0.05);
            const channels = shape[dim]!;
            const gain = WEIGHT_STANDARDIZATION_FORMS[form].gain ? normal(channels, 8, 1, 0.3) : null;
            const { w, saved } = weightStandardization(gpu, gpu.tensor(data, shape), { form, layout, gain: gain && gpu.tensor(gain) });
            expectWithin(await w.read(), expected(data, shape, dim, form, gain), `w of [${shape.join(", ")}] ${layout}`);
            expect(saved!.mean!.shape).toEqual([channels]);
          }
        }
      },
      planAs,
    );
  }

  gpuTest(
    "every family of data",
    async ({ gpu }) => {
      for (const make of [...Object.values(FAMILIES), ...Object.values(HOSTILE)]) {
        for (const length of [2, 27, 576, 4608]) {
          const data = new Float32Array(6 * length);
          for (let row = 0; row < 6; row++) data.set(make(length, row + 1), row * length);
          const shape = [6, length];
          expectWithin(await weightStandardization(gpu, gpu.tensor(data, shape)).w.read(), expected(data, shape, 0, "article", null));
        }
      }
    },
    planAs,
  );

  gpuTest(
    "an output whose weights are all equal becomes exactly 0, whatever the form",
    async ({ gpu }) => {
      const data = new Float32Array(5 * 27).map((_value, i) => [0, 0.1, -3.7, 1e4, 1e-20][Math.floor(i / 27)]!);
      for (const form of forms) expect(await weightStandardization(gpu, gpu.tensor(data, [5, 27]), { form }).w.read()).toEqual(new Float32Array(135));
      const options: WeightStandardizationOptions = { eps: 0 };
      expect(await weightStandardization(gpu, gpu.tensor(data, [5, 27]), options).w.read()).toEqual(new Float32Array(135));
    },
    planAs,
  );
});

gpuTest("the class: its gain, its channels, a plan, a call that is prepared, out", async ({ gpu }) => {
  const norm = new WeightStandardization(gpu, { form: "timmScaled", channels: 8, gainScale: 1.7 });
  expect(Object.keys(norm.parameters())).toEqual(["gain"]);
  const shape = [8, 4, 3, 3];
  const data = normal(sizeOf(shape), 3);
  await norm.prepare(shape);
  expect(norm.plan(shape).dispatches).toHaveLength(1);
  const v = gpu.tensor(data, shape);
  const first = norm.forward(v);
  const gain = new Float32Array(8).fill(1.7);
  expectWithin(await first.w.read(), expected(data, shape, 0, "timmScaled", gain));
  const second = norm.forward(v, { gain: gpu.tensor(new Float32Array(8).fill(2), [8, 1, 1, 1]), out: first });
  expect(second.w).toBe(first.w);
  expectWithin(await second.w.read(), expected(data, shape, 0, "timmScaled", gain.fill(3.4)));
  expect(norm.forward(v, { saved: false }).saved).toBeUndefined();
  norm.destroy();
  expect(() => norm.forward(v)).toThrow("gain was destroyed");
});

gpuTest("what is refused, before any GPU work", async ({ gpu }) => {
  const v = gpu.tensor(normal(24, 1), [4, 3, 2]);
  const call =
    (options: object, weight = v) =>
    () =>
      weightStandardization(gpu, weight, options);
  expect(call({}, gpu.tensor([1, 2, 3], [3, 1]))).toThrow("weightStandardization: v is [3, 1]; its 3 output channels hold one value each");
  expect(call({ correction: 0 }, gpu.tensor([1, 2, 3], [3, 1]))).not.toThrow();
  expect(call({}, gpu.tensor([1], []))).toThrow("v is []; it needs an axis of output channels");
  expect(call({}, gpu.empty([3, 0]))).toThrow("its 3 output channels hold no value");
  expect(call({ gain: gpu.tensor([1, 2, 3]) })).toThrow("gain is [3]; v is [4, 3, 2]: it must be [4] or [4, 1, 1]");
  expect(call({ out: { w: gpu.empty([4, 6]) } })).toThrow("out.w is [4, 6]; it must have v's shape [4, 3, 2]");
  expect(call({ form: "toString" })).toThrow("form is toString; wanted one of article");
  expect(call({ correction: 2 })).toThrow("correction is 2; wanted 0 or 1");
  expect(call({ epsMode: "outside" })).toThrow("epsMode is outside");
  expect(call({ layout: "nchw" })).toThrow('layout is nchw; wanted "oihw" or "hwio"');
  expect(call({ dim: 3 })).toThrow("axis is 3");
  expect(call({ eps: -1 })).toThrow("eps is -1");
  expect(call({ gainScale: NaN })).toThrow("gainScale is NaN");
  expect(() => new WeightStandardization(gpu, { gain: true })).toThrow("channels is undefined");
  const norm = new WeightStandardization(gpu, { channels: 5 });
  expect(() => norm.forward(v)).toThrow("WeightStandardization.forward: v is [4, 3, 2]; output channels (4) must equal 5");
});
