import type { Activation } from "../core/activation.ts";
import { OptionError, ShapeError, TensorError } from "../core/errors.ts";
import { formatShape, sizeOf, type Shape } from "../core/shape.ts";
import { statisticsView } from "../core/statistics-view.ts";
import type { Gpu } from "../gpu/device.ts";
import { run, type Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { CHANNELS } from "../plan/walks.ts";
import { statisticsStride, STATISTICS_PLANES, type ForwardRequest } from "../plan/request.ts";
import { PARTIAL_VALUES, planMergeMoments, planMoments } from "../plan/synchronized-plan.ts";
import { batchNormAxes, type BatchNormShared } from "./batch-norm.ts";
import { checkMomentum, isUnbiased } from "./running-statistics.ts";
import { channelStrides } from "./channels.ts";
import { meaningOf, runForward, type AffineParameters, type ForwardOptions, type ForwardResult, type NormSpec } from "./forward.ts";
import { checkActivation, checkEps } from "./norm.ts";
import { withStack } from "./partials.ts";
import { Saved } from "./saved.ts";

/** Where x's channels are. */
export interface ChannelPlace extends Pick<BatchNormShared, "layout"> {
  /** The axis that keeps a statistic each; overrides `layout`. */
  channelAxis?: number;
}

/** Options of {@link batchNormMoments}. */
export interface BatchNormMomentsOptions extends ChannelPlace, Recording {
  /** A result of an earlier call, written again. */
  out?: Tensor;
}

/**
 * The first third of a BatchNorm in training whose batch lies on several devices: the moments of this device's share. What comes out may be read, sent by any
 * transport, and merged with those of the other devices by {@link mergeMoments}.
 *
 * @param x [N, C, ...], [N, C] or, in layout nhwc, [N, ..., C]; N may differ between devices, and be 0
 * @returns [C, 4]: n, shift, sum of e and sum of e^2 of each channel, with e = x - shift
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function batchNormMoments(gpu: Gpu, x: Tensor, options: BatchNormMomentsOptions = {}): Tensor {
  const call = "batchNormMoments";
  gpu.need(call, { x });
  gpu.check(call, { out: options.out });
  const axes = batchNormAxes(call, x.shape, options);
  const channels = sizeOf(axes.map((axis) => x.shape[axis]!));
  const shape = [channels, PARTIAL_VALUES];
  if (options.out && sizeOf(options.out.shape) !== sizeOf(shape)) {
    throw new ShapeError(`${call}: out is ${formatShape(options.out.shape)}; wanted ${formatShape(shape)}`);
  }
  const moments = options.out ?? gpu.empty(shape);
  if (sizeOf(x.shape) === 0) {
    if (options.out) moments.write(new Float32Array(sizeOf(shape)));
    return moments;
  }
  const request = momentsRequest(x, axes);
  const plan = gpu.plans.remember(JSON.stringify([call, request]), (capabilities) => planMoments(request, capabilities));
  run(gpu, plan, { x, moments }, options, call);
  return moments;
}

function momentsRequest(x: Tensor, axes: readonly number[]): ForwardRequest {
  return {
    walks: CHANNELS,
    shape: x.shape,
    view: statisticsView(
      x.shape,
      x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)),
    ),
    parameters: {},
    residual: null,
    statistics: "moments",
    applies: false,
    subtractsMean: true,
    activation: "none",
    eps: 0,
    epsMode: "insideVariance",
    correction: 0,
    gammaScale: 1,
    gammaShift: 0,
    writesSum: false,
    writesStatistics: false,
    running: null,
    aligned: x.aligned,
  };
}

/** Options of {@link mergeMoments}. */
export interface MergeMomentsOptions extends Recording, Pick<BatchNormShared, "eps" | "runningVariance"> {
  /** Running mean and variance, [C], moved towards those of the whole batch; both or neither. */
  mean?: Tensor | null;
  variance?: Tensor | null;
  /** Weight of the new value. Default 0.1. */
  momentum?: number;
  /** A result of an earlier call, written again. */
  out?: BatchMoments;
}

/** Statistics of a whole batch, on one of the devices that share it. */
export class BatchMoments {
  readonly gpu: Gpu;
  /** The planes mean, rstd, shift, delta and variance in one tensor, as in `Saved`. */
  readonly statistics: Tensor;
  readonly channels: number;
  readonly eps: number;

  /** @internal Use {@link mergeMoments}. */
  constructor(gpu: Gpu, channels: number, eps: number) {
    this.gpu = gpu;
    this.channels = channels;
    this.eps = eps;
    this.statistics = gpu.empty([STATISTICS_PLANES, statisticsStride(channels)]);
  }

  /** Frees the statistics. Twice is fine. */
  destroy(): void {
    this.statistics.destroy();
  }
}

/**
 * The second third: partial moments of all devices to the mean and variance of the whole batch. Every device that is given the same partials in the same order gets
 * the same bits. Counts come from the partials.
 *
 * @param partials one tensor [devices, C, 4], or one [C, 4] of each device
 * @throws ShapeError, OptionError, TensorError, DeviceLostError
 */
export function mergeMoments(gpu: Gpu, partials: Tensor | readonly Tensor[], options: MergeMomentsOptions = {}): BatchMoments {
  const call = "mergeMoments";
  return withStack(gpu, partials, PARTIAL_VALUES, options, call, (stack) => mergeStack(gpu, stack, options, call));
}

function mergeStack(gpu: Gpu, partials: Tensor, options: MergeMomentsOptions, call: string): BatchMoments {
  const { mean, variance } = options;
  const eps = checkEps(options.eps ?? 1e-5, call);
  gpu.check(call, { mean, variance, out: options.out?.statistics });
  const [devices, channels] = partials.shape as [number, number];
  if (options.out && (options.out.channels !== channels || options.out.eps !== eps)) {
    throw new OptionError(`${call}: out has ${options.out.channels} channels and eps ${options.out.eps}; wanted ${channels} and ${eps}`);
  }
  if (Boolean(mean) !== Boolean(variance)) throw new OptionError(`${call}: ${mean ? "variance" : "mean"} is missing; mean and variance come together`);
  for (const [name, running] of Object.entries({ mean, variance })) {
    if (running && sizeOf(running.shape) !== channels) throw new ShapeError(`${call}: ${name} is ${formatShape(running.shape)}; wanted [${channels}]`);
  }
  const moves = mean ? { momentum: checkMomentum(options.momentum ?? 0.1, call), unbiased: isUnbiased(options, call) } : null;
  const plan = gpu.plans.remember(JSON.stringify([call, channels, devices, eps, moves]), (capabilities) =>
    planMergeMoments(channels, devices, { eps, running: moves }, capabilities),
  );
  const merged = options.out ?? new BatchMoments(gpu, channels, eps);
  run(gpu, plan, { partials, statistics: merged.statistics, running_mean: mean, running_variance: variance }, options, call);
  return merged;
}

/** Options of {@link batchNormApply}. */
export interface BatchNormApplyOptions extends ChannelPlace, AffineParameters, Omit<ForwardOptions, "residual" | "residualBias" | "sum" | "out"> {
  activation?: Activation;
  /** An earlier result, written again. */
  out?: { y?: Tensor };
}

/**
 * The last third: y = activation((x - mean) * rstd * gamma + beta) with the statistics of the whole batch.
 *
 * @returns y of x's shape; saved, for the backward calls, refers to x and to `moments`
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function batchNormApply(gpu: Gpu, x: Tensor, moments: BatchMoments, options: BatchNormApplyOptions = {}): ForwardResult {
  const call = "batchNormApply";
  if (!(moments instanceof BatchMoments)) throw new TensorError(`${call}: moments is ${typeof moments}; wanted what mergeMoments gave`);
  gpu.need(call, { x });
  gpu.check(call, { moments: moments.statistics });
  const spec = applySpec(call, x.shape, moments, options);
  const { y } = runForward(gpu, CHANNELS, call, x, () => spec, { ...options, saved: false }, { statistics: moments.statistics });
  if (options.saved === false) return { y };
  const parameters = { ...(options.gamma && { gamma: options.gamma.shape }), ...(options.beta && { beta: options.beta.shape }) };
  return { y, saved: Saved.over(gpu, x, { ...meaningOf(spec), inputs: { parameters, residual: null } }, moments) };
}

/** What the last third means for x of this shape. @throws ShapeError, OptionError */
export function applySpec(
  call: string,
  x: Shape,
  { channels, eps }: Pick<BatchMoments, "channels" | "eps">,
  options: ChannelPlace & { activation?: Activation },
): NormSpec {
  const axes = batchNormAxes(call, x, options);
  const own = axes.map((axis) => x[axis]!);
  if (sizeOf(own) !== channels) throw new ShapeError(`${call}: x is ${formatShape(x)}; channels (${own.join(", ")}) must equal those of moments (${channels})`);
  return {
    call,
    shape: x,
    cut: null,
    reduced: x.map((_, axis) => axis).filter((axis) => !axes.includes(axis)),
    statistics: "given",
    subtractsMean: true,
    activation: checkActivation(options.activation, call),
    eps,
    running: null,
    strides: (parameter) => channelStrides(parameter, x, axes),
    wanted: `${formatShape(own)} or a shape that broadcasts to ${formatShape(x)}`,
  };
}
