import {
  BatchNorm,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  RMSNorm,
  WeightStandardization,
  type BackwardOptions,
  type BackwardResult,
  type Dtype,
  type ForwardOptions,
  type ForwardResult,
  type Gpu,
  type Plan,
  type Saved,
  type Tensor,
  type TuneCase,
} from "../src/index.ts";
import { channelsOf, EPS, parameterShape, type Case } from "./cases.ts";
import type { Outputs } from "./error.ts";
import type { Inputs, Values } from "./inputs.ts";

/** One call of this library that can be repeated: its outputs are written again, and nothing is allocated. */
export interface Call {
  /** Queues it once. */
  run(): void;
  readonly plan: Plan;
  readonly outputs: Outputs<Tensor>;
  destroy(): void;
}

/** What a call needs of a layer object. */
interface Layer {
  readonly gpu: Gpu;
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly runningMean?: Tensor | null;
  readonly runningVariance?: Tensor | null;
  forward(x: Tensor, options?: ForwardOptions): ForwardResult;
  backward(dy: Tensor, saved: Saved, options?: BackwardOptions): BackwardResult;
  plan(shape: readonly number[], given: { residual: boolean; saved: boolean; sum: boolean; dtype: Dtype }): Plan;
  planBackward(shape: readonly number[], given: { dtype: Dtype }): Plan;
  destroy(): void;
}

function layerOf(gpu: Gpu, one: Case): Layer {
  const image = { channels: channelsOf(one), layout: one.layout === "NHWC" ? ("nhwc" as const) : ("nchw" as const), eps: EPS };
  if (one.norm === "group") return new GroupNorm(gpu, { ...image, groups: one.groups });
  if (one.norm === "instance") return new InstanceNorm(gpu, { ...image, affine: true });
  if (one.norm === "batch") {
    const norm = new BatchNorm(gpu, image);
    norm.training = one.training;
    return norm;
  }
  const row = { shape: parameterShape(one), eps: EPS };
  return one.norm === "rms" ? new RMSNorm(gpu, row) : new LayerNorm(gpu, row);
}

/** A case as the tuner takes it; the layer's own tensors are freed by `destroy`. */
export function tuneCaseOf(gpu: Gpu, one: Case): { readonly tuned: TuneCase; readonly destroy: () => void } {
  const { shape: x, direction, residual } = one;
  if (one.norm === "weight") return { tuned: { norm: weightLayer(gpu), x, saved: false }, destroy: () => {} };
  const layer = layerOf(gpu, one);
  return { tuned: { norm: layer, x, direction, residual, sum: residual, saved: direction === "backward" }, destroy: () => layer.destroy() };
}

function fill(layer: Layer, { gamma, beta, mean, variance }: Inputs): void {
  if (gamma) layer.gamma!.write(gamma.data);
  if (beta) layer.beta!.write(beta.data);
  if (mean) layer.runningMean!.write(mean.data);
  if (variance) layer.runningVariance!.write(variance.data);
}

/** Makes a case's layer and tensors, and runs it once. */
export function callOf(gpu: Gpu, one: Case, inputs: Inputs): Call {
  return place(gpu, one, inputs)();
}

/** Makes a case's layer and its inputs. What it gives makes the first call. */
export function place(gpu: Gpu, one: Case, inputs: Inputs): () => Call {
  const tensor = ({ data, halves, shape }: Values): Tensor => gpu.tensor(halves ?? data, shape, { dtype: one.dtype });
  const x = tensor(inputs.x);
  if (one.norm === "weight") return () => weightCall(gpu, x);
  const layer = layerOf(gpu, one);
  fill(layer, inputs);
  if (one.direction === "backward") return placeBackward(layer, x, tensor(inputs.dy!));
  const residual = inputs.residual ? tensor(inputs.residual) : null;
  return () => forwardCall(layer, x, residual);
}

function destroyAll(things: readonly ({ destroy(): void } | null | undefined)[]): void {
  for (const one of things) one?.destroy();
}

function weightLayer(gpu: Gpu): WeightStandardization {
  return new WeightStandardization(gpu, { correction: 0, epsMode: "insideVariance", eps: EPS });
}

function weightCall(gpu: Gpu, v: Tensor): Call {
  const layer = weightLayer(gpu);
  const out = layer.forward(v, { saved: false });
  return {
    run: () => void layer.forward(v, { saved: false, out }),
    plan: layer.plan(v.shape, { saved: false }),
    outputs: { y: out.w },
    destroy: () => destroyAll([v, out.w]),
  };
}

function forwardCall(layer: Layer, x: Tensor, residual: Tensor | null): Call {
  const options = { ...(residual && { residual, sum: true }), saved: false };
  const out = layer.forward(x, options);
  const { y, sum } = out;
  return {
    run: () => void layer.forward(x, { ...options, out }),
    plan: layer.plan(x.shape, { residual: residual !== null, saved: false, sum: residual !== null, dtype: x.dtype }),
    outputs: { y, ...(sum && { sum }) },
    destroy: () => destroyAll([x, residual, y, sum, layer]),
  };
}

function placeBackward(layer: Layer, x: Tensor, dy: Tensor): () => Call {
  const { y, saved } = layer.forward(x);
  return () => {
    const out = layer.backward(dy, saved!);
    const { dx, dgamma, dbeta } = out;
    return {
      run: () => void layer.backward(dy, saved!, { out }),
      plan: layer.planBackward(x.shape, { dtype: x.dtype }),
      outputs: { dx, ...(dgamma && { dgamma }), ...(dbeta && { dbeta }) },
      destroy: () => destroyAll([x, dy, y, saved!.statistics, dx, dgamma, dbeta, layer]),
    };
  };
}
