import { ODD, EVEN, expectNormed, expectStandardized, network } from "../layers/packed-checks.ts";
import type { Check, Mutant } from "./mutant.ts";

const standardized: Check = (gpu) => expectStandardized(gpu, network(EVEN), "timmScaled");
const article: Check = (gpu) => expectStandardized(gpu, network(ODD), "article");
const columns: Check = (gpu) => expectStandardized(gpu, network([[3, 3, 4, 8]], -1), "article", { layout: "hwio" });
const normed: Check = (gpu) => expectNormed(gpu, network(EVEN));
const withSubgroups = "a GPU with subgroups";

/** Kernels that go through a pack. */
const MUTANTS: readonly Mutant[] = [
  { file: "packed-standardize", what: "skip the last column", line: "i < row.length; i +=", wrong: "i + 1u < row.length; i +=", check: standardized },
  { file: "packed-standardize", what: "forget what the shift leaves of the mean", line: " - a * m.delta);", wrong: ");", check: standardized },
  { file: "packed-standardize", what: "forget the gain", line: "m.rstd * gain_of(row)", wrong: "m.rstd * gain_scale_of(row)", check: standardized },
  {
    file: "packed-standardize",
    what: "drop a lane of the team: only the first sums",
    line: "let whole = team_sum(vec2f(lane_sum(sums.first), lane_sum(sums.second)), inv);",
    wrong: "let whole = vec2f(lane_sum(sums.first), lane_sum(sums.second));",
    check: standardized,
    as: withSubgroups,
  },
  {
    file: "packed-standardize-backward",
    what: "forget the mean of dw",
    line: "a * (mean + beside(row, i, Lane(0.0)) * along)",
    wrong: "a * (beside(row, i, Lane(0.0)) * along)",
    check: standardized,
  },
  { file: "packed-standardize-backward", what: "biased for unbiased", line: "if (UNBIASED) { along /= 1.0 - reciprocal; }", wrong: "", check: article },
  {
    file: "packed-standardize-backward",
    what: "no pull of eps outside the root",
    line: "select(along / deviation, 0.0, deviation <= 0.0)",
    wrong: "along",
    check: article,
  },
  {
    file: "packed-standardize-backward",
    what: "dgain without its scale",
    line: "let own = whole.y * gain_scale_of(row);",
    wrong: "let own = whole.y;",
    check: standardized,
  },
  {
    file: "packed-weight-norm",
    what: "the norm of values of half the size",
    line: "row.known.x = scale_of(largest);",
    wrong: "row.known.x = scale_of(largest) * 0.5;",
    check: normed,
  },
  { file: "packed-weight-norm", what: "forget g", line: "factor *= g[params.g_offset + row.parameter];", wrong: "", check: normed },
  {
    file: "packed-weight-norm-backward",
    what: "dv is not at right angles to v",
    line: "beside(row, i, Lane(0.0)) * product)",
    wrong: "beside(row, i, Lane(0.0)) * product * 0.999)",
    check: normed,
  },
  {
    file: "packed-weight-norm-backward",
    what: "dg of a neighbour",
    line: "let place = params.dg_offset + row.parameter;",
    wrong: "let place = params.dg_offset + (row.parameter ^ 1u);",
    check: normed,
  },
  { file: "packed-row", what: "kinds of rows are taken where they do not lie", line: "place / 4u][place % 4u];", wrong: "place / 4u][0u];", check: article },
  { file: "packed-row", what: "every kind starts at the first row", line: "let place = params.first +", wrong: "let place =", check: article },
  { file: "packed-row", what: "rows that are columns are read as rows", line: "row.start + i * row.step", wrong: "row.start + i", check: columns },
  {
    file: "packed-gain",
    what: "forget the fan in",
    line: "return params.gain_scale * reciprocal_root(f32(max(row.length, 1u) * LANE));",
    wrong: "return params.gain_scale;",
    check: standardized,
  },
  {
    file: "row-sums",
    what: "the last chain is left out",
    line: "min(inner + part, outer_end), inv));",
    wrong: "min(inner + part, outer_end) - 1u, inv));",
    check: standardized,
  },
];

export default MUTANTS;
