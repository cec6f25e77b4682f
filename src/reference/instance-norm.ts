import { ShapeError } from "../core/errors.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import { batchNormDefinition } from "./batch-norm.ts";
import { channelAxis, channelMap, type ChannelArguments } from "./channels.ts";
import { normalizeBackward, type NormBackward } from "./gradient.ts";
import { checkReduced, statisticMap } from "./moments.ts";
import type { NdArray } from "./nd-array.ts";
import { normalizeForward, type NormArguments, type NormDefinition, type NormForward } from "./normalize.ts";
import { checkRunning, movedStatistics, type RunningArguments, type RunningStatistics } from "./running-statistics.ts";

export interface InstanceNormArguments extends NormArguments, ChannelArguments, RunningArguments {
  /** True (default): statistics of each instance. False: the given mean and variance, as batch normalization does in eval. */
  training?: boolean;
}

/** Outputs of a forward call; the running statistics after it, where they were given in training. */
export interface InstanceNormForward extends NormForward, RunningStatistics {}

/**
 * Instance normalization: each channel of each sample over its positions; over one position y = beta.
 *
 *     xhat = (x - mean) / sqrt(variance + eps), biased variance;  y = activation(xhat * gamma + beta)
 *     running    new = old + momentum * (average over the samples - old), as PyTorch's track_running_stats
 *
 * Ulyanov, Vedaldi & Lempitsky 2016 (arXiv:1607.08022), equation 4.
 * @param x [N, C, ...], or [N, ..., C] in layout nhwc
 * @param args gamma, beta, residualBias: [C] or a shape that broadcasts to x; mean, variance: C values
 * @returns y of x's shape; mean, rstd and variance [N, C], flat ([C] with `training: false`)
 * @throws ShapeError where shapes do not fit, or a channel has no position; OptionError where an option's value is none
 */
export function instanceNormForward(x: NdArray, args: InstanceNormArguments = {}): InstanceNormForward {
  const definition = instanceNormDefinition("instanceNormForward", x.shape, args);
  const forward = normalizeForward(x, args, definition);
  if (args.training === false || !args.mean) return forward;
  const samples = x.shape[0]!;
  const average = { mean: averageOverSamples(forward.mean, samples), variance: averageOverSamples(forward.variance, samples) };
  return { ...forward, ...movedStatistics(args, average, samples && definition.count) };
}

/**
 * Gradients of {@link instanceNormForward}: dx = rstd * (h - mean(h) - xhat * mean(h * xhat)) over each channel of each sample,
 * h = dy * activation' * gamma; with `training: false` those of batch normalization in eval.
 * @param dy x's shape
 * @throws ShapeError, OptionError
 */
export function instanceNormBackward(dy: NdArray, x: NdArray, args: InstanceNormArguments = {}): NormBackward {
  return normalizeBackward(dy, x, args, instanceNormDefinition("instanceNormBackward", x.shape, args));
}

function instanceNormDefinition(call: string, x: Shape, args: InstanceNormArguments): NormDefinition {
  const axis = channelAxis(x, args.layout, call);
  if (args.training === false) return batchNormDefinition(call, x, { ...args, training: false });
  const map = statisticMap(
    x,
    [...x.keys()].filter((place) => place !== 0 && place !== axis),
  );
  checkReduced(map, x, call);
  checkRunning(call, x, x[axis]!, args);
  if (args.mean && args.runningVariance !== "biased" && map.count === 1) {
    throw new ShapeError(`${call}: x is ${formatShape(x)}; an unbiased running variance needs more than 1 value per channel`);
  }
  return {
    call,
    shape: x,
    ...map,
    kind: "moments",
    subtractsMean: true,
    parameterMap: (parameter, name) => channelMap(parameter, x, [axis], name, call),
  };
}

function averageOverSamples(values: Float64Array, samples: number): Float64Array {
  const average = new Float64Array(samples ? values.length / samples : 0);
  for (let i = 0; i < values.length; i++) average[i % average.length]! += values[i]! / samples;
  return average;
}
