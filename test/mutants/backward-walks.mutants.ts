import type { BackwardResult } from "../../src/index.ts";
import { expectWithin } from "../bound.ts";
import { array, arraysOf, backwardOnGpu, expectedGradients } from "../layers/backward-calls.ts";
import type { ForwardCase } from "../layers/forward-cases.ts";
import type { Check, Mutant } from "./mutant.ts";

/** Every gradient of a case, dy of this mean. */
const gradients =
  (testCase: Omit<ForwardCase, "why">, mean = 0.3): Check =>
  async (gpu) => {
    const own = { ...testCase, why: "mutant" };
    const arrays = { ...arraysOf(own), dy: array(own.shape, 6, mean) };
    const found = backwardOnGpu(gpu, own, arrays);
    for (const [name, wanted] of Object.entries(expectedGradients(own, arrays))) {
      expectWithin(await found[name as keyof BackwardResult]!.read(), wanted, name);
    }
  };

const training = { training: true };
const planes = gradients({ layer: "batch", shape: [6, 4, 60, 60], gamma: [4], beta: [4], options: { ...training, activation: "silu" } });
const short = gradients({ layer: "batch", shape: [300, 4, 40], gamma: [4], beta: [4], options: training });
const far = gradients({ layer: "batch", shape: [6, 4, 60, 60], gamma: [4], beta: [4], options: training }, 1e4);
const groups = gradients({ layer: "group", shape: [3, 8, 20, 21], gamma: [8], beta: [8], options: { groups: 2, activation: "gelu" } });
const columns = gradients({ layer: "group", shape: [2, 300, 12], gamma: [12], beta: [12], options: { groups: 3, layout: "nhwc" } });
const rootMeanSquares = gradients({ layer: "rms", shape: [70, 12], gamma: [70, 1], options: { axes: [0] } });
const kept = gradients({ layer: "layer", shape: [70, 12], options: { axes: [0], center: false } });
const evaluation = gradients({ layer: "batch", shape: [6, 4, 70], gamma: [4], beta: [4], options: { training: false } });
const perSample = gradients({ layer: "batch", shape: [6, 4, 70], gamma: [6, 4, 1], beta: [6, 4, 1], options: training });
const single = gradients({ layer: "instance", shape: [300, 20, 5], gamma: [1], beta: [1], options: { layout: "nhwc" } });
const permuted = gradients({ layer: "layer", shape: [2, 3, 4, 3], gamma: [3, 3, 2], beta: [3, 3, 2], options: { axes: [3, 1, 0], parameterLayout: "axes" } });

// Planes of a CPU that end anywhere in a lane.
const odd = gradients({ layer: "instance", shape: [12, 256, 7, 7], gamma: [256], beta: [256] });
const oddApart = gradients({ layer: "batch", shape: [12, 256, 7, 7], gamma: [256], beta: [256], options: training });
const oddGroups = gradients({ layer: "group", shape: [12, 256, 7, 7], gamma: [256], beta: [256], options: { groups: 32 } }, 1e4);
const oddLong = gradients({ layer: "instance", shape: [4, 40, 31, 31], gamma: [40], beta: [40] });

/** What only some walks and layouts of backward show. */
const MUTANTS: readonly Mutant[] = [
  { file: "gradient-sums", what: "no shift before gradients are summed", line: "let first = one.v - shift;", wrong: "let first = one.v;", check: far },
  { file: "gradient-sums", what: "a chain is dropped", line: "sums.exhat += chain.exhat;", wrong: "sums.exhat = chain.exhat;", check: planes },
  { file: "sum-gradient", what: "only the first plane of a slice", line: "u < first + planes; u++", wrong: "u < first + 1u; u++", check: short },
  {
    file: "sum-gradient",
    what: "gamma is forgotten",
    line: "if (WEIGHTED) { return Value(v * g, xhat); }",
    wrong: "if (WEIGHTED) { return Value(v, xhat); }",
    check: rootMeanSquares,
  },
  {
    file: "merge-gradient",
    what: "the weight of the wrong cell",
    line: "base + i / params.weight_divisor",
    wrong: "base + (i + 1u) / params.weight_divisor",
    check: columns,
  },
  { file: "merge-gradient", what: "the mean is rounded and nothing more", line: "= total.x * reciprocal;", wrong: "= 0.0;", check: far },
  { file: "merge-gradient", what: "dvariance twice as large", line: "-0.5 * statistics[at]", wrong: "-statistics[at]", check: evaluation },
  {
    file: "merge-parameter",
    what: "a partial is dropped",
    line: "i < end; i += team_width(inv)",
    wrong: "i + 1u < end; i += team_width(inv)",
    check: perSample,
  },
  { file: "merge-parameter", what: "whole statistics taken for parts", line: "(p.y - own) * xhat", wrong: "p.y * xhat", check: far },
  { file: "merge-parameter", what: "the first condensed part only", line: "team % params.parts * params.span", wrong: "team % params.parts", check: single },
  { file: "merge-parameter", what: "the third term of the order is forgotten", line: " + parameter_base(params.second_view, t)", wrong: "", check: permuted },
  {
    file: "apply-gradient",
    what: "what the rounded mean leaves is forgotten",
    line: "-means.rest * factor - along * n.delta",
    wrong: "-along * n.delta",
    check: far,
  },
  {
    file: "apply-gradient",
    what: "gamma is forgotten",
    line: "if (FACTORED) { factor *= g; }",
    wrong: "",
    check: planes,
  },
  {
    file: "apply-gradient",
    what: "the variance follows x, not x - mean",
    line: " - plane_at(base, j, 3u) * n.rstd;",
    wrong: " + Lane(0.1);",
    check: kept,
  },
  { file: "gradient-line", what: "delta is not scaled", line: "plane_at(base, j, 3u) * rstd);", wrong: "plane_at(base, j, 3u) + 0.01);", check: columns },
  { file: "row-backward-flat", what: "only the last plane of a statistic", line: "together += sums;", wrong: "together = sums;", check: oddApart },
  { file: "row-backward-flat", what: "gamma stays the same", line: "let far = (own.gamma - first.gamma) * shift;", wrong: "let far = 0.0;", check: oddGroups },
  {
    file: "row-backward-flat",
    what: "xhat of a plane taken to add up to 0",
    line: "partials[at] = sums.y + added * sums.z;",
    wrong: "partials[at] = sums.y;",
    check: oddGroups,
  },
  { file: "flat-gradient", what: "the next plane counts", line: "SEAMS && (k == 0u || k + 2u >= HELD)", wrong: "SEAMS && k == 0u", check: odd },
  { file: "flat-gradient", what: "the plane before loses what it wrote", line: "0u, place_in_lane(start)));", wrong: "0u, 0u));", check: odd },
  { file: "flat-gradient", what: "the third lane of four is not written", line: "put(i + 2u, gradient_of(own, p2));", wrong: "", check: oddLong },
  { file: "flat-gradient", what: "a chain is dropped", line: "{ all += summed(pair_chain(", wrong: "{ all = summed(pair_chain(", check: oddLong },
  { file: "activation-slope", what: "gelu without the density", line: "+ u * exp(-0.5 * u * u) * 0.39894228", wrong: "", check: groups },
];

export default MUTANTS;
