import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { expectedGradients, gpuGradients, type RowCase } from "../layers/row-gradients.ts";
import type { Check, Mutant } from "./mutant.ts";

/** Every gradient of a backward call over rows. */
const gradients =
  (testCase: RowCase): Check =>
  async (gpu) => {
    const [found] = await gpuGradients(gpu, testCase);
    for (const [name, values] of Object.entries(expectedGradients(testCase))) expectWithin(found![name as "dx"]!, values, name);
  };

// 102 rows: a CPU takes four at a time, and the last of a team are past the end.
const features = gradients({ shape: [102, 516], reduced: [1], gamma: [1], beta: [1], more: { hasDsum: true, accumulates: true } });
const curved = gradients({ shape: [70, 132], reduced: [1], gamma: [1], beta: [1], more: { activation: "silu" } });
const segments = gradients({ shape: [5, 3, 4, 260], reduced: [2, 3], gamma: [1, 2], beta: [1, 2], dy: normal(5 * 3 * 4 * 260, 2, 1e4) });
const large = gradients({ shape: [8, 4, 3, 700], reduced: [2, 3], gamma: [1, 2], beta: [1, 2] });
const far = gradients({ shape: [70, 516], reduced: [1], dy: normal(70 * 516, 2, 1e4) });
const small = gradients({ shape: [140, 500], reduced: [1], gamma: [1], beta: [1], planAs: { subgroupMinSize: 32, subgroupMaxSize: 32 } });

// Rows that a CPU holds in registers, whatever their number.
const asNarrow = { adapterClass: "software", batchInvariant: true } as const;
const narrow = gradients({ shape: [150, 7], reduced: [1], gamma: [1], beta: [1], planAs: asNarrow });
const narrowFar = gradients({ shape: [150, 7], reduced: [1], dy: normal(150 * 7, 2, 1e4), planAs: asNarrow });

const [subgroups, plain] = ["a GPU with subgroups", "a GPU without subgroups"] as const;

const MUTANTS: readonly Mutant[] = [
  {
    file: "row-backward",
    what: "skip the last lane of a row",
    line: "i < total; i += team_width(inv)",
    wrong: "i + 1u < total; i += team_width(inv)",
    check: features,
  },
  {
    file: "row-backward",
    what: "a row past the end counts",
    line: "finish(row3, slope3, start + 3u < end,",
    wrong: "finish(row3, slope3, true,",
    check: features,
  },
  { file: "row-backward", what: "forget the rows before", line: "select(partials[at], Lane(0.0), done == 0u)", wrong: "Lane(0.0)", check: features },
  { file: "row-backward", what: "drop a chain", line: "middle.second += chain.second;", wrong: "middle.second = chain.second;", check: features },
  {
    file: "row-backward-hold",
    what: "drop a lane: the second that is held is not summed",
    line: "if (HELD > 1u) { sums = add(sums, own1, row, i1, total); }",
    wrong: "",
    check: features,
    as: plain,
  },
  {
    file: "row-backward-hold",
    what: "forget dgamma of the second lane that is held",
    line: "if (HELD > 1u) { dgamma1 += own1.dgamma; dbeta1 += own1.dbeta; }",
    wrong: "if (HELD > 1u) { dbeta1 += own1.dbeta; }",
    check: features,
    as: plain,
  },
  {
    file: "row-backward-hold",
    what: "forget what is left where a subgroup is small",
    line: "add_kept(partial + k, own, done == 0u);",
    wrong: "add_kept(partial + k, own, true);",
    check: small,
    as: subgroups,
  },
  {
    file: "row-backward-narrow",
    what: "drop a lane: the third of four is not summed",
    line: "four.v2, own.c2, shift, k + 2u), row, four.v3",
    wrong: "four.v1, own.c2, shift, k + 2u), row, four.v3",
    check: narrow,
  },
  {
    file: "row-backward-narrow",
    what: "forget the rows before",
    line: "own.dgamma + value.d * xhat_of(row, value.x)",
    wrong: "value.d * xhat_of(row, value.x)",
    check: narrow,
  },
  {
    file: "row-backward-narrow",
    what: "take no mean for the shift",
    line: "opaque(start + lane_sum(all) * params.reciprocal, params.zero)",
    wrong: "0.0",
    check: narrowFar,
  },
  {
    file: "row-backward-narrow",
    what: "skip the last row of a team",
    line: "for (var index = first; index < end; index++)",
    wrong: "for (var index = first; index + 1u < end; index++)",
    check: narrow,
  },
  {
    file: "row-backward-segments",
    what: "forget that xhat of a segment does not add up to 0",
    line: "partials[at] = sums.y + added * sums.z;",
    wrong: "partials[at] = sums.y;",
    check: segments,
  },
  {
    file: "row-backward-segments",
    what: "skip the last lane of a segment",
    line: "for (; i < own.end; i += w)",
    wrong: "for (; i + 1u < own.end; i += w)",
    check: segments,
    as: subgroups,
  },
  {
    file: "row-backward-segments",
    what: "sum the third lane of four twice",
    line: "term(row, own, shift, i + 3u * w)",
    wrong: "term(row, own, shift, i + 2u * w)",
    check: large,
  },
  { file: "row-backward-segments", what: "skip the second lane of four", line: "finish(row, own, folded, i + w);", wrong: "", check: large },
  {
    file: "row-backward-segments",
    what: "forget the part of h that is not in dy - shift",
    line: "(far - slope.mean) * row.rstd",
    wrong: "(Lane(0.0) - slope.mean) * row.rstd",
    check: segments,
  },
  {
    file: "row-backward-segments",
    what: "forget that gamma changes",
    line: "let far = (g - gamma0) * shift;",
    wrong: "let far = 0.0;",
    check: segments,
    as: plain,
  },
  {
    file: "sum-partials",
    what: "skip the last of each chain",
    line: "r < min(part + CHAIN, outer_end); r++",
    wrong: "r + 1u < min(part + CHAIN, outer_end); r++",
    check: features,
  },
  {
    file: "sum-partials",
    what: "no merge of one slice",
    line: "min(params.rows_per_slice, params.count - first)",
    wrong: "min(params.rows_per_slice, params.count - first) - 1u",
    check: features,
  },
  {
    file: "sum-partials",
    what: "forget what stands there",
    line: "*own = select(Lane(0.0), *own, ACCUMULATES) + total * params.gamma_scale;",
    wrong: "*own = total * params.gamma_scale;",
    check: features,
  },
  { file: "row-gradient", what: "forget the mean of e", line: "((e - slope.mean) - direction", wrong: "(e - direction", check: features },
  { file: "row-gradient", what: "forget the shift of dy", line: "return lane_opaque(d - shift.dy, params.zero);", wrong: "return d;", check: far },
  { file: "row-gradient", what: "forget dsum", line: "if (HAS_DSUM) { d += ", wrong: "if (false) { d += ", check: features },
  { file: "row-gradient", what: "forget the slope of the activation", line: "return d * activation_slope(xhat * g + b);", wrong: "return d;", check: curved },
];

export default MUTANTS;
