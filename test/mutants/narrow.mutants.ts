import { rows } from "./checks.ts";
import type { Mutant } from "./mutant.ts";

// Rows that start with a lane, anywhere in one, four a round, and in the middle of one.
const [narrow, narrowOdd, narrowFour, narrowTen] = [rows([8192, 24]), rows([8192, 23]), rows([21_848, 3]), rows([8194, 10])];
// Rows whose last lane has one value: three of four do not fill it.
const narrowOne = rows([8192, 21]);

/** Kernels of narrow rows that are held in registers. */
const MUTANTS: readonly Mutant[] = [
  {
    file: "row-narrow",
    what: "the lane that two rows share is not joined",
    line: "open = lane_below(open, rest, 0u, place);",
    wrong: "open = rest;",
    check: narrowOdd,
  },
  { file: "row-narrow", what: "the lane after a full one begins anew", line: "    open = rest;", wrong: "    open = Lane(0.0);", check: narrowTen },
  {
    file: "row-narrow",
    what: "a last lane that is not full is written over",
    line: "if ((end <= WIDTH) | (WIDTH + place >= end)) {",
    wrong: "{",
    check: narrowOne,
  },
  {
    file: "row-narrow",
    what: "the lane in which a row ends is not loaded",
    line: "(end < WIDTH) | (end < WIDTH + place)",
    wrong: "end < WIDTH",
    check: narrowOdd,
  },
  { file: "row-narrow", what: "the sixth lane is not held", line: "if (HELD > 5u) { held.v5 = hold(first, 5u, place); }", wrong: "", check: narrow },
  {
    file: "row-narrow",
    what: "the fifth lane has the fourth's gamma",
    line: "held.v4, first, 4u, place, line, scale.v4,",
    wrong: "held.v4, first, 4u, place, line, scale.v3,",
    check: narrow,
  },
  {
    file: "row-narrow",
    what: "no shift before squares are summed",
    line: "shift = opaque(lane_first(held.v0) + narrow_sums(lane_first(held.v0)).x * params.reciprocal, params.zero);",
    wrong: "shift = 0.0;",
    check: narrowOdd,
  },
  { file: "row-narrow", what: "forget what the shift leaves of the mean", line: "m.delta * m.rstd)", wrong: "0.0)", check: narrow },
  { file: "row-narrow", what: "the third of four rows starts a value late", line: "(2u * WIDTH) & 3u)", wrong: "(2u * WIDTH + 1u) & 3u)", check: narrowFour },
  {
    file: "row-narrow",
    what: "of four rows two have one rstd",
    line: "vec4f(m0.rstd, m1.rstd, m2.rstd, m3.rstd)",
    wrong: "vec4f(m0.rstd, m1.rstd, m1.rstd, m3.rstd)",
    check: narrowFour,
  },
  {
    file: "row-narrow",
    what: "a row's rstd lies in its neighbour's place",
    line: "statistics[at + stride][k] = m.rstd;",
    wrong: "statistics[at + stride][k ^ 1u] = m.rstd;",
    check: narrowTen,
  },
  {
    file: "narrow-rows",
    what: "values of the next row count",
    line: "if ((k + 1u) * LANE > WIDTH) { e = lane_below(e, Lane(0.0), k * LANE, WIDTH); }",
    wrong: "",
    check: narrowOdd,
  },
  {
    file: "narrow-rows",
    what: "a lane is turned by two too few",
    line: "let by_two = (place & 2u) != 0u;",
    wrong: "let by_two = place == 3u;",
    check: narrowTen,
  },
  {
    file: "narrow-rows",
    what: "the sixth lane is not summed",
    line: "if (HELD > 5u) { sums = add_narrow(sums, held.v5, 5u, shift); }",
    wrong: "",
    check: narrow,
  },
  { file: "narrow-rows", what: "the second value of a lane has the first's gamma", line: "gamma_at(i + 1u)", wrong: "gamma_at(i)", check: narrow },
];

export default MUTANTS;
