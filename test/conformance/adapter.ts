import {
  BatchNorm,
  groupNorm,
  groupNormBackward,
  InstanceNorm,
  instanceNorm,
  instanceNormBackward,
  layerNorm,
  layerNormBackward,
  rmsNorm,
  rmsNormBackward,
  type BackwardResult,
  type Dtype,
  type ForwardResult,
  type Gpu,
  type Saved,
  type Tensor,
} from "../../src/index.ts";
import { runBatchChannel } from "./adapter-batch-channel.ts";
import { runKin } from "./adapter-kin.ts";
import { runNorms } from "./adapter-norms.ts";
import { runWeights } from "./adapter-weights.ts";
import type { Case, Values } from "./check.ts";
import { interpret, type InputName, type Meaning } from "./interpret.ts";

/** Runs a case through the public API on the GPU; null where it is not supported. */
export async function run(testCase: Case, gpu: Gpu): Promise<Record<string, ArrayLike<number>> | null> {
  const meaning = interpret(testCase);
  if (!meaning) return (await runNorms(testCase, gpu)) ?? (await runWeights(testCase, gpu)) ?? (await runBatchChannel(testCase, gpu)) ?? runKin(testCase, gpu);
  const tensors = upload(gpu, meaning.inputs);
  try {
    if (meaning.layer === "batch") return await runBatch(gpu, meaning, tensors);
    if (meaning.layer === "instance" && meaning.inputs.mean) return await runInstance(gpu, meaning, tensors);
    const result = forward(gpu, meaning, tensors);
    const gradients = meaning.backward ? backward(gpu, meaning, tensors, result.saved!) : null;
    return { ...(await read(result)), ...(gradients && (await readGradients(gradients))) };
  } finally {
    for (const tensor of Object.values(tensors)) tensor?.destroy();
  }
}

type Tensors = Partial<Record<InputName, Tensor>>;

function upload(gpu: Gpu, inputs: Meaning["inputs"]): Tensors {
  const present = Object.entries(inputs).filter((entry): entry is [InputName, Values] => entry[1] !== undefined);
  return Object.fromEntries(present.map(([name, { data, shape, dtype }]) => [name, gpu.tensor(data, shape, { dtype: storedAs(dtype) })]));
}

/** What a case's dtype is here: bfloat16 and float64 are run in f32. */
function storedAs(dtype: string): Dtype {
  return dtype === "float16" ? "f16" : "f32";
}

function forward(gpu: Gpu, { layer, options }: Meaning, { x, ...given }: Tensors): ForwardResult {
  const { gamma, beta, residual, residualBias } = given;
  const { axes, parameterLayout, center, groups, layout, ...common } = options;
  const all = { ...common, gamma, beta, residual, residualBias };
  if (layer === "layer") return layerNorm(gpu, x!, { ...all, axes, parameterLayout, center });
  if (layer === "rms") return rmsNorm(gpu, x!, { ...all, axes, parameterLayout });
  if (layer === "group") return groupNorm(gpu, x!, { ...all, groups: groups!, layout });
  return instanceNorm(gpu, x!, { ...all, layout });
}

function backward(gpu: Gpu, { layer, options }: Meaning, { dy, gamma, beta }: Tensors, saved: Saved): BackwardResult {
  const { axes, parameterLayout, center, groups, layout, ...common } = options;
  const all = { ...common, gamma, beta };
  if (layer === "layer") return layerNormBackward(gpu, dy!, saved, { ...all, axes, parameterLayout, center });
  if (layer === "rms") return rmsNormBackward(gpu, dy!, saved, { ...all, axes, parameterLayout });
  if (layer === "group") return groupNormBackward(gpu, dy!, saved, { ...all, groups: groups!, layout });
  return instanceNormBackward(gpu, dy!, saved, { ...all, layout });
}

async function readGradients({ dx, dgamma, dbeta, dresidual, dresidualBias, dmean, dvariance }: BackwardResult): Promise<Record<string, ArrayLike<number>>> {
  const named = { dx, dscale: dgamma, dbias: dbeta, dskip: dresidual, dskip_bias: dresidualBias, dmean, dvar: dvariance };
  const found = Object.entries(named).filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
  return Object.fromEntries(await Promise.all(found.map(async ([name, tensor]) => [name, await tensor.read()] as const)));
}

/** One call of a layer with running statistics, forward and backward, and what it leaves in them. */
async function runLayer(
  norm: BatchNorm | InstanceNorm,
  { inputs, mode, backward: goesBack }: Meaning,
  { x, dy, gamma, beta }: Tensors,
): Promise<Record<string, ArrayLike<number>>> {
  if (inputs.mean) norm.runningMean!.write(inputs.mean.data);
  if (inputs.variance) norm.runningVariance!.write(inputs.variance.data);
  norm.training = mode !== "inference";
  let result = norm.forward(x!, { gamma, beta });
  if (mode === "train_then_infer") {
    norm.training = false;
    result = norm.forward(x!, { gamma, beta });
  }
  const gradients = goesBack ? norm.backward(dy!, result.saved!, { gamma, beta, wants: { dmean: true, dvariance: true } }) : null;
  const outputs = { ...(await read(result)), ...(gradients && (await readGradients(gradients))) };
  if (norm.runningMean) outputs["running_mean"] = await norm.runningMean.read();
  if (norm.runningVariance) outputs["running_var"] = await norm.runningVariance.read();
  norm.destroy();
  return outputs;
}

function runInstance(gpu: Gpu, meaning: Meaning, tensors: Tensors): Promise<Record<string, ArrayLike<number>>> {
  const { eps, activation, layout, momentum, momentumConvention, runningVariance } = meaning.options;
  const options = { eps, activation, layout, momentum, momentumConvention, runningVariance };
  const channels = meaning.inputs.x!.shape[layout === "nhwc" ? meaning.inputs.x!.shape.length - 1 : 1]!;
  return runLayer(new InstanceNorm(gpu, { ...options, channels, affine: false, trackRunningStats: true }), meaning, tensors);
}

function runBatch(gpu: Gpu, meaning: Meaning, tensors: Tensors): Promise<Record<string, ArrayLike<number>>> {
  const { channelAxis = [1], eps, activation, momentum, momentumConvention, runningVariance } = meaning.options;
  const channels = channelAxis.map((axis) => meaning.inputs.x!.shape[axis]!);
  const trackRunningStats = meaning.inputs.mean !== undefined;
  const options = { channels, channelAxis, eps, activation, momentum, momentumConvention, runningVariance, affine: false, trackRunningStats };
  return runLayer(new BatchNorm(gpu, options), meaning, tensors);
}

async function read({ y, sum, saved }: ForwardResult): Promise<Record<string, ArrayLike<number>>> {
  const mean = await saved!.mean?.read();
  const rstd = await saved!.rstd.read();
  const variance = await saved!.variance.read();
  return {
    y: await y.read(),
    ...(sum && { sum: await sum.read() }),
    ...(mean && { mean, batch_mean: mean, saved_mean: mean }),
    inv_std: rstd,
    saved_inv_std: rstd,
    batch_var: variance,
  };
}
