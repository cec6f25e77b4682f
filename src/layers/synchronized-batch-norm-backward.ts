import type { Activation } from "../core/activation.ts";
import { ShapeError, TensorError } from "../core/errors.ts";
import { checkSame, sizeOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { run, type Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { CHANNEL_GRADIENTS } from "../plan/walks.ts";
import { COEFFICIENT_PLANES } from "../plan/gradient-apply.ts";
import { statisticsStride } from "../plan/request.ts";
import { GRADIENT_VALUES, planApplyGradients, planGradientMoments, planMergeGradients } from "../plan/synchronized-backward-plan.ts";
import { checkAddedTo } from "./accumulate.ts";
import { checkMeaning, describeCall, type BackwardCall } from "./backward.ts";
import { aligned, type AffineParameters, type NormSpec } from "./forward.ts";
import { withStack } from "./partials.ts";
import { Saved } from "./saved.ts";
import { applySpec, type ChannelPlace } from "./synchronized-batch-norm.ts";

/** What the backward calls must be told again of the forward call. */
interface AgainOptions extends ChannelPlace, AffineParameters, Recording {
  activation?: Activation;
}

/** Options of {@link batchNormBackwardMoments}. */
export interface BatchNormBackwardMomentsOptions extends AgainOptions {
  /** True: dgamma and dbeta are added to what stands in the tensors that `out` brings for them. */
  accumulate?: boolean;
  /** A result of an earlier call, written again. */
  out?: Partial<BatchNormBackwardMoments>;
}

/** The first third of a synchronized backward. */
export interface BatchNormBackwardMoments {
  /** [C, 8]: n, s, sum of e, sum of e * xhat, sum of xhat, sum of h, and two values that say nothing; e = h - s. To be sent to the other devices. */
  moments: Tensor;
  /** Gradients of this device's share, f32, in gamma's and beta's shape: those of the whole batch are the sums over the devices. */
  dgamma?: Tensor;
  dbeta?: Tensor;
}

function checkSaved(call: string, saved: unknown): asserts saved is Saved {
  if (!(saved instanceof Saved)) throw new TensorError(`${call}: saved is ${typeof saved}; wanted what batchNormApply saved`);
}

/** A backward call of this family, checked. `given`: as it was saved; `described.request` takes the statistics as those of the batch. */
function describe(gpu: Gpu, call: string, dy: Tensor, saved: Saved, options: AgainOptions & { accumulate?: boolean }): BackwardCall {
  const { gamma = null, beta = null } = options;
  gpu.need(call, { dy });
  gpu.check(call, { gamma, beta, "saved.x": saved.x, "saved.statistics": saved.statistics });
  const x = saved.x.shape;
  checkSame(call, "dy", dy, x, "x was");
  const { shape, eps } = saved.meaning;
  const spec: NormSpec = applySpec(call, x, { channels: sizeOf(shape), eps }, options);
  checkMeaning(call, spec, saved, { gamma, beta });
  const asked = { wants: {}, hasDsum: false, accumulate: options.accumulate === true, aligned: aligned([saved.x, dy, gamma, beta]) };
  return describeCall(CHANNEL_GRADIENTS, { ...spec, statistics: "moments" }, x, saved.meaning, asked);
}

/**
 * The first third of the backward of a BatchNorm whose batch lies on several devices: what this device's share adds to the two means that dx subtracts, and its
 * dgamma and dbeta.
 *
 * @param dy x's shape   @param saved of `batchNormApply`, whose options must be given again
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function batchNormBackwardMoments(
  gpu: Gpu,
  dy: Tensor,
  saved: Saved | undefined,
  options: BatchNormBackwardMomentsOptions = {},
): BatchNormBackwardMoments {
  const call = "batchNormBackwardMoments";
  checkSaved(call, saved);
  const { outputs, request } = describe(gpu, call, dy, saved, options);
  const { out = {}, gamma, beta } = options;
  const shapes: Record<"moments" | "dgamma" | "dbeta", Shape | undefined> = {
    moments: [sizeOf(saved.meaning.shape), GRADIENT_VALUES],
    dgamma: outputs.dgamma,
    dbeta: outputs.dbeta,
  };
  gpu.check(call, { "out.moments": out.moments, "out.dgamma": out.dgamma, "out.dbeta": out.dbeta });
  const result: Partial<BatchNormBackwardMoments> = {};
  for (const name of ["moments", "dgamma", "dbeta"] as const) {
    const [wanted, found] = [shapes[name], out[name]];
    if (!wanted) continue;
    checkSame(call, `out.${name}`, found, wanted);
    if (options.accumulate && name !== "moments") checkAddedTo(call, { [name]: found });
  }
  for (const name of ["moments", "dgamma", "dbeta"] as const) if (shapes[name]) result[name] = out[name] ?? gpu.empty(shapes[name]);
  // The moments of nothing: no kernel writes them.
  if (dy.size === 0 && out.moments) out.moments.write(new Float32Array(out.moments.size));
  const plan = gpu.plans.remember(JSON.stringify([call, request]), (capabilities) => planGradientMoments(request, capabilities));
  const tensors = { x: saved.x, dy, statistics: saved.statistics, gamma, beta, ...result };
  run(gpu, plan, tensors, options, call);
  return { ...result, moments: result.moments! };
}

/** What dx subtracts, for the whole batch, on one of the devices that share it. */
export class BatchGradients {
  readonly channels: number;
  /** Three planes: the two parts of mean(h), and mean(h * xhat). */
  readonly coefficients: Tensor;

  /** @internal Use {@link mergeBackwardMoments}. */
  constructor(gpu: Gpu, channels: number) {
    this.channels = channels;
    this.coefficients = gpu.empty([COEFFICIENT_PLANES, statisticsStride(channels)]);
  }

  /** Frees the coefficients. Twice is fine. */
  destroy(): void {
    this.coefficients.destroy();
  }
}

/**
 * The second third: the partials of all devices to what dx subtracts.
 * @param partials one tensor [devices, C, 8], or one [C, 8] of each device
 * @throws ShapeError, OptionError, TensorError, DeviceLostError
 */
export function mergeBackwardMoments(gpu: Gpu, partials: Tensor | readonly Tensor[], options: Recording & { out?: BatchGradients } = {}): BatchGradients {
  const call = "mergeBackwardMoments";
  return withStack(gpu, partials, GRADIENT_VALUES, options, call, (stack) => {
    const [devices, channels] = stack.shape as [number, number];
    gpu.check(call, { out: options.out?.coefficients });
    if (options.out && options.out.channels !== channels) throw new ShapeError(`${call}: out has ${options.out.channels} channels; wanted ${channels}`);
    const merged = options.out ?? new BatchGradients(gpu, channels);
    const plan = gpu.plans.remember(JSON.stringify([call, channels, devices]), (capabilities) => planMergeGradients(channels, devices, capabilities));
    run(gpu, plan, { partials: stack, coefficients: merged.coefficients }, { encoder: options.encoder, pass: options.pass }, call);
    return merged;
  });
}

/** Options of {@link batchNormBackwardApply}. */
export interface BatchNormBackwardApplyOptions extends AgainOptions {
  /** A result of an earlier call, written again. */
  out?: { dx?: Tensor };
}

/**
 * The last third: dx = rstd * (h - mean(h) - xhat * mean(h * xhat)), h = dy * activation' * gamma, with the means of the whole batch.
 * @returns dx in x's shape and storage type
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function batchNormBackwardApply(
  gpu: Gpu,
  dy: Tensor,
  saved: Saved | undefined,
  gradients: BatchGradients,
  options: BatchNormBackwardApplyOptions = {},
): { dx: Tensor } {
  const call = "batchNormBackwardApply";
  checkSaved(call, saved);
  const { request } = describe(gpu, call, dy, saved, options);
  const { out = {}, gamma, beta } = options;
  if (!(gradients instanceof BatchGradients)) throw new TensorError(`${call}: gradients is ${typeof gradients}; wanted what mergeBackwardMoments gave`);
  gpu.check(call, { gradients: gradients.coefficients, "out.dx": out.dx });
  const channels = sizeOf(saved.meaning.shape);
  if (gradients.channels !== channels) throw new ShapeError(`${call}: gradients has ${gradients.channels} channels; wanted ${channels}`);
  checkSame(call, "out.dx", out.dx, dy.shape);
  const dx = out.dx ?? gpu.empty(dy.shape, { dtype: saved.x.dtype });
  if (dx.size === 0) return { dx };
  const plan = gpu.plans.remember(JSON.stringify([call, request]), (capabilities) => planApplyGradients(request, capabilities));
  run(gpu, plan, { x: saved.x, dy, statistics: saved.statistics, coefficients: gradients.coefficients, dx, gamma, beta }, options, call);
  return { dx };
}
