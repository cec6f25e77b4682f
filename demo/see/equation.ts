import type { NormKind } from "./norms.ts";

/** The parts of an equation that can be marked. */
export type Term = "y" | "x" | "mean" | "variance" | "eps" | "gamma" | "beta";

/** An equation as MathML, with its terms: how each is written, and what it is. */
interface Equation {
  readonly math: string;
  readonly terms: readonly { readonly term: Term; readonly symbol: string; readonly words: string }[];
}

const mark = (term: Term, inside: string): string => `<mrow data-term="${term}">${inside}</mrow>`;
const letter = (text: string): string => `<mi>${text}</mi>`;
const plus = "<mo>+</mo>";

const EPS = mark("eps", letter("ε"));
const MEAN = mark("mean", letter("μ"));
const VARIANCE = mark("variance", "<msup><mi>σ</mi><mn>2</mn></msup>");
const GAMMA = mark("gamma", letter("γ"));
const BETA = mark("beta", letter("β"));
const MEAN_SQUARE = mark("variance", "<mover><msup><mi>x</mi><mn>2</mn></msup><mo>¯</mo></mover>");
const NORM = mark("variance", "<mo>‖</mo><mi>v</mi><mo>‖</mo>");
const DEVIATION = mark("variance", "<mi>σ</mi>");

const fraction = (above: string, below: string): string => `<mfrac><mrow>${above}</mrow><mrow>${below}</mrow></mfrac>`;
/** A root that see.css draws, because `msqrt` needs a font for mathematics, which many systems lack. */
const root = (inside: string): string => `<mrow class="root">${inside}</mrow>`;
const equation = (left: string, right: string, spoken: string): string =>
  `<math display="block" aria-label="${spoken}">${mark("y", letter(left))}<mo>=</mo>${right}</math>`;

const eps = { term: "eps", symbol: "ε", words: "eps, keeps the root above 0" } as const;
const x = { term: "x", symbol: "x", words: "a value that goes in" } as const;
const y = { term: "y", symbol: "y", words: "a value that comes out" } as const;
const v = { term: "x", symbol: "v", words: "a weight as it is trained" } as const;
const w = { term: "y", symbol: "w", words: "the weight that is used" } as const;
const gamma = { term: "gamma", symbol: "γ", words: "gamma, a factor" } as const;
const mean = { term: "mean", symbol: "μ", words: "mean of the lit values" } as const;

export const EQUATIONS: Readonly<Record<NormKind["uses"], Equation>> = {
  moments: {
    math: equation(
      "y",
      `${fraction(`${mark("x", letter("x"))}<mo>−</mo>${MEAN}`, root(VARIANCE + plus + EPS))}<mo>·</mo>${GAMMA}${plus}${BETA}`,
      "y = (x − mean) / square root of (variance + eps) · gamma + beta",
    ),
    terms: [
      y,
      x,
      mean,
      { term: "variance", symbol: "σ²", words: "variance of the lit values" },
      eps,
      gamma,
      { term: "beta", symbol: "β", words: "beta, an offset" },
    ],
  },
  "mean square": {
    math: equation(
      "y",
      `${fraction(mark("x", letter("x")), root(MEAN_SQUARE + plus + EPS))}<mo>·</mo>${GAMMA}`,
      "y = x / square root of (mean of x² + eps) · gamma",
    ),
    terms: [y, x, { term: "variance", symbol: "x̄²", words: "mean square of the lit values" }, eps, gamma],
  },
  norm: {
    math: equation("w", `${mark("gamma", letter("g"))}<mo>·</mo>${fraction(mark("x", letter("v")), NORM)}`, "w = g · v / norm of v"),
    terms: [w, v, { term: "variance", symbol: "‖v‖", words: "norm of the lit weights" }, { term: "gamma", symbol: "g", words: "g, the new norm" }],
  },
  "unbiased moments": {
    math: equation(
      "w",
      `${fraction(`${mark("x", letter("v"))}<mo>−</mo>${MEAN}`, DEVIATION + plus + EPS)}<mo>·</mo>${GAMMA}`,
      "w = (v − mean) / (standard deviation + eps) · gain",
    ),
    terms: [
      w,
      v,
      { ...mean, words: "mean of the lit weights" },
      { term: "variance", symbol: "σ", words: "their standard deviation (n − 1)" },
      eps,
      { ...gamma, words: "gain, a factor" },
    ],
  },
};
