import { describe, expect } from "vitest";
import { sizeOf, type Shape } from "../../src/core/shape.ts";
import {
  type Gpu,
  LocalResponseNorm,
  localResponseNorm,
  localResponseNormBackward,
  LocalResponseSaved,
  OptionError,
  ShapeError,
  type LocalResponseNormMeaning,
} from "../../src/index.ts";
import { localResponseNormBackward as expectedBackward, localResponseNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const CASES: readonly (readonly [why: string, shape: Shape, options: LocalResponseNormMeaning])[] = [
  ["PyTorch's defaults", [2, 16, 6, 6], { size: 5 }],
  ["AlexNet's, odd positions", [2, 12, 5, 5], { size: 5, alpha: 1e-4, k: 2 }],
  ["strong, beta 0.75", [3, 9, 8], { size: 3, alpha: 5 }],
  ["beta 0.5, even, more before", [3, 9, 8], { size: 4, alpha: 5, beta: 0.5 }],
  ["beta 1, even, more after, channels last", [3, 5, 9], { size: 4, alpha: 5, beta: 1, evenWindow: "moreAfter", layout: "nhwc" }],
  ["beta 1.3, alpha not divided", [3, 9, 7], { size: 3, alpha: 5, beta: 1.3, alphaDivSize: false }],
  ["beta -0.6", [3, 9, 8], { size: 3, alpha: 5, beta: -0.6 }],
  ["beta 0", [3, 9, 8], { size: 3, beta: 0 }],
  ["[N, C]", [7, 33], { size: 7, alpha: 2 }],
  ["one channel", [5, 1, 12], { size: 3, alpha: 2 }],
  ["size 1", [5, 6, 12], { size: 1, alpha: 2 }],
  ["more window than channels", [4, 6, 20], { size: 31, alpha: 40 }],
  ["a window of hundreds of channels", [2, 700, 4], { size: 501, alpha: 40 }],
  ["k 0", [4, 6, 20], { size: 6, alpha: 2, k: 0 }],
  ["no sample", [0, 6, 4], { size: 3 }],
];

const DATA: Readonly<Record<string, (count: number, seed: number) => Float32Array>> = {
  "std 1": (count, seed) => normal(count, seed, 0.2),
  "mean 1e4": (count, seed) => normal(count, seed, 1e4),
  "std 1e3": (count, seed) => normal(count, seed, 0, 1e3),
  "an outlier": (count, seed) => normal(count, seed).map((value, i) => (i % 50 === 7 ? 1e6 : value)),
};

async function check(gpu: Gpu, shape: Shape, options: LocalResponseNormMeaning, make: (count: number, seed: number) => Float32Array): Promise<void> {
  const [x, dy] = [make(sizeOf(shape), 1), normal(sizeOf(shape), 2, 0.5)];
  const { y, saved } = localResponseNorm(gpu, gpu.tensor(x, shape), options);
  const { dx } = localResponseNormBackward(gpu, gpu.tensor(dy, shape), saved!);
  expectWithin(await y.read(), localResponseNormForward({ data: x, shape }, options).y);
  expectWithin(await dx.read(), expectedBackward({ data: dy, shape }, { data: x, shape }, options).dx, "dx");
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const [why, shape, options] of CASES) {
    gpuTest(`[${shape.join(", ")}], ${why}`, ({ gpu }) => check(gpu, shape, options, DATA["std 1"]!), planAs);
  }
});

for (const [name, make] of Object.entries(DATA)) {
  for (const beta of [0.5, 0.75, 0.9, 1]) {
    gpuTest(`${name}, beta ${beta}`, ({ gpu }) => check(gpu, [2, 20, 11], { size: 5, beta, alpha: 1 }, make));
  }
}

gpuTest("a window of zeros with k 0 gives 0, and NaN stays in the windows that hold it", async ({ gpu }) => {
  const options = { size: 3, k: 0, alpha: 3, beta: 0.5, layout: "nhwc" as const };
  const x = gpu.tensor([0, 0, 0, 2, Number.NaN, 2, 2, 2], [1, 8]);
  const values = await localResponseNorm(gpu, x, options).y.read();
  expect(values.slice(0, 2)).toEqual(new Float32Array([0, 0]));
  expect(values.slice(2).map((value) => Number(Number.isNaN(value)))).toEqual(new Float32Array([0, 1, 1, 1, 0, 0]));
});

gpuTest("the class: out takes earlier results, batch and prepare work, saved may be left out, f16 stays f16", async ({ gpu }) => {
  const shape = [2, 6, 8];
  const norm = new LocalResponseNorm(gpu, { size: 3, alpha: 2 });
  await norm.prepare(shape);
  const values = normal(96, 1);
  const x = gpu.tensor(values, shape);
  const wanted = localResponseNormForward({ data: values, shape }, norm.options).y;
  const first = norm.forward(x);
  const { dx } = norm.backward(x, first.saved!);
  const before = await dx.read();
  const again = gpu.batch(() => {
    const { y } = norm.forward(x, { out: first });
    return { y, dx: norm.backward(x, first.saved!, { out: { dx } }).dx };
  });
  expect(again.y).toBe(first.y);
  expect(again.dx).toBe(dx);
  expectWithin(await again.y.read(), wanted);
  expect(await dx.read()).toEqual(before);
  expect(norm.forward(x, { saved: false }).saved).toBeUndefined();
  expect(norm.parameters()).toEqual({});
  const half = norm.forward(gpu.tensor(values, shape, { dtype: "f16" }));
  expect(half.y.dtype).toBe("f16");
  expectWithin(await half.y.read(), wanted, "y in f16", 2 ** -9);
  expectWithin(await norm.backward(x, half.saved!).dx.read(), before, "dx in f16", 2 ** -8);
  norm.destroy();
});

gpuTest("what does not fit is refused by name", async ({ gpu }) => {
  const x = gpu.empty([2, 6, 4]);
  const refused = (call: () => unknown, error: new (message: string) => Error, message: string): void => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  };
  refused(() => new LocalResponseNorm(gpu, { size: 0 }), OptionError, "LocalResponseNorm: size is 0; wanted a whole number from 1");
  refused(() => new LocalResponseNorm(gpu, { size: 1, layout: "chw" as never }), OptionError, 'LocalResponseNorm: layout is chw; wanted "nchw" or "nhwc"');
  refused(() => localResponseNorm(gpu, x, { size: 1, alpha: -1 }), OptionError, "localResponseNorm: alpha is -1; wanted a finite number from 0");
  refused(() => localResponseNorm(gpu, x, { size: 1, k: 1e39 }), OptionError, "localResponseNorm: k is 1e+39; wanted a finite number from 0");
  refused(() => localResponseNorm(gpu, x, { size: 1, beta: Number.NaN }), OptionError, "localResponseNorm: beta is NaN; wanted a finite number");
  refused(() => localResponseNorm(gpu, x, { size: 2, evenWindow: "left" as never }), OptionError, "localResponseNorm: evenWindow is left");
  const norm = new LocalResponseNorm(gpu, { size: 3 });
  refused(() => norm.forward(gpu.empty([6])), ShapeError, "LocalResponseNorm.forward: x is [6]; it needs a batch axis and a channel axis");
  refused(() => norm.forward(x, { out: { y: gpu.empty([2, 6]) } }), ShapeError, "LocalResponseNorm.forward: out.y is [2, 6]; it must have x's shape [2, 6, 4]");
  refused(() => norm.backward(x, undefined as never), OptionError, "LocalResponseNorm.backward: saved is undefined");
  const saved = new LocalResponseSaved(x, { size: 3 });
  refused(() => norm.backward(gpu.empty([6]), saved), ShapeError, "LocalResponseNorm.backward: dy is [6]; it must have x's shape [2, 6, 4]");
  refused(() => norm.backward(gpu.empty([2, 6, 4]), saved, { out: { dx: x } }), Error, "lie in the same GPUBuffer");
});
