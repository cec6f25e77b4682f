import { sizeOf, type Shape } from "../../src/core/shape.ts";
import { lpNorm, lpNormBackward } from "../../src/index.ts";
import { normal } from "../data.ts";
import { expectedOf, expectGroups, expectNorms } from "../layers/p-norm-expected.ts";
import { expectWeightNorm } from "../layers/weight-norm-check.ts";
import type { Check, Mutant } from "./mutant.ts";

/** Weight norm of a weight whose norms lie along axis `dim`, forward and backward. */
function weights(shape: Shape, dim: number): Check {
  const [x, dy, g] = [normal(sizeOf(shape), 1, 0.1), normal(sizeOf(shape), 2, 0.5), normal(shape[dim]!, 3, 1, 0.5)];
  const reduced = shape.map((_, axis) => axis).filter((axis) => axis !== dim);
  return (gpu) => expectWeightNorm(gpu, { x, dy, g, shape, reduced }, dim);
}

/** Rows by their p-norm, forward and backward. */
function powers(p: number, length: number, make: (values: Float32Array) => Float32Array = (values) => values): Check {
  const [x, dy, shape] = [make(normal(40 * length, 1)), normal(40 * length, 2), [40, length]];
  const wanted = expectedOf({ x, dy, shape, reduced: [1], p });
  return async (gpu) => {
    const { y, saved } = lpNorm(gpu, gpu.tensor(x, shape), { p });
    expectGroups(await y.read(), wanted.y, wanted.groups, "y");
    expectNorms(await saved!.norm.read(), wanted.groups);
    expectGroups(await lpNormBackward(gpu, gpu.tensor(dy, shape), saved!).dx.read(), wanted.dx, wanted.groups, "dx");
  };
}

const rows = weights([70, 516], 0);
const columns = weights([37, 600], 1);
const runs = weights([5, 6, 200], 1);
const fewColumns = weights([700, 12], 1);

const MUTANTS: readonly Mutant[] = [
  {
    file: "p-norm-row",
    what: "drop a lane: the second that is held is not summed",
    line: "if (HELD > 1u) { sum += terms(h1, unit); }",
    wrong: "",
    check: rows,
    as: "a GPU with subgroups",
  },
  {
    file: "p-norm-row",
    what: "skip the last column",
    line: "i < min(begin + part, outer_end); i +=",
    wrong: "i + 1u < min(begin + part, outer_end); i +=",
    check: rows,
  },
  { file: "p-norm-row", what: "forget g", line: "factor *= g[params.g_offset + index];", wrong: "factor *= 1.0;", check: rows },
  {
    file: "p-norm-row-backward",
    what: "forget that v's direction has no gradient",
    line: "let dot = select(product, 0.0, own < params.eps);",
    wrong: "let dot = 0.0;",
    check: rows,
  },
  {
    file: "p-norm-row-backward",
    what: "drop a lane: the first that is held is not summed",
    line: "var sum = h0 * d0;",
    wrong: "var sum = Lane(0.0);",
    check: rows,
    as: "a GPU without subgroups",
  },
  {
    file: "p-norm-column",
    what: "skip the last of each chain",
    line: "r < min(part + CHAIN, outer_end); r++",
    wrong: "r + 1u < min(part + CHAIN, outer_end); r++",
    check: columns,
  },
  {
    file: "p-norm-column-backward",
    what: "skip the last of each chain",
    line: "r < min(part + CHAIN, outer_end); r++",
    wrong: "r + 1u < min(part + CHAIN, outer_end); r++",
    check: columns,
  },
  { file: "p-norm-column-backward", what: "forget g", line: "* (rest * factor) * scale;", wrong: "* rest * scale;", check: columns },
  { file: "p-norm-slices", what: "a plane's sum replaces those before", line: "sum += chain;", wrong: "sum = chain;", check: runs },
  {
    file: "p-norm-merge",
    what: "no merge of one slice",
    line: "chain += partials[at];",
    wrong: "if (i + 1u < count) { chain += partials[at]; }",
    check: fewColumns,
  },
  {
    file: "p-norm-merge",
    what: "slices are not brought to one scale",
    line: "* lane_first(terms_of(Lane(own), Lane(unit.x), Lane(unit.y), params.power));",
    wrong: "* 1.0;",
    check: fewColumns,
  },
  { file: "p-norm-apply", what: "forget that v's direction has no gradient", line: " - product * slope_of(h * rest, params.slope)", wrong: "", check: runs },
  { file: "power", what: "a coefficient of the logarithm", line: "zz * (0.96179669", wrong: "zz * (0.96379669", check: powers(3, 77) },
  {
    file: "power",
    what: "values are squared as they are",
    line: "bitcast<f32>((254u - clamp(bitcast<u32>(largest) >> 23u, 1u, 253u)) << 23u)",
    wrong: "1.0",
    check: powers(2, 77, (values) => values.map((value) => value * 1e-30)),
  },
  { file: "source.f32", what: "values a little too large", line: "return v;", wrong: "return v * 1.00002;", check: rows },
  {
    file: "result.f32",
    what: "values a little too large",
    line: "to_result(v: Lane) -> Result { return v; }",
    wrong: "to_result(v: Lane) -> Result { return v * 1.00002; }",
    check: rows,
  },
  {
    file: "team.subgroup",
    what: "a largest value of one's own",
    line: "return subgroupMax(v);",
    wrong: "return v;",
    check: powers(3, 96),
    as: "a GPU with subgroups",
  },
  {
    file: "lane.4",
    what: "drop a lane: the largest of three",
    line: "max(max(v.x, v.y), max(v.z, v.w))",
    wrong: "max(max(v.x, v.y), v.z)",
    check: powers(2, 96, (values) => values.map((value, i) => (i % 96 === 3 ? 1e30 : value))),
  },
];

export default MUTANTS;
