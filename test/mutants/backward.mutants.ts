import { expectWithin } from "../bound.ts";
import { arraysOf, backwardOnGpu, expectedGradients } from "../layers/backward-calls.ts";
import type { ForwardCase } from "../layers/forward-cases.ts";
import type { Check, Mutant } from "./mutant.ts";

/** Every gradient of a call. */
function gradients(given: Omit<ForwardCase, "why">): Check {
  const testCase: ForwardCase = { ...given, why: "a mutant" };
  return async (gpu) => {
    const arrays = arraysOf(testCase);
    const found = backwardOnGpu(gpu, testCase, arrays);
    for (const [name, values] of Object.entries(expectedGradients(testCase, arrays))) {
      expectWithin(await found[name as keyof typeof found]!.read(), values, name);
    }
  };
}

const training = { training: true } as const;
const nhwc = { training: true, layout: "nhwc" } as const;
const planes = { layer: "batch", shape: [6, 5, 20, 33], gamma: [5], beta: [5] } as const;
const runs = gradients({ ...planes, options: training });
const activated = gradients({ ...planes, options: { ...training, activation: "silu" } });
const geluTanh = gradients({ ...planes, options: { ...training, activation: "gelu_tanh" } });
const columns = gradients({ layer: "batch", shape: [40, 5, 5, 12], gamma: [12], beta: [12], options: nhwc });
const groups = gradients({ layer: "group", shape: [3, 9, 9, 12], gamma: [12], beta: [12], options: { layout: "nhwc", groups: 3 } });

/** Gradients by sums, a merge and an apply. */
const MUTANTS: readonly Mutant[] = [
  {
    file: "gradient-sums",
    what: "skip the second of two",
    line: "chain.v += two.v;",
    wrong: "chain.v += Lane(0.0);",
    check: runs,
  },
  {
    file: "sum-gradient",
    what: "columns: the sum of the products is that of the values",
    line: "lane_value(sums.e, c), lane_value(sums.exhat, c));",
    wrong: "lane_value(sums.e, c), lane_value(sums.e, c));",
    check: groups,
  },
  {
    file: "merge-gradient",
    what: "no merge of one slice",
    line: "sums.y += weight * p.w + distance",
    wrong: "if (i > 0u) { sums.y += weight * p.w; } sums.y += distance",
    check: runs,
  },
  { file: "merge-gradient", what: "forget the mean of dy", line: "coefficients[to] = reference;", wrong: "coefficients[to] = 0.0;", check: runs },
  {
    file: "merge-parameter",
    what: "no merge of one slice: dgamma",
    line: "sums += vec2f(p.w + (p.y - s) * xhat, xhat);",
    wrong: "if (i > first) { sums += vec2f(p.w + (p.y - s) * xhat, xhat); }",
    check: groups,
  },
  { file: "merge-parameter", what: "one slice only: dbeta", line: "v += partials[at + 1u].y;", wrong: "v = partials[at + 1u].y;", check: groups },
  { file: "apply-gradient", what: "forget that dx has no part along xhat", line: "(scaled * own.along + own.rest)", wrong: "own.rest", check: runs },
  { file: "apply-gradient", what: "skip the second of two", line: "write_dx(at, k + width, gradient_of(own, v1, d1));", wrong: "", check: columns },
  {
    file: "gradient-line",
    what: "forget the mean: xhat is not centred",
    line: "plane_at(base, j, 3u) * rstd);",
    wrong: "plane_at(base, j, 3u) * rstd + 1e-4);",
    check: groups,
  },
  {
    file: "gradient-line",
    what: "columns: a lane's statistics are those of its first value",
    line: "(j * LANE + c) / params.statistics_run",
    wrong: "(j * LANE) / params.statistics_run",
    check: columns,
  },
  {
    file: "activation-slope",
    what: "silu: the slope of sigmoid alone",
    line: "return s.x * (1.0 + u * s.y);",
    wrong: "return s.x * (1.0 + s.y);",
    check: activated,
  },
  { file: "activation-slope", what: "gelu by tanh: forget the cube's slope", line: "* (1.0 + 0.134145 * u * u);", wrong: ";", check: geluTanh },
];

export default MUTANTS;
