import { sizeOf, type Shape } from "../../src/core/shape.ts";
import {
  WEIGHT_STANDARDIZATION_FORMS,
  weightNormAll,
  weightNormAllBackward,
  weightStandardizationAll,
  weightStandardizationAllBackward,
  type Gpu,
  type Pack,
  type WeightStandardizationOptions,
} from "../../src/index.ts";
import { weightNormBackward, weightNormForward, weightStandardizationBackward, weightStandardizationForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";

interface Network {
  readonly shapes: readonly Shape[];
  readonly v: readonly Float32Array[];
  readonly dw: readonly Float32Array[];
  /** A factor for each row of each weight. */
  readonly factors: readonly Float32Array[];
}

/** Weights as networks have them; of size 1 where a row has two values: of its gradient nothing but rounding is left, at the size of dw / std. */
const weights = (count: number, seed: number): Float32Array => normal(count, seed, 0.02, count <= 2 ? 1 : 0.05);

export function network(shapes: readonly Shape[], dim: 0 | -1 = 0, v = weights): Network {
  return {
    shapes,
    v: shapes.map((shape, i) => v(sizeOf(shape), i + 1)),
    dw: shapes.map((shape, i) => normal(sizeOf(shape), i + 101, 0.5)),
    factors: shapes.map((shape, i) => normal(shape.at(dim)!, i + 201, 1, 0.2)),
  };
}

export const packed = (gpu: Gpu, shapes: readonly Shape[], values: readonly Float32Array[]): Pack =>
  gpu.pack(shapes.map((shape, i) => ({ shape, values: values[i]! })));
const lines = (values: readonly Float32Array[]): Shape[] => values.map(({ length }) => [length]);

export type Form = keyof typeof WEIGHT_STANDARDIZATION_FORMS;

/** Every `every`th weight of a pack against the reference, forward and backward. */
export async function expectStandardized(
  gpu: Gpu,
  { shapes, v, dw, factors }: Network,
  form: Form,
  given: WeightStandardizationOptions = {},
  every = 1,
): Promise<void> {
  const gains = WEIGHT_STANDARDIZATION_FORMS[form].gain ? packed(gpu, lines(factors), factors) : null;
  const result = weightStandardizationAll(gpu, packed(gpu, shapes, v), { form, gain: gains, ...given });
  const gradients = weightStandardizationAllBackward(gpu, packed(gpu, shapes, dw), result.saved!);
  const { gain: _, byFanIn, ...options } = WEIGHT_STANDARDIZATION_FORMS[form];
  const dgain = gradients.dgain as Pack | undefined;
  for (const [i, shape] of shapes.entries()) {
    if (i % every) continue;
    const args = {
      ...options,
      dim: given.layout === "hwio" ? -1 : 0,
      ...(gains && { gain: { data: factors[i]!, shape: [factors[i]!.length] } }),
      ...(byFanIn && { gamma: given.gainScale ?? 1 }),
    };
    const weight = { data: v[i]!, shape };
    const what = `${form} [${shape.join(", ")}]`;
    expectWithin(await result.w.tensors[i]!.read(), weightStandardizationForward(weight, args).w, `w of ${what}`);
    const wanted = weightStandardizationBackward({ data: dw[i]!, shape }, weight, args);
    expectWithin(await gradients.dv.tensors[i]!.read(), wanted.dv, `dv of ${what}`);
    if (dgain) expectWithin(await dgain.tensors[i]!.read(), wanted.dgain!.data, `dgain of ${what}`);
  }
}

/** Likewise by its norms. */
export async function expectNormed(gpu: Gpu, { shapes, v, dw, factors }: Network, dim: number | null = 0): Promise<void> {
  const g = dim === null ? factors.map((own) => own.slice(0, 1)) : factors;
  const result = weightNormAll(gpu, packed(gpu, shapes, v), { g: packed(gpu, lines(g), g), dim });
  const { dv, dg } = weightNormAllBackward(gpu, packed(gpu, shapes, dw), result.saved!);
  for (const [i, shape] of shapes.entries()) {
    const args = { g: { data: g[i]!, shape: [g[i]!.length] }, dim };
    const weight = { data: v[i]!, shape };
    expectWithin(await result.w.tensors[i]!.read(), weightNormForward(weight, args).w, `w of [${shape.join(", ")}]`);
    const wanted = weightNormBackward({ data: dw[i]!, shape }, weight, args);
    expectWithin(await dv.tensors[i]!.read(), wanted.dv, `dv of [${shape.join(", ")}]`);
    expectWithin(await (dg as Pack).tensors[i]!.read(), wanted.dg.data, `dg of [${shape.join(", ")}]`);
  }
}

/** Rows of odd length, long rows, few and many rows, weights of every rank. */
export const ODD: readonly Shape[] = [
  [5, 3, 3, 3],
  [70, 33],
  [3, 20000],
  [1, 2],
  [12, 64, 1, 1],
  [2, 3, 5, 7, 2],
];
export const EVEN: readonly Shape[] = [
  [8, 4, 3, 3],
  [64, 128],
  [7, 516],
  [3, 4],
];
