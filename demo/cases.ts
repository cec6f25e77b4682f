import {
  BatchNorm,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  RMSNorm,
  type BackwardOptions,
  type BackwardResult,
  type ForwardOptions,
  type ForwardResult,
  type Gpu,
  type Plan,
  type Saved,
  type Tensor,
} from "../src/index.ts";
import {
  batchNormForward,
  groupNormForward,
  instanceNormForward,
  layerNormForward,
  rmsNormForward,
  type NdArray,
  type NormBackward,
  type NormForward,
} from "../src/reference/index.ts";

/** A layer over a shape, as the table shows it. */
export interface Case {
  readonly layer: string;
  readonly shape: readonly number[];
  readonly layout: "NCHW" | "NHWC" | "rows";
  readonly residual: boolean;
  /** Makes the layer. gamma, beta and statistics are set from `parameters`. */
  readonly make: (gpu: Gpu) => Layer;
  /** The float64 reference's output for the same input. */
  readonly expected: (x: NdArray, residual: NdArray | null, parameters: Parameters) => NormForward;
  /** The float64 reference's gradients, where the case is the backward call. */
  readonly expectedBackward?: (dy: NdArray, x: NdArray, parameters: Parameters) => NormBackward;
}

/** What the table needs of a layer object. */
export interface Layer {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly runningMean?: Tensor | null;
  readonly runningVariance?: Tensor | null;
  forward(x: Tensor, options?: ForwardOptions): ForwardResult;
  backward(dy: Tensor, saved: Saved, options?: BackwardOptions): BackwardResult;
  plan(shape: readonly number[], given: { residual: boolean; saved: boolean; sum: boolean }): Plan;
  planBackward(shape: readonly number[]): Plan;
  destroy(): void;
}

/** Values of the parameters, one per channel or feature. */
export interface Parameters {
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** Values as a reference takes them. */
export const nd = (data: Float32Array): NdArray => ({ data, shape: [data.length] });

export function batchNorm(shape: readonly number[], nhwc: boolean, training: boolean): Case {
  const layout = nhwc ? "nhwc" : "nchw";
  return {
    layer: training ? "BatchNorm training" : "BatchNorm eval",
    shape,
    layout: nhwc ? "NHWC" : "NCHW",
    residual: false,
    make(gpu) {
      const norm = new BatchNorm(gpu, { channels: nhwc ? shape.at(-1)! : shape[1]!, layout });
      norm.training = training;
      return norm;
    },
    expected: (x, _, { gamma, beta, mean, variance }) => batchNormForward(x, { training, layout, gamma: nd(gamma), beta: nd(beta), mean, variance }),
  };
}

export function groupNorm(shape: readonly number[], nhwc: boolean, groups: number): Case {
  const layout = nhwc ? "nhwc" : "nchw";
  return {
    layer: `GroupNorm ${groups}`,
    shape,
    layout: nhwc ? "NHWC" : "NCHW",
    residual: false,
    make: (gpu) => new GroupNorm(gpu, { groups, channels: nhwc ? shape.at(-1)! : shape[1]!, layout }),
    expected: (x, _, { gamma, beta }) => groupNormForward(x, { groups, layout, gamma: nd(gamma), beta: nd(beta) }),
  };
}

export function instanceNorm(shape: readonly number[], nhwc: boolean): Case {
  const layout = nhwc ? "nhwc" : "nchw";
  return {
    layer: "InstanceNorm",
    shape,
    layout: nhwc ? "NHWC" : "NCHW",
    residual: false,
    make: (gpu) => new InstanceNorm(gpu, { channels: nhwc ? shape.at(-1)! : shape[1]!, layout, affine: true }),
    expected: (x, _, { gamma, beta }) => instanceNormForward(x, { layout, gamma: nd(gamma), beta: nd(beta) }),
  };
}

export function rows(shape: readonly number[], own: readonly number[], rms: boolean, residual: boolean): Case {
  const name = rms ? "RMSNorm" : "LayerNorm";
  const axes = own.map((_, place) => place - own.length);
  const as = (data: Float32Array): NdArray => ({ data, shape: own });
  return {
    layer: residual ? `residual + ${name}` : name,
    shape,
    layout: shape.length === 4 ? "NCHW" : "rows",
    residual,
    make: (gpu) => (rms ? new RMSNorm(gpu, { shape: own }) : new LayerNorm(gpu, { shape: own })),
    expected: (x, added, { gamma, beta }) =>
      rms ? rmsNormForward(x, { axes, residual: added, gamma: as(gamma) }) : layerNormForward(x, { axes, residual: added, gamma: as(gamma), beta: as(beta) }),
  };
}

/** Inputs of a ResNet-50's 3 x 3 convolutions: channels and side of each stage. */
export const STAGES = [
  [64, 56],
  [128, 28],
  [256, 14],
  [512, 7],
] as const;

/** The layers over one stage. */
export function stage(batch: number, [channels, side]: readonly [number, number], nhwc: boolean): Case[] {
  const shape = nhwc ? [batch, side, side, channels] : [batch, channels, side, side];
  const every = [batchNorm(shape, nhwc, true), batchNorm(shape, nhwc, false), groupNorm(shape, nhwc, 32), instanceNorm(shape, nhwc)];
  return nhwc || batch !== 8 ? every : [...every, rows(shape, shape.slice(1), false, false), rows(shape, shape.slice(1), true, false)];
}
