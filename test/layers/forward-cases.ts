import type { Activation, Layout } from "../../src/index.ts";

/** One forward call: what it is given, by shape. Data is made from the shapes. */
export interface ForwardCase {
  readonly why: string;
  readonly layer: "batch" | "layer" | "rms" | "group" | "instance";
  readonly shape: readonly number[];
  readonly gamma?: readonly number[];
  readonly beta?: readonly number[];
  readonly residual?: readonly number[];
  readonly residualBias?: readonly number[];
  readonly options?: {
    readonly axes?: readonly number[];
    readonly parameterLayout?: "broadcast" | "axes";
    readonly center?: boolean;
    readonly groups?: number;
    readonly layout?: Layout;
    readonly channelAxis?: number | readonly number[];
    readonly activation?: Activation;
    readonly eps?: number;
    readonly training?: boolean;
  };
}

const nhwc = { layout: "nhwc" } as const;
const training = { training: true };
const evaluation = { training: false };

/** Every layout, parameter shape and fused input, each with the reason that it stands here. */
export const FORWARD_CASES: readonly ForwardCase[] = [
  // LayerNorm and RMSNorm: axes and parameter shapes.
  { why: "rank 0", layer: "layer", shape: [], options: { axes: [] } },
  { why: "rank 1", layer: "layer", shape: [37], gamma: [37], beta: [37] },
  { why: "no axes: y = beta", layer: "layer", shape: [5, 6], gamma: [6], beta: [6], options: { axes: [] } },
  { why: "last axis, vec4", layer: "layer", shape: [70, 96], gamma: [96], beta: [96] },
  { why: "last axis, odd", layer: "layer", shape: [67, 131], gamma: [131], beta: [131] },
  { why: "gamma alone", layer: "layer", shape: [9, 64], gamma: [64] },
  { why: "beta alone", layer: "layer", shape: [9, 64], beta: [64] },
  { why: "last two axes", layer: "layer", shape: [6, 5, 7, 8], gamma: [7, 8], beta: [7, 8], options: { axes: [-2, -1] } },
  { why: "all axes", layer: "layer", shape: [3, 4, 5], gamma: [3, 4, 5], options: { axes: [0, 1, 2] } },
  { why: "channels of NCHW", layer: "layer", shape: [2, 24, 6, 10], gamma: [24], beta: [24], options: { axes: [1], parameterLayout: "axes" } },
  { why: "first axis", layer: "layer", shape: [33, 20], gamma: [33], options: { axes: [0], parameterLayout: "axes" } },
  { why: "outer and inner axis", layer: "layer", shape: [6, 7, 8], gamma: [6, 8], options: { axes: [0, 2], parameterLayout: "axes" } },
  { why: "general walk", layer: "layer", shape: [3, 4, 5, 6], gamma: [3, 5], beta: [3, 5], options: { axes: [0, 2], parameterLayout: "axes" } },
  {
    why: "general walk, order of axes, fused",
    layer: "layer",
    shape: [3, 4, 5, 6, 2],
    gamma: [2, 3, 5],
    residual: [3, 4, 5, 6, 2],
    options: { axes: [4, 0, 2], parameterLayout: "axes", activation: "relu" },
  },
  { why: "axes out of order", layer: "layer", shape: [2, 3, 4, 3], gamma: [3, 3, 2], beta: [3, 3, 2], options: { axes: [3, 1, 0], parameterLayout: "axes" } },
  { why: "per row parameters", layer: "layer", shape: [12, 40], gamma: [12, 1], beta: [12, 1] },
  { why: "per element parameters", layer: "layer", shape: [12, 40], gamma: [12, 40], beta: [12, 40] },
  { why: "per sample parameters (AdaLN)", layer: "layer", shape: [4, 9, 32], gamma: [4, 1, 32], beta: [4, 1, 32] },
  { why: "parameters of two kinds", layer: "layer", shape: [4, 9, 32], gamma: [4, 1, 32], beta: [9, 1] },
  { why: "parameter along every other axis", layer: "layer", shape: [4, 3, 5, 6, 8], gamma: [4, 1, 5, 1, 8], options: { axes: [-1] } },
  { why: "center false", layer: "layer", shape: [9, 64], gamma: [64], options: { center: false } },
  { why: "center false, split", layer: "layer", shape: [2, 40000], options: { center: false } },
  { why: "residual", layer: "layer", shape: [70, 96], gamma: [96], beta: [96], residual: [70, 96] },
  { why: "residual and its bias", layer: "layer", shape: [70, 96], gamma: [96], beta: [96], residual: [70, 96], residualBias: [96] },
  { why: "bias without a residual", layer: "layer", shape: [7, 33], residualBias: [33] },
  { why: "residual that broadcasts", layer: "layer", shape: [4, 6, 32], gamma: [32], residual: [6, 32] },
  { why: "residual of split rows", layer: "layer", shape: [2, 3, 16384], residual: [2, 3, 16384], residualBias: [3, 1], options: { axes: [1, 2] } },
  { why: "eps 0.1", layer: "layer", shape: [9, 64], options: { eps: 0.1 } },
  { why: "RMS, last axis", layer: "rms", shape: [70, 96], gamma: [96] },
  { why: "RMS, residual and bias", layer: "rms", shape: [70, 96], gamma: [96], residual: [70, 96], residualBias: [96] },
  { why: "RMS over columns", layer: "rms", shape: [33, 20], options: { axes: [0] } },
  { why: "RMS, general walk", layer: "rms", shape: [3, 4, 5, 6], gamma: [5, 6], options: { axes: [0, 2] } },
  { why: "RMS, few long rows", layer: "rms", shape: [3, 65536], gamma: [65536], beta: [65536] },
  // GroupNorm and InstanceNorm.
  { why: "NCHW, vec4 planes", layer: "group", shape: [3, 12, 8, 8], gamma: [12], beta: [12], options: { groups: 4 } },
  { why: "NCHW, odd planes", layer: "group", shape: [3, 12, 7, 7], gamma: [12], beta: [12], options: { groups: 3 } },
  { why: "NCHW, odd planes by lanes of the tensor", layer: "group", shape: [4, 12, 47, 31], gamma: [12], beta: [12], options: { groups: 3 } },
  { why: "NCHW, odd groups by lanes of the tensor", layer: "group", shape: [4, 9, 47, 43], gamma: [9], options: { groups: 3 } },
  { why: "NCHW, one group", layer: "group", shape: [2, 5, 9], gamma: [5], beta: [5], options: { groups: 1 } },
  { why: "groups of one channel", layer: "group", shape: [2, 6, 33], gamma: [6], options: { groups: 6 } },
  { why: "[N, C]", layer: "group", shape: [6, 24], gamma: [24], beta: [24], options: { groups: 4 } },
  { why: "NHWC, vec4 channels", layer: "group", shape: [2, 6, 5, 32], gamma: [32], beta: [32], options: { groups: 4, ...nhwc } },
  { why: "NHWC, odd channels", layer: "group", shape: [2, 6, 5, 15], gamma: [15], beta: [15], options: { groups: 5, ...nhwc } },
  { why: "NHWC, 10 channels: two repeats side by side", layer: "group", shape: [2, 6, 5, 10], gamma: [10], beta: [10], options: { groups: 5, ...nhwc } },
  { why: "NHWC, groups longer than a run", layer: "group", shape: [2, 9, 80], gamma: [80], options: { groups: 2, ...nhwc } },
  { why: "NHWC, long runs by columns", layer: "group", shape: [2, 40, 80], gamma: [80], beta: [80], options: { groups: 2, ...nhwc } },
  { why: "NHWC, odd long runs by columns", layer: "group", shape: [2, 36, 105], gamma: [105], options: { groups: 3, ...nhwc } },
  { why: "per sample parameters", layer: "group", shape: [3, 12, 4, 4], gamma: [3, 12, 1, 1], beta: [3, 12, 1, 1], options: { groups: 4 } },
  { why: "spatial parameters (SPADE)", layer: "group", shape: [3, 12, 4, 4], gamma: [3, 12, 4, 4], beta: [4, 4], options: { groups: 4 } },
  {
    why: "residual, bias, activation",
    layer: "group",
    shape: [2, 8, 6, 6],
    gamma: [8],
    beta: [8],
    residual: [2, 8, 6, 6],
    residualBias: [8],
    options: { groups: 2, activation: "silu" },
  },
  { why: "few long groups", layer: "group", shape: [1, 6, 100, 90], gamma: [6], beta: [6], residualBias: [6], options: { groups: 2 } },
  {
    why: "NHWC, residual that broadcasts",
    layer: "group",
    shape: [2, 4, 4, 16],
    gamma: [16],
    residual: [2, 1, 1, 16],
    residualBias: [16],
    options: { groups: 4, ...nhwc },
  },
  { why: "NCHW", layer: "instance", shape: [3, 5, 8, 8], gamma: [5], beta: [5] },
  { why: "NHWC", layer: "instance", shape: [3, 8, 8, 12], gamma: [12], beta: [12], options: nhwc },
  { why: "NHWC, odd channels, activation", layer: "instance", shape: [2, 9, 9, 3], gamma: [3], options: { ...nhwc, activation: "tanh" } },
  {
    why: "NHWC, 3 channels: four repeats side by side",
    layer: "instance",
    shape: [3, 8, 9, 3],
    gamma: [3],
    beta: [3],
    options: { ...nhwc, activation: "relu" },
  },
  { why: "NHWC, 3 channels of many samples", layer: "instance", shape: [8, 64, 44, 3], gamma: [3], beta: [3], options: nhwc },
  { why: "NHWC, many columns", layer: "instance", shape: [2, 7, 7, 128], gamma: [128], beta: [128], options: nhwc },
  { why: "NCHW, odd planes by lanes of the tensor", layer: "instance", shape: [4, 8, 47, 47], gamma: [8], beta: [8], options: { activation: "silu" } },
  { why: "one position: y = beta", layer: "instance", shape: [3, 5], beta: [5] },
  { why: "one long channel", layer: "instance", shape: [1, 1, 200, 300], gamma: [1], beta: [1] },
  { why: "[N, C, L]", layer: "instance", shape: [4, 6, 50] },
  // BatchNorm.
  { why: "training NCHW", layer: "batch", shape: [6, 5, 8, 8], gamma: [5], beta: [5], options: training },
  { why: "training NCHW, odd planes", layer: "batch", shape: [6, 5, 7, 7], gamma: [5], beta: [5], options: training },
  { why: "training NCHW, odd planes by lanes of the tensor", layer: "batch", shape: [4, 5, 7, 9], gamma: [5], beta: [5], options: training },
  { why: "training NCHW, long odd planes in slices", layer: "batch", shape: [2, 2, 301, 129], gamma: [2], beta: [2], options: training },
  { why: "training NHWC", layer: "batch", shape: [4, 6, 6, 20], gamma: [20], beta: [20], options: { ...training, ...nhwc } },
  {
    why: "training NHWC, 3 channels: four repeats side by side",
    layer: "batch",
    shape: [4, 6, 6, 3],
    gamma: [3],
    beta: [3],
    options: { ...training, ...nhwc },
  },
  { why: "training NHWC, 6 channels: two repeats side by side", layer: "batch", shape: [3, 6, 6, 6], gamma: [6], beta: [6], options: { ...training, ...nhwc } },
  { why: "training [N, C]", layer: "batch", shape: [50, 18], gamma: [18], beta: [18], options: training },
  { why: "training [N, C, L], short runs", layer: "batch", shape: [20, 6, 5], gamma: [6], options: training },
  { why: "training, one sample", layer: "batch", shape: [1, 3, 64, 64], gamma: [3], beta: [3], options: training },
  { why: "training, one channel", layer: "batch", shape: [5, 1, 3], gamma: [1], options: training },
  { why: "training, several channel axes", layer: "batch", shape: [6, 3, 4, 5], gamma: [3, 5], beta: [3, 5], options: { ...training, channelAxis: [1, 3] } },
  { why: "training, first axis", layer: "batch", shape: [4, 50], gamma: [4], options: { ...training, channelAxis: 0 } },
  {
    why: "training, residual and activation",
    layer: "batch",
    shape: [4, 8, 6, 6],
    gamma: [8],
    beta: [8],
    residual: [4, 8, 6, 6],
    residualBias: [8],
    options: { ...training, activation: "relu" },
  },
  {
    why: "training NHWC, residual and activation",
    layer: "batch",
    shape: [4, 6, 6, 8],
    gamma: [8],
    beta: [8],
    residual: [4, 6, 6, 8],
    residualBias: [8],
    options: { ...training, ...nhwc, activation: "gelu" },
  },
  { why: "training, per sample parameters", layer: "batch", shape: [4, 8, 6, 6], gamma: [4, 8, 1, 1], beta: [4, 8, 1, 1], options: training },
  { why: "eval NCHW", layer: "batch", shape: [6, 5, 8, 8], gamma: [5], beta: [5], options: evaluation },
  { why: "eval NCHW, odd planes", layer: "batch", shape: [2, 5, 7, 7], gamma: [5], beta: [5], options: evaluation },
  { why: "eval NHWC", layer: "batch", shape: [4, 6, 6, 20], gamma: [20], beta: [20], options: { ...evaluation, ...nhwc } },
  { why: "eval, per position parameters", layer: "batch", shape: [4, 6, 6], gamma: [6, 6], beta: [6, 6], options: { ...evaluation, channelAxis: [1, 2] } },
  {
    why: "eval, fused",
    layer: "batch",
    shape: [2, 8, 6, 6],
    gamma: [8],
    beta: [8],
    residual: [2, 8, 6, 6],
    residualBias: [8],
    options: { ...evaluation, activation: "silu" },
  },
  {
    why: "eval NHWC, fused",
    layer: "batch",
    shape: [2, 6, 6, 8],
    gamma: [8],
    beta: [8],
    residual: [2, 6, 6, 8],
    residualBias: [8],
    options: { ...evaluation, ...nhwc, activation: "sigmoid" },
  },
  {
    why: "eval, several channel axes apart",
    layer: "batch",
    shape: [6, 3, 4, 5],
    gamma: [3, 5],
    beta: [3, 5],
    options: { ...evaluation, channelAxis: [1, 3] },
  },
  // Every activation.
  ...(["relu", "silu", "gelu", "gelu_tanh", "sigmoid", "tanh"] as const).map((activation) => ({
    why: `activation ${activation}`,
    layer: "layer" as const,
    shape: [40, 129],
    gamma: [129],
    beta: [129],
    options: { activation },
  })),
];
