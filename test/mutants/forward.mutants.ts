import { columns, estimates, evaluation, general, planes, rows, samples, splitColumns, synchronized } from "./checks.ts";
import type { Mutant } from "./mutant.ts";

const [ragged, short, runs, many] = [rows([70, 516]), rows([70, 48]), planes([3, 4, 100, 52]), columns([8, 37, 12])];
const withSubgroups = "a GPU with subgroups";
const withoutSubgroups = "a GPU without subgroups";

/** Kernels that normalize, and those that sum, merge and apply where one dispatch does not do. */
const MUTANTS: readonly Mutant[] = [
  { file: "row-stream", what: "skip the last column", line: "i < start + span; i +=", wrong: "i + 1u < start + span; i +=", check: ragged },
  {
    file: "row-stream",
    what: "forget the mean",
    line: "vec3f(moments.shift, moments.delta, moments.rstd), SUBTRACTS_MEAN)",
    wrong: "vec3f(0.0, 0.0, moments.rstd), SUBTRACTS_MEAN)",
    check: ragged,
  },
  { file: "row-stream", what: "forget what the shift leaves of the mean", line: "(h - m.x) * a + (b - a * m.y)", wrong: "(h - m.x) * a + b", check: ragged },
  { file: "row-stream", what: "no shift before squares are summed", line: "shift = row_shift(row, total, inv)", wrong: "shift = 0.0", check: ragged },
  { file: "row-sums", what: "squares a little too large", line: "e * beside(row, i, e);", wrong: "e * beside(row, i, e) * 1.00002;", check: ragged },
  { file: "row-stream", what: "a row has its neighbour's moments", line: "i, m3, g, b);", wrong: "i, m2, g, b);", check: ragged },
  {
    file: "row-hold",
    what: "values past the end are counted",
    line: "return select(Lane(0.0), h - shift, i < total);",
    wrong: "return h - shift;",
    check: ragged,
    as: withSubgroups,
  },
  {
    file: "row-hold",
    what: "drop a lane: the second that is held is not written",
    line: "if (HELD > 1u) { normalize(row, i + w, h1, m); }",
    wrong: "",
    check: ragged,
    as: withoutSubgroups,
  },
  {
    file: "run-moments",
    what: "skip the last column of a slice",
    line: "let end = min(part + CHAIN * team_width(inv), start + items);",
    wrong: "let end = min(part + CHAIN * team_width(inv), start + items) - 1u;",
    check: runs,
  },
  {
    file: "merge-moments",
    what: "no merge of one slice",
    line: "total += p.x * (p.y - shift) + p.z;",
    wrong: "if (i + 1u < count) { total += p.x * (p.y - shift) + p.z; }",
    check: runs,
  },
  {
    file: "merge-moments",
    what: "forget how far slices lie apart",
    line: "squares += (p.w - p.z * own) + p.x * from_mean * from_mean;",
    wrong: "squares += p.w - p.z * own;",
    check: runs,
  },
  {
    file: "merge-moments",
    what: "biased for unbiased: the running variance",
    line: "{ sample = variance / (1.0 - reciprocal); }",
    wrong: "{ sample = variance; }",
    check: planes([2, 3, 50]),
  },
  {
    file: "apply-run",
    what: "the rest of the mean is added, not subtracted",
    line: "var b = beta_at(beta_base) - a * delta;",
    wrong: "var b = beta_at(beta_base) + a * (delta + 0.00001);",
    check: runs,
  },
  { file: "apply-run", what: "skip the last column of a plane", line: "j < end; j +=", wrong: "j + 1u < end; j +=", check: runs },
  { file: "column-norm", what: "skip the last of each chain", line: "outer_end); r++", wrong: "outer_end) - 1u; r++", check: many },
  {
    file: "column-norm",
    what: "a column has its neighbour's standard deviation",
    line: "lane_of(m0.rstd, m1.rstd, m2.rstd, m3.rstd)",
    wrong: "lane_of(m0.rstd, m1.rstd, m2.rstd, m2.rstd)",
    check: many,
  },
  {
    file: "column-moments",
    what: "skip the last of a slice",
    line: "a < min(part + CHAIN, end)",
    wrong: "a < min(part + CHAIN, end - 1u)",
    check: splitColumns,
  },
  { file: "apply-column", what: "skip the last row", line: "r < end; r++", wrong: "r + 1u < end; r++", check: splitColumns },
  { file: "gather", what: "forget an axis", line: "rest = peel(rest, params.extent6, params.stride6);", wrong: "", check: general },
  { file: "fixed-statistics", what: "forget eps", line: "given + params.eps", wrong: "given", check: evaluation },
  { file: "merge-moments", what: "variance about the new mean", line: "distance * distance)", wrong: "0.5 * distance * distance)", check: estimates },
  {
    file: "merge-moments",
    what: "x is normalized by the mean before the move",
    line: "return Moments(shift, delta,",
    wrong: "return Moments(shift, 0.0,",
    check: estimates,
  },
  { file: "running-samples", what: "forget the mean of the first sample", line: "(first + average.x - *mean)", wrong: "(average.x - *mean)", check: samples },
  { file: "running-samples", what: "no merge of one sample", line: "n < end; n +=", wrong: "n + 1u < end; n +=", check: samples },
  { file: "export-moments", what: "forget the mean", line: "vec4f(0.0, shift, 0.0, 0.0)", wrong: "vec4f(0.0)", check: synchronized },
  {
    file: "team.workgroup",
    what: "drop a lane: half of the sum is not merged",
    line: "{ team_partials[inv.index] += team_partials[inv.index + half]; }",
    wrong: "{ if (half > 1u) { team_partials[inv.index] += team_partials[inv.index + half]; } }",
    check: ragged,
    as: withoutSubgroups,
  },
  {
    file: "team.cluster",
    what: "drop all subgroups but the last",
    line: "total += team_partials[slot];",
    wrong: "total = team_partials[slot];",
    check: ragged,
    as: withSubgroups,
  },
  {
    file: "team.subgroup",
    what: "drop all lanes but one's own",
    line: "team_sum(v: vec2f, inv: Invocation) -> vec2f { return subgroupAdd(v); }",
    wrong: "team_sum(v: vec2f, inv: Invocation) -> vec2f { return v; }",
    check: short,
    as: withSubgroups,
  },
  {
    file: "team.invocation",
    what: "skip the first team of a workgroup",
    line: "* WORKGROUP + inv.index, inv);",
    wrong: "* WORKGROUP + max(inv.index, 1u), inv);",
    check: ragged,
  },
];

export default MUTANTS;
