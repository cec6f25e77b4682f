import { expect } from "vitest";
import { fromHalves, toHalves } from "../../src/core/half.ts";
import { sizeOf, type Shape } from "../../src/core/shape.ts";
import { layerNorm } from "../../src/index.ts";
import { layerNormForward } from "../../src/reference/index.ts";
import { expectWithinHalf } from "../bound.ts";
import { normal } from "../data.ts";
import type { Check, Mutant } from "./mutant.ts";

const NEIGHBOUR = 0x1234;

/** Rows in f16 beside a residual, with a gamma in f16, into a buffer in which a neighbour's half follows. x holds subnormal halves, the sum what no half can. */
const rows =
  (shape: Shape): Check =>
  async (gpu) => {
    const count = sizeOf(shape);
    const length = shape.at(-1)!;
    const buffer = (gpu.device as GPUDevice).createBuffer({ size: Math.ceil(count / 2) * 4, usage: 128 | 4 | 8 });
    (gpu.device as GPUDevice).queue.writeBuffer(buffer, 0, new Uint16Array(Math.ceil(count / 2) * 2).fill(NEIGHBOUR));
    const store = (values: Float32Array): Float32Array => fromHalves(toHalves(values));
    const data = store(normal(count, 3, 0, 3e-5));
    const residual = store(normal(count, 4, 0, 2e-5));
    data[1] = residual[1] = 60000;
    const gamma = store(normal(length, 5, 1));
    const given = { residual: gpu.tensor(residual, shape, { dtype: "f16" }), gamma: gpu.tensor(gamma, [length], { dtype: "f16" }) };
    const x = gpu.tensor(data, shape, { dtype: "f16" });
    const { y, sum } = layerNorm(gpu, x, { ...given, out: { y: gpu.wrap(buffer, shape, { dtype: "f16" }) }, eps: 0 });
    const wanted = layerNormForward({ data, shape }, { residual: { data: residual, shape }, gamma: { data: gamma, shape: [length] }, eps: 0 });
    expectWithinHalf(await y.read(), wanted.y);
    expectWithinHalf(await sum!.read(), wanted.sum, "sum");
    if (count % 2) expect((await gpu.wrap(buffer, [count + 1], { dtype: "f16" }).read({ raw: true })).at(-1)).toBe(NEIGHBOUR);
  };

const [odd, even] = [rows([5, 63]), rows([5, 64])];

/** Words that belong to two, and values past the largest half. */
const MUTANTS: readonly Mutant[] = [
  { file: "half", what: "forget the sign", line: "half | (bits & 0x80000000u)", wrong: "half", check: odd },
  { file: "half", what: "what is too large becomes infinite", line: "select(0x7f800000u, 0x477fe000u, saturates)", wrong: "0x7f800000u", check: even },
  { file: "narrow", what: "a neighbour's half is overwritten", line: "narrowed[at] & 0xffff0000u", wrong: "0u", check: odd },
];

export default MUTANTS;
