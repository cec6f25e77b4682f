import { FORWARD_CASES, type ForwardCase } from "./forward-cases.ts";

const nhwc = { layout: "nhwc" } as const;
const ACTIVATIONS = ["relu", "silu", "gelu", "gelu_tanh", "sigmoid", "tanh"] as const;

/** Backward of every forward case, and what only a backward walk can get wrong. */
export const BACKWARD_CASES: readonly ForwardCase[] = [
  ...FORWARD_CASES,
  { why: "one row", layer: "layer", shape: [1, 515], gamma: [515], beta: [515] },
  { why: "one value a row", layer: "layer", shape: [33, 1], gamma: [1], beta: [1] },
  { why: "one gamma for all rows: many partials", layer: "layer", shape: [3000, 20], gamma: [1], beta: [1] },
  { why: "rows by the thousand, short: slices of columns", layer: "layer", shape: [3001, 24], gamma: [24], beta: [24] },
  { why: "few rows, wide: columns at once", layer: "layer", shape: [3, 4100], gamma: [4100], beta: [4100] },
  { why: "a value of gamma for each sample, row and feature apart", layer: "layer", shape: [4, 9, 32], gamma: [4, 1, 32], beta: [9, 32] },
  { why: "gamma and beta along different axes", layer: "layer", shape: [6, 5, 24], gamma: [5, 24], beta: [24], options: { axes: [-1], activation: "silu" } },
  {
    why: "general walk with parameters that alternate, activation",
    layer: "layer",
    shape: [3, 4, 5, 6],
    gamma: [3, 1, 5, 1],
    beta: [4, 1, 6],
    residual: [5, 6],
    residualBias: [4, 1, 1],
    options: { axes: [0, 2], activation: "gelu" },
  },
  { why: "center false, activation", layer: "layer", shape: [9, 64], gamma: [64], beta: [64], options: { center: false, activation: "tanh" } },
  { why: "center false, columns", layer: "layer", shape: [40, 12], gamma: [40, 1], options: { axes: [0], center: false } },
  { why: "RMS with beta and activation", layer: "rms", shape: [31, 52], gamma: [52], beta: [52], options: { activation: "gelu_tanh" } },
  { why: "RMS, per sample", layer: "rms", shape: [3, 7, 40], gamma: [3, 1, 40], beta: [3, 1, 40] },
  { why: "planes of one value", layer: "group", shape: [4, 12, 1, 1], gamma: [12], beta: [12], options: { groups: 3 } },
  { why: "planes of a few values", layer: "group", shape: [5, 8, 2, 3], gamma: [8], beta: [8], options: { groups: 2, activation: "relu" } },
  { why: "one sample of large planes", layer: "group", shape: [1, 4, 130, 130], gamma: [4], beta: [4], options: { groups: 2 } },
  { why: "NHWC, per sample parameters", layer: "group", shape: [3, 5, 5, 8], gamma: [3, 1, 1, 8], beta: [3, 1, 1, 8], options: { ...nhwc, groups: 2 } },
  {
    why: "NHWC, spatial parameters",
    layer: "group",
    shape: [2, 5, 4, 8],
    gamma: [5, 4, 8],
    beta: [5, 4, 1],
    options: { ...nhwc, groups: 4, activation: "silu" },
  },
  { why: "planes of two values", layer: "instance", shape: [40, 3, 2], gamma: [3], beta: [3] },
  { why: "one gamma for all channels", layer: "instance", shape: [6, 5, 30], gamma: [1, 1], beta: [5, 1] },
  { why: "NHWC, one gamma for all channels", layer: "instance", shape: [6, 30, 5], gamma: [1], beta: [5], options: nhwc },
  { why: "training, spatial parameters", layer: "batch", shape: [3, 4, 5, 6], gamma: [4, 5, 6], beta: [5, 6], options: { training: true, activation: "relu" } },
  { why: "training, runs that are short, slices", layer: "batch", shape: [700, 3, 5], gamma: [3], beta: [3], options: { training: true } },
  { why: "eval, per sample parameters", layer: "batch", shape: [4, 8, 6, 6], gamma: [4, 8, 1, 1], beta: [4, 8, 1, 1], options: { training: false } },
  { why: "eval without parameters", layer: "batch", shape: [3, 5, 40], options: { training: false } },
  ...ACTIVATIONS.map((activation) => ({
    why: `activation ${activation}`,
    layer: "group" as const,
    shape: [3, 8, 5, 5],
    gamma: [8],
    beta: [8],
    options: { groups: 2, activation },
  })),
];
