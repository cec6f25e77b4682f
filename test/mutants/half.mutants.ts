import { layerNorm } from "../../src/index.ts";
import { layerNormForward } from "../../src/reference/index.ts";
import { expectWithinHalf } from "../bound.ts";
import { normal } from "../data.ts";
import type { Check, Mutant } from "./mutant.ts";

/** LayerNorm of halves of this size, with gamma in halves too. */
function halves(length: number, size = 1): Check {
  const shape = [7, length];
  const eps = size * size * 0.3;
  return async (gpu) => {
    const x = gpu.tensor(
      normal(7 * length, 3, 2).map((value) => value * size),
      shape,
      { dtype: "f16" },
    );
    const gamma = gpu.tensor(normal(length, 4, 1), [length], { dtype: "f16" });
    const { y } = layerNorm(gpu, x, { gamma, eps });
    const wanted = layerNormForward({ data: await x.read(), shape }, { gamma: { data: await gamma.read(), shape: [length] }, eps });
    expectWithinHalf(await y.read(), wanted.y);
  };
}

const [even, odd, small] = [halves(516), halves(131), halves(516, 2e-5)];

/** Halves in words: what devices without f16 use. */
const MUTANTS: readonly Mutant[] = [
  { file: "narrow", what: "the second half of a word is lost", line: "SATURATES) << 16u;", wrong: "SATURATES);", check: odd },
  {
    file: "narrow",
    what: "drop the last value of odd many",
    line: "if (i >= params.count) { return; }",
    wrong: "if (i + 1u >= params.count) { return; }",
    check: odd,
  },
  {
    file: "widen",
    what: "skip the last value",
    line: "if (team >= params.count) { return; }",
    wrong: "if (team + 1u >= params.count) { return; }",
    check: odd,
  },
  { file: "half", what: "values are cut, not rounded", line: " + 0xfffu + ((magnitude >> 13u) & 1u)", wrong: "", check: even },
  {
    file: "half",
    what: "the exponent of small halves",
    line: "f32(magnitude) * 5.9604644775390625e-8",
    wrong: "f32(magnitude) * 2.98023223876953125e-8",
    check: small,
  },
  { file: "source.packed.4", what: "drop a lane: the fourth is the third", line: "half_value(v.y >> 16u)", wrong: "half_value(v.y)", check: even },
  { file: "source.packed.1", what: "odd values are their neighbours", line: "(i & 1u) << 4u", wrong: "0u", check: odd },
  { file: "result.packed.4", what: "drop a lane: the fourth is the third", line: "two_halves(v.z, v.w)", wrong: "two_halves(v.z, v.z)", check: even },
];

export default MUTANTS;
