import type { Activation } from "../core/activation.ts";

/** An activation and its derivative. */
export interface ActivationFunction {
  readonly value: (v: number) => number;
  readonly slope: (v: number) => number;
}

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

/** Error function to 1e-15: a series of positive terms below 2.5 (Abramowitz & Stegun 7.1.6), the continued fraction of erfc above (7.1.14). */
export function erf(v: number): number {
  const size = Math.abs(v);
  if (size > 6) return Math.sign(v);
  if (size < 2.5) {
    let term = v;
    let sum = v;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= (2 * v * v) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-v * v) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(v) * (1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction));
}

function sigmoid(v: number): number {
  return v >= 0 ? 1 / (1 + Math.exp(-v)) : Math.exp(v) / (1 + Math.exp(v));
}

function normalDensity(v: number): number {
  return Math.exp((-v * v) / 2) / Math.sqrt(2 * Math.PI);
}

function tanhInner(v: number): number {
  return SQRT_2_OVER_PI * (v + 0.044715 * v ** 3);
}

/** Activations by name; the slope of relu at 0 is 0, as PyTorch's. gelu: Hendrycks & Gimpel 2016 (arXiv:1606.08415); silu: Elfwing et al. 2017 (arXiv:1702.03118). */
export const ACTIVATION_FUNCTIONS: Readonly<Record<Activation, ActivationFunction>> = {
  none: { value: (v) => v, slope: () => 1 },
  relu: { value: (v) => (v < 0 ? 0 : v), slope: (v) => (v > 0 ? 1 : 0) },
  silu: { value: (v) => v * sigmoid(v), slope: (v) => sigmoid(v) * (1 + v * (1 - sigmoid(v))) },
  gelu: { value: (v) => (v * (1 + erf(v / Math.SQRT2))) / 2, slope: (v) => (1 + erf(v / Math.SQRT2)) / 2 + v * normalDensity(v) },
  gelu_tanh: {
    value: (v) => (v * (1 + Math.tanh(tanhInner(v)))) / 2,
    slope: (v) => {
      const t = Math.tanh(tanhInner(v));
      return (1 + t) / 2 + ((v * (1 - t * t)) / 2) * SQRT_2_OVER_PI * (1 + 3 * 0.044715 * v * v);
    },
  },
  sigmoid: { value: sigmoid, slope: (v) => sigmoid(v) * (1 - sigmoid(v)) },
  tanh: { value: Math.tanh, slope: (v) => 1 - Math.tanh(v) ** 2 },
};
