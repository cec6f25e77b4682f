import { planes, rows, views } from "./checks.ts";
import type { Mutant } from "./mutant.ts";

const ragged = rows([70, 516]);
const activated = (activation: "relu" | "silu" | "gelu" | "tanh"): Mutant["check"] => rows([70, 131], activation, 0);

/** What kernels are made of: moments, parameters, activations, lanes. */
const MUTANTS: readonly Mutant[] = [
  { file: "moments", what: "forget eps", line: "return reciprocal_root(v + eps); }", wrong: "return reciprocal_root(v); }", check: rows([70, 48]) },
  { file: "moments", what: "no Newton step, and a bit lost", line: "let refined = r * (1.5", wrong: "let refined = r * (1.50001", check: ragged },
  { file: "moments", what: "forget the mean of what is left", line: "select(0.0, sum.x * reciprocal, centered)", wrong: "0.0", check: ragged },
  { file: "record", what: "the mean without what the shift leaves of it", line: "= m.shift + m.delta;", wrong: "= m.shift - 1e-4 * m.shift;", check: ragged },
  {
    file: "record",
    what: "the variance for its root's reciprocal",
    line: "params.statistics_stride] = m.rstd;",
    wrong: "params.statistics_stride] = m.variance;",
    check: ragged,
  },
  { file: "affine", what: "forget beta", line: "return beta[i];", wrong: "return Parameter(0.0);", check: ragged },
  { file: "affine", what: "forget gamma", line: "{ g = gamma[i]; }", wrong: "{ }", check: ragged },
  {
    file: "lane.4",
    what: "drop a lane: three of four are summed",
    line: "return (v.x + v.y) + (v.z + v.w);",
    wrong: "return (v.x + v.y) + v.z;",
    check: planes([3, 4, 100, 52]),
  },
  { file: "parameter-view", what: "a row's parameters are not divided among rows", line: "if (divisor != 1u) { index /= divisor; }", wrong: "", check: views },
  { file: "parameter-view", what: "segments share one parameter", line: "segment * view.segment + (i", wrong: "(i", check: views },
  { file: "activation", what: "relu lets a little through", line: "select(v, 0.0, v < 0.0)", wrong: "select(v, v * 1e-3, v < 0.0)", check: activated("relu") },
  {
    file: "activation",
    what: "a slope of sigmoid",
    line: "exp(select(-v, 88.0, -v > 88.0))",
    wrong: "exp(select(-v * 1.0001, 88.0, -v > 88.0))",
    check: activated("silu"),
  },
  { file: "activation", what: "a coefficient of erfc", line: "p = p * t + 0.37409196;", wrong: "p = p * t + 0.37609196;", check: activated("gelu") },
  { file: "activation", what: "tanh near 0 without its cube", line: "v * (1.0 - s * (0.33333333 - s * 0.13333333))", wrong: "v", check: activated("tanh") },
];

export default MUTANTS;
