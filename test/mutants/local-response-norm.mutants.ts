import { localResponseNorm, localResponseNormBackward } from "../../src/index.ts";
import { localResponseNormBackward as gradientOf, localResponseNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { array } from "./checks.ts";
import type { Check, Mutant } from "./mutant.ts";

const meaning = { size: 5, alpha: 0.5 };

const windows: Check = async (gpu) => {
  const [x, dy] = [array([3, 11, 8, 4], 0), array([3, 11, 8, 4], 0, 7)];
  const { y, saved } = localResponseNorm(gpu, gpu.tensor(x.data, x.shape), meaning);
  expectWithin(await y.read(), localResponseNormForward(x, meaning).y);
  expectWithin(await localResponseNormBackward(gpu, gpu.tensor(dy.data, dy.shape), saved!).dx.read(), gradientOf(dy, x, meaning).dx, "dx");
};

/** Local response normalization, forward and backward. */
const MUTANTS: readonly Mutant[] = [
  {
    file: "local-response",
    what: "skip the last channel of a window",
    line: "min(c + after, params.channels - 1u)",
    wrong: "min(c + after - 1u, params.channels - 1u)",
    check: windows,
  },
  { file: "local-response-norm", what: "a pull is not divided by its scale", line: "* value / scale,", wrong: "* value,", check: windows },
  {
    file: "local-response-norm-backward",
    what: "forget the other channels of a window",
    line: "- params.twice * from_source(x[source_at(at)], at) * sum",
    wrong: "",
    check: windows,
  },
];

export default MUTANTS;
