import {
  BatchChannelNorm,
  batchNorm,
  batchNormBackward,
  EstimatedBatchNorm,
  groupNorm,
  groupNormBackward,
  instanceNorm,
  instanceNormBackward,
  layerNorm,
  layerNormBackward,
  localResponseNorm,
  localResponseNormBackward,
  meanVarianceNorm,
  meanVarianceNormBackward,
  rmsNorm,
  rmsNormBackward,
  type Activation,
  type BackwardResult,
  type ForwardResult,
  type Gpu,
  type Tensor,
} from "../../../src/index.ts";
import * as reference from "../../../src/reference/index.ts";
import type { NdArray } from "../../../src/reference/index.ts";
import type { Answers, LayerRow, Sample } from "./sample.ts";

function tensorsOf({ y, sum, saved }: ForwardResult, { dx, dgamma, dbeta, dresidual }: BackwardResult): Record<string, Tensor> {
  return {
    y,
    ...(sum && { sum }),
    ...(saved?.mean && { mean: saved.mean }),
    rstd: saved!.rstd,
    ...(dx && { dx }),
    ...(dgamma && { dgamma }),
    ...(dbeta && { dbeta }),
    ...(dresidual && { dresidual }),
  };
}

function answersOf(forward: reference.NormForward, backward: reference.NormBackward): Answers {
  const { y, sum, mean, rstd } = forward;
  const { dx, dgamma, dbeta, dresidual } = backward;
  return {
    y,
    sum,
    mean,
    rstd,
    dx,
    ...(dgamma && { dgamma: dgamma.data }),
    ...(dbeta && { dbeta: dbeta.data }),
    ...(dresidual && { dresidual: dresidual.data }),
  };
}

const ROWS_SHAPES = { "rows of 4 lanes": [6, 16], "odd rows": [5, 33], "one row": [1, 130], "rank 3": [3, 4, 20] } as const;

function rowSamples(kind: "layer" | "rms"): Sample[] {
  const [forward, backward] = kind === "layer" ? [layerNorm, layerNormBackward] : [rmsNorm, rmsNormBackward];
  const [forward64, backward64] =
    kind === "layer" ? [reference.layerNormForward, reference.layerNormBackward] : [reference.rmsNormForward, reference.rmsNormBackward];
  return Object.entries(ROWS_SHAPES).flatMap(([name, x]) =>
    (["none", "silu"] as const).map((activation: Activation): Sample => {
      const feature = x.slice(-1);
      const shapes = { x, dy: x, gamma: feature, beta: feature, ...(activation === "none" && { residual: x }) };
      return {
        what: `${name} [${x.join(", ")}], activation ${activation}`,
        shapes,
        gpu: (gpu, { x: input, dy, ...given }) => {
          const result = forward(gpu, input!, { ...given, activation });
          return tensorsOf(result, backward(gpu, dy!, result.saved!, { ...given, activation }));
        },
        reference: ({ x: input, dy, ...given }) => answersOf(forward64(input!, { ...given, activation }), backward64(dy!, input!, { ...given, activation })),
      };
    }),
  );
}

const CHANNEL_SHAPES = { "odd planes": [3, 6, 5, 7], "even planes": [2, 8, 4, 8], "batch 1": [1, 4, 6, 6], "rank 2": [9, 8] } as const;

/** Parameters that a channel layer may be given, by their shape: one value a channel, a sample and channel, or an element. */
const AFFINE = {
  "no parameters": () => ({}),
  "per channel": (x: readonly number[]) => ({ gamma: [x[1]!], beta: [x[1]!] }),
  "per sample and channel": (x: readonly number[]) => ({ gamma: [x[0]!, x[1]!, ...x.slice(2).map(() => 1)], beta: [x[0]!, x[1]!, ...x.slice(2).map(() => 1)] }),
  "per element": (x: readonly number[]) => ({ gamma: x, beta: x }),
} as const satisfies Record<string, (x: readonly number[]) => Record<string, readonly number[]>>;

interface ChannelLayer {
  readonly forward: (gpu: Gpu, x: Tensor, options: Record<string, unknown>) => ForwardResult;
  readonly backward: (gpu: Gpu, dy: Tensor, saved: NonNullable<ForwardResult["saved"]>, options: Record<string, unknown>) => BackwardResult;
  readonly forward64: (x: NdArray, args: Record<string, unknown>) => reference.NormForward;
  readonly backward64: (dy: NdArray, x: NdArray, args: Record<string, unknown>) => reference.NormBackward;
  readonly options: Record<string, unknown>;
}

function channelSamples(layer: ChannelLayer): Sample[] {
  const samples: Sample[] = [];
  for (const [name, x] of Object.entries(CHANNEL_SHAPES)) {
    for (const [affine, shapesOf] of Object.entries(AFFINE)) {
      for (const layout of ["nchw", "nhwc"] as const) {
        const activation: Activation = affine === "per channel" ? "gelu_tanh" : "none";
        const options = { ...layer.options, layout, activation };
        samples.push({
          what: `${name} [${x.join(", ")}] ${layout}, ${affine}, activation ${activation}`,
          shapes: { x, dy: x, ...shapesOf(x), ...(affine === "no parameters" && { residual: x }) },
          channels: { layout },
          gpu: (gpu, { x: input, dy, ...given }) => {
            const result = layer.forward(gpu, input!, { ...options, ...given });
            return tensorsOf(result, layer.backward(gpu, dy!, result.saved!, { ...options, ...given }));
          },
          reference: ({ x: input, dy, ...given }) =>
            answersOf(layer.forward64(input!, { ...options, ...given }), layer.backward64(dy!, input!, { ...options, ...given })),
        });
      }
    }
  }
  return samples;
}

/** Layers that own what they normalize with: one for each call, for a forward call moves its statistics. */
function movingSamples(what: "EstimatedBatchNorm" | "BatchChannelNorm"): Sample[] {
  const movingSpeed = 0.3;
  return Object.entries(CHANNEL_SHAPES).flatMap(([name, x]) =>
    (["nchw", "nhwc"] as const).map((layout): Sample => {
      const [, channels] = x;
      const start = { mean: new Float32Array(channels), variance: new Float32Array(channels).fill(1) };
      const args = { layout, training: true, ...start, movingSpeed };
      const shared = { shapes: { x, dy: x }, channels: { layout }, what: `${name} [${x.join(", ")}] ${layout}` };
      if (what === "EstimatedBatchNorm") {
        return {
          ...shared,
          gpu: (gpu, { x: input, dy }) => {
            const norm = new EstimatedBatchNorm(gpu, { channels, movingSpeed, layout });
            const result = norm.forward(input!);
            const { runningMean, runningVariance } = norm;
            return { ...tensorsOf(result, { dx: norm.backward(dy!, result.saved!).dx }), runningMean, runningVariance };
          },
          reference: ({ x: input, dy }) => {
            const forward = reference.estimatedBatchNormForward(input!, args);
            const { runningMean, runningVariance } = forward;
            return { ...answersOf(forward, reference.estimatedBatchNormBackward(dy!, input!, args)), runningMean, runningVariance };
          },
        };
      }
      return {
        ...shared,
        gpu: (gpu, { x: input, dy }) => {
          const norm = new BatchChannelNorm(gpu, { channels, groups: 2, movingSpeed, layout });
          const { y, saved } = norm.forward(input!);
          return { y, dx: norm.backward(dy!, saved!).dx };
        },
        reference: ({ x: input, dy }) => ({
          y: reference.batchChannelNormForward(input!, { ...args, groups: 2 }).y,
          dx: reference.batchChannelNormBackward(dy!, input!, { ...args, groups: 2 }).dx,
        }),
      };
    }),
  );
}

function responseSamples(): Sample[] {
  return Object.entries(CHANNEL_SHAPES).flatMap(([name, x]) =>
    (["nchw", "nhwc"] as const).map((layout): Sample => {
      const options = { size: 3, alpha: 0.5, beta: 0.75, k: 2, layout };
      return {
        what: `${name} [${x.join(", ")}] ${layout}`,
        shapes: { x, dy: x },
        channels: { layout },
        gpu: (gpu, { x: input, dy }) => {
          const { y, saved } = localResponseNorm(gpu, input!, options);
          return { y, dx: localResponseNormBackward(gpu, dy!, saved!).dx };
        },
        reference: ({ x: input, dy }) => ({
          y: reference.localResponseNormForward(input!, options).y,
          dx: reference.localResponseNormBackward(dy!, input!, options).dx,
        }),
      };
    }),
  );
}

function meanVarianceSamples(): Sample[] {
  return [[0, 2, 3], [1], [0, 2], []].flatMap((axes) =>
    (["insideVariance", "outsideStd"] as const).map((epsMode): Sample => {
      const options = { axes, epsMode, eps: 1e-3 };
      const x = [3, 4, 5, 6];
      return {
        what: `axes [${axes.join(", ")}], eps ${epsMode}`,
        shapes: { x, dy: x },
        gpu: (gpu, { x: input, dy }) => {
          const result = meanVarianceNorm(gpu, input!, options);
          return tensorsOf(result, meanVarianceNormBackward(gpu, dy!, result.saved!, options));
        },
        reference: ({ x: input, dy }) =>
          answersOf(reference.meanVarianceNormForward(input!, options), reference.meanVarianceNormBackward(dy!, input!, options)),
      };
    }),
  );
}

const call = (options: Record<string, unknown>, forward: unknown, backward: unknown, forward64: unknown, backward64: unknown): ChannelLayer =>
  ({ options, forward, backward, forward64, backward64 }) as ChannelLayer;

/** One row for each layer with statistics. */
export const NORM_ROWS: readonly LayerRow[] = [
  { layer: "LayerNorm", samples: rowSamples("layer") },
  { layer: "RMSNorm", samples: rowSamples("rms") },
  {
    layer: "BatchNorm",
    samples: channelSamples(call({ training: true }, batchNorm, batchNormBackward, reference.batchNormForward, reference.batchNormBackward)),
  },
  {
    layer: "GroupNorm",
    samples: channelSamples(call({ groups: 2 }, groupNorm, groupNormBackward, reference.groupNormForward, reference.groupNormBackward)),
  },
  {
    layer: "InstanceNorm",
    samples: channelSamples(call({}, instanceNorm, instanceNormBackward, reference.instanceNormForward, reference.instanceNormBackward)),
  },
  { layer: "EstimatedBatchNorm", samples: movingSamples("EstimatedBatchNorm") },
  {
    layer: "BatchChannelNorm",
    samples: movingSamples("BatchChannelNorm"),
    plainDataOnly: "what lies between the two normalizations is rounded to f32, and the second one enlarges that where estimates are far from the data",
  },
  { layer: "MeanVarianceNorm", samples: meanVarianceSamples() },
  { layer: "LocalResponseNorm", samples: responseSamples() },
];
