import { sizeOf, type Shape } from "../../src/core/shape.ts";
import { localResponseNorm, localResponseNormBackward, type LocalResponseNormMeaning } from "../../src/index.ts";
import { localResponseNormBackward as expectedBackward, localResponseNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import type { Check, Mutant } from "./mutant.ts";

/** Windows of channels, forward and backward. */
function windows(shape: Shape, options: LocalResponseNormMeaning): Check {
  const [x, dy] = [normal(sizeOf(shape), 1, 0.2), normal(sizeOf(shape), 2, 0.5)];
  const { y: wanted } = localResponseNormForward({ data: x, shape }, options);
  const { dx: gradient } = expectedBackward({ data: dy, shape }, { data: x, shape }, options);
  return async (gpu) => {
    const { y, saved } = localResponseNorm(gpu, gpu.tensor(x, shape), options);
    expectWithin(await y.read(), wanted);
    expectWithin(await localResponseNormBackward(gpu, gpu.tensor(dy, shape), saved!).dx.read(), gradient, "dx");
  };
}

const even = windows([3, 9, 8], { size: 4, alpha: 5 });
const wide = windows([2, 100, 3], { size: 71, alpha: 5 });
const rising = windows([3, 9, 8], { size: 3, alpha: 5, beta: -0.6 });

const MUTANTS: readonly Mutant[] = [
  {
    file: "local-response",
    line: "min(c + after, params.channels - 1u)",
    wrong: "min(c + after, params.channels)",
    what: "the window reaches into the next sample",
    check: even,
  },
  {
    file: "local-response",
    line: "for (var j = part; j <= min(part + CHAIN - 1u, window.y); j++)",
    wrong: "for (var j = part; j < min(part + CHAIN - 1u, window.y); j++)",
    what: "the last channel of each chain is left out",
    check: wide,
  },
  { file: "local-response", line: "return root * sqrt(root);", wrong: "return root;", what: "beta 0.75 is taken for 0.5", check: even },
  {
    file: "local-response",
    line: "if (RISES) { return raised; }",
    wrong: "if (!RISES) { return raised; }",
    what: "beta has the wrong sign",
    check: rising,
  },
  {
    file: "local-response-norm-backward",
    line: "window_of(c, params.after, params.before)",
    wrong: "window_of(c, params.before, params.after)",
    what: "the gradient sums the window of its own channel",
    check: even,
  },
  {
    file: "local-response-norm-backward",
    line: "part += CHAIN) {",
    wrong: "part += CHAIN + 1u) {",
    what: "a channel between two chains is left out",
    check: wide,
  },
  { file: "local-response-norm", line: "* value / scale,", wrong: "* value,", what: "the pull has the wrong exponent", check: even },
];

export default MUTANTS;
