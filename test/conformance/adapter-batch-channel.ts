import { BatchChannelNorm, EstimatedBatchNorm, type Gpu, type Tensor } from "../../src/index.ts";
import type { Case } from "./check.ts";

type Outputs = Record<string, ArrayLike<number>>;
type Tensors = Readonly<Record<string, Tensor>>;

/** Runs a case of batch-channel or estimated batch normalization through the public API on the GPU; null where its op is another. */
export async function runBatchChannel(testCase: Case, gpu: Gpu): Promise<Outputs | null> {
  if (testCase.op !== "batch_channel_norm" && testCase.op !== "est_batch_norm") return null;
  const uploaded = Object.entries(testCase.inputs).map(([name, { data, shape }]) => [name, gpu.tensor(data, shape)] as const);
  try {
    const tensors = Object.fromEntries(uploaded);
    return await (testCase.op === "est_batch_norm" ? runEstimated(testCase, tensors, gpu) : runChannel(testCase, tensors, gpu));
  } finally {
    for (const [, tensor] of uploaded) tensor.destroy();
  }
}

/** Attributes that both layers have. */
function shared({ attrs, inputs }: Case): { channels: number; channelAxis: number; eps: number } {
  const channelAxis = (attrs["axis"] as number | undefined) ?? 1;
  return { channels: inputs["x"]!.shape.at(channelAxis)!, channelAxis, eps: (attrs["epsilon"] as number | undefined) ?? 1e-5 };
}

/** Puts a case's parameters and running statistics into a layer's tensors; ones and zeros stay where it has none. */
function fill(testCase: Case, targets: Readonly<Record<string, Tensor | null | undefined>>): void {
  for (const [name, target] of Object.entries(targets)) {
    const values = testCase.inputs[name];
    if (values && target) target.write(values.data);
  }
}

async function runEstimated(testCase: Case, { x, dy }: Tensors, gpu: Gpu): Promise<Outputs> {
  const norm = new EstimatedBatchNorm(gpu, { ...shared(testCase), movingSpeed: (testCase.attrs["moving_speed"] as number | undefined) ?? 0 });
  fill(testCase, { scale: norm.gamma, bias: norm.beta, mean: norm.runningMean, var: norm.runningVariance });
  norm.training = testCase.attrs["mode"] !== "inference";
  const { y, saved } = norm.forward(x!);
  const gradients = dy && norm.backward(dy, saved!);
  return {
    y: await y.read(),
    running_mean: await norm.runningMean.read(),
    running_var: await norm.runningVariance.read(),
    ...(gradients && { dx: await gradients.dx.read(), dscale: await gradients.dgamma!.read(), dbias: await gradients.dbeta!.read() }),
  };
}

async function runChannel(testCase: Case, { x, dy }: Tensors, gpu: Gpu): Promise<Outputs> {
  const { attrs } = testCase;
  const { channels, channelAxis, eps } = shared(testCase);
  const norm = new BatchChannelNorm(gpu, {
    channels,
    eps,
    layout: channelAxis === 1 ? "nchw" : "nhwc",
    groups: attrs["groups"] as number,
    ...(attrs["moving_speed"] !== undefined && { movingSpeed: attrs["moving_speed"] as number }),
    ...(attrs["momentum"] !== undefined && { momentum: attrs["momentum"] as number }),
    momentumConvention: (attrs["momentum_convention"] as "update" | "retain" | undefined) ?? "update",
    runningVariance: (attrs["running_var"] as "biased" | "unbiased" | undefined) ?? "unbiased",
  });
  const { batch, channel } = norm;
  fill(testCase, { scale: channel.gamma, bias: channel.beta, bn_scale: batch.gamma, bn_bias: batch.beta, mean: batch.runningMean, var: batch.runningVariance });
  norm.training = attrs["mode"] !== "inference";
  const { y, saved } = norm.forward(x!);
  const gradients = dy && norm.backward(dy, saved!);
  return {
    y: await y.read(),
    running_mean: await batch.runningMean!.read(),
    running_var: await batch.runningVariance!.read(),
    ...(gradients && {
      dx: await gradients.dx.read(),
      dscale: await gradients.dgamma!.read(),
      dbias: await gradients.dbeta!.read(),
      dbn_scale: await gradients.dbnGamma!.read(),
      dbn_bias: await gradients.dbnBeta!.read(),
    }),
  };
}
