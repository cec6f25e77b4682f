import { describe, test } from "vitest";
import type { Activation } from "../../src/core/activation.ts";
import {
  batchNormBackward,
  batchNormForward,
  groupNormBackward,
  groupNormForward,
  instanceNormBackward,
  instanceNormForward,
  layerNormBackward,
  layerNormForward,
  rmsNormBackward,
  rmsNormForward,
  type NdArray,
  type NormArguments,
  type NormBackward,
  type NormForward,
} from "../../src/reference/index.ts";
import { normal } from "../data.ts";
import { expectSlopes, weighted } from "./central-differences.ts";

type Inputs = Record<string, NdArray>;

interface GradientCase {
  readonly name: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly forward: (inputs: Inputs) => NormForward;
  readonly backward: (dy: NdArray, inputs: Inputs) => NormBackward;
}

const fused = { gamma: [6], beta: [6], residual: [4, 6], residualBias: [6] };
const split = ({ x, ...args }: Inputs): [NdArray, NormArguments] => [x!, args as NormArguments];

function layer(
  name: string,
  shapes: GradientCase["shapes"],
  options: object,
  pair: readonly [(x: NdArray, args: never) => NormForward, (dy: NdArray, x: NdArray, args: never) => NormBackward],
): GradientCase {
  return {
    name,
    shapes,
    forward: (inputs) => {
      const [x, args] = split(inputs);
      return pair[0](x, { ...args, ...options } as never);
    },
    backward: (dy, inputs) => {
      const [x, args] = split(inputs);
      return pair[1](dy, x, { ...args, ...options } as never);
    },
  };
}

const LAYER = [layerNormForward, layerNormBackward] as const;
const RMS = [rmsNormForward, rmsNormBackward] as const;
const GROUP = [groupNormForward, groupNormBackward] as const;
const INSTANCE = [instanceNormForward, instanceNormBackward] as const;
const BATCH = [batchNormForward, batchNormBackward] as const;

/** Eval mode: mean and variance are inputs too. */
function evaluated(name: string, shapes: GradientCase["shapes"], options: object): GradientCase {
  const args = ({ x, mean, variance, ...rest }: Inputs): [NdArray, never] => [
    x!,
    { ...rest, ...options, training: false, mean: mean!.data, variance: variance!.data } as never,
  ];
  return { name, shapes, forward: (inputs) => batchNormForward(...args(inputs)), backward: (dy, inputs) => batchNormBackward(dy, ...args(inputs)) };
}

const ACTIVATED = ["relu", "silu", "gelu", "gelu_tanh", "sigmoid", "tanh"] as const satisfies readonly Activation[];
const image = { gamma: [6], beta: [6], residual: [6, 1], residualBias: [6] };

const CASES: readonly GradientCase[] = [
  layer("LayerNorm", { x: [4, 6], ...fused }, {}, LAYER),
  layer("LayerNorm over [0, 2]", { x: [3, 2, 4], gamma: [4], beta: [2, 1], residual: [3, 1, 4] }, { axes: [0, 2] }, LAYER),
  layer("LayerNorm, axes layout", { x: [3, 2, 4], gamma: [4, 3], beta: [4, 3], residualBias: [4, 3] }, { axes: [2, 0], parameterLayout: "axes" }, LAYER),
  layer("LayerNorm, per sample parameters", { x: [3, 2, 4], gamma: [3, 1, 4], beta: [3, 1, 1] }, {}, LAYER),
  layer("LayerNorm, center false, fused", { x: [4, 6], ...fused }, { center: false, activation: "silu" }, LAYER),
  layer("LayerNorm, no axes", { x: [4, 6], gamma: [6], beta: [6] }, { axes: [], eps: 0.5 }, LAYER),
  layer("LayerNorm, rank 0", { x: [], gamma: [], beta: [] }, { eps: 0.5 }, LAYER),
  layer("LayerNorm, large eps", { x: [4, 6] }, { eps: 3 }, LAYER),
  layer("RMSNorm", { x: [4, 6], ...fused }, {}, RMS),
  layer("RMSNorm over [2, 0], axes layout", { x: [3, 2, 4], gamma: [4, 3], beta: [2, 1] }, { axes: [2, 0], parameterLayout: "axes", activation: "gelu" }, RMS),
  layer("RMSNorm, no axes", { x: [4, 6], gamma: [6] }, { axes: [], eps: 0.5 }, RMS),
  layer("GroupNorm", { x: [2, 6, 3], ...image }, { groups: 2 }, GROUP),
  layer("GroupNorm, [N, C]", { x: [3, 6], gamma: [6], beta: [6] }, { groups: 2, activation: "tanh" }, GROUP),
  layer("GroupNorm NHWC", { x: [2, 3, 6], gamma: [2, 1, 6], beta: [6], residualBias: [6] }, { groups: 3, layout: "nhwc", activation: "silu" }, GROUP),
  layer("InstanceNorm", { x: [2, 6, 5], ...image }, { activation: "gelu_tanh" }, INSTANCE),
  layer("InstanceNorm NHWC", { x: [2, 5, 3], gamma: [3], beta: [2, 1, 3], residual: [2, 5, 3] }, { layout: "nhwc" }, INSTANCE),
  layer("BatchNorm training", { x: [4, 6, 2], ...image }, { training: true, activation: "sigmoid" }, BATCH),
  layer("BatchNorm training, [N, C]", { x: [5, 3], gamma: [3], beta: [3] }, { training: true }, BATCH),
  layer("BatchNorm training NHWC", { x: [4, 2, 3], gamma: [3], beta: [3], residual: [4, 2, 3] }, { training: true, layout: "nhwc" }, BATCH),
  layer(
    "BatchNorm training, channel axes [1, 2]",
    { x: [4, 2, 3], gamma: [2, 3], beta: [2, 3], residualBias: [2, 3] },
    { training: true, channelAxis: [1, 2] },
    BATCH,
  ),
  layer("BatchNorm training, channel axes [0, 2]", { x: [3, 4, 2], gamma: [3, 2], beta: [3, 2] }, { training: true, channelAxis: [2, 0] }, BATCH),
  evaluated("BatchNorm eval", { x: [4, 6, 2], ...image, mean: [6], variance: [6] }, { activation: "silu" }),
  evaluated("BatchNorm eval NHWC, large eps", { x: [4, 2, 3], gamma: [4, 1, 3], mean: [3], variance: [3] }, { layout: "nhwc", eps: 2 }),
  ...ACTIVATED.map((activation) => layer(`LayerNorm with ${activation}`, { x: [4, 6], gamma: [6], beta: [6] }, { activation }, LAYER)),
];

function inputsOf(shapes: GradientCase["shapes"]): Inputs {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => {
      const data = Float64Array.from(
        normal(
          shape.reduce((a, b) => a * b, 1),
          i + 1,
          name === "gamma" ? 1 : 0.3,
        ),
      );
      return [name, { data: name === "variance" ? data.map((v) => v * v + 0.5) : data, shape }];
    }),
  );
}

describe.each(CASES)("$name", ({ shapes, forward, backward }) => {
  const inputs = inputsOf(shapes);
  const dy: NdArray = { data: Float64Array.from(normal(inputs["x"]!.data.length, 99)), shape: inputs["x"]!.shape };
  const gradients = backward(dy, inputs) as unknown as Record<string, { data: Float64Array } | Float64Array>;

  test.each(Object.keys(shapes))("d%s agrees with central differences", (name) => {
    const found = gradients[`d${name}`]!;
    const gradient = found instanceof Float64Array ? found : found.data;
    const input = inputs[name]!;
    const loss = (data: Float64Array): number => weighted(forward({ ...inputs, [name]: { data, shape: input.shape } }).y, dy.data);
    expectSlopes(gradient, input.data, loss);
  });
});
