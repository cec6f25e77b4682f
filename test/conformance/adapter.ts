import { BatchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm, type Dtype, type ForwardResult, type Gpu, type Tensor } from "../../src/index.ts";
import { runNorms } from "./adapter-norms.ts";
import type { Case, Values } from "./check.ts";
import { interpret, type InputName, type Meaning } from "./interpret.ts";

/** Runs a case through the public API on the GPU; null where it is not supported. */
export async function run(testCase: Case, gpu: Gpu): Promise<Record<string, ArrayLike<number>> | null> {
  const meaning = interpret(testCase);
  if (!meaning) return runNorms(testCase, gpu);
  if (meaning.backward) return null;
  const tensors = upload(gpu, meaning.inputs);
  try {
    return meaning.layer === "batch" ? await runBatch(gpu, meaning, tensors) : await read(forward(gpu, meaning, tensors));
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

async function runBatch(gpu: Gpu, { inputs, options, mode }: Meaning, tensors: Tensors): Promise<Record<string, ArrayLike<number>>> {
  const { channelAxis = [1], eps, activation, momentum, momentumConvention, runningVariance } = options;
  const channels = channelAxis.map((axis) => inputs.x!.shape[axis]!);
  const trackRunningStats = inputs.mean !== undefined;
  const norm = new BatchNorm(gpu, { channels, channelAxis, eps, activation, momentum, momentumConvention, runningVariance, affine: false, trackRunningStats });
  if (inputs.mean) norm.runningMean!.write(inputs.mean.data);
  if (inputs.variance) norm.runningVariance!.write(inputs.variance.data);
  const { x, gamma, beta } = tensors;
  norm.training = mode !== "inference";
  let result = norm.forward(x!, { gamma, beta });
  if (mode === "train_then_infer") {
    norm.training = false;
    result = norm.forward(x!, { gamma, beta });
  }
  const outputs = await read(result);
  if (norm.runningMean) outputs["running_mean"] = await norm.runningMean.read();
  if (norm.runningVariance) outputs["running_var"] = await norm.runningVariance.read();
  norm.destroy();
  return outputs;
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
