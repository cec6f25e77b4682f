import type { Dtype } from "../core/dtype.ts";
import { OptionError } from "../core/errors.ts";
import { checkSame, checkShape, formatShape, sizeOf, stridesOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { run, type Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { gatherDispatch } from "../plan/gather-plan.ts";
import type { Plan } from "../plan/plan.ts";
import { pNormPlan, runPNorm, runPNormBackward, type PNormSaved, type PNormSpec } from "./p-norm.ts";
import { Layer } from "./layer.ts";
import { readState, tensorEntry, type StateDict, type StateEntry } from "./state.ts";

/** Which values of a weight share a norm. */
export interface WeightNormDim {
  /** The axis whose indices each have a norm of their own (-1 is the last axis), or null: the whole weight has one. Default 0. */
  dim?: number | null;
}

/** What every forward call takes beside v and g. */
export interface WeightNormForwardOptions extends Recording {
  /** Storage type of w, where `out` does not bring it. Default: v's. */
  dtype?: Dtype;
  /** False: nothing is kept for a backward call. */
  saved?: boolean;
  /** Tensors of an earlier result, written again; a call that finds all of its outputs here allocates nothing. */
  out?: { w?: Tensor; saved?: PNormSaved };
}

/** Options of the stateless {@link weightNorm}. */
export interface WeightNormOptions extends WeightNormDim, WeightNormForwardOptions {
  /** A factor for each norm, shaped [O] or as v with every other axis 1. Absent or null: 1. */
  g?: Tensor | null;
}

/** Outputs of a forward call. */
export interface WeightNormResult {
  /** Shape of v. */
  w: Tensor;
  /** What backward needs: v, g and the norms. Absent with `saved: false`. */
  saved?: PNormSaved;
}

/** What every backward call takes. */
export interface WeightNormBackwardOptions extends Recording {
  /** Gradients are added to what stands in the tensors of `out`. */
  accumulate?: boolean;
  /** Tensors that take the gradients. */
  out?: { dv?: Tensor; dg?: Tensor };
}

/** Gradients of v and, where there was one, of g. */
export interface WeightNormGradients {
  dv: Tensor;
  dg?: Tensor;
}

/**
 * Weight normalization: w = g * v / norm, norm = sqrt(sum of v^2) for each index of axis `dim`, or of the whole weight; where a norm is 0, w is 0.
 * Salimans and Kingma, "Weight Normalization" (arXiv 1602.07868), equation 2. Right for values from 1e-38 to 1e38: they are scaled before they are squared.
 * @param v any shape   @returns w of v's shape; saved.norm of v's shape with every axis but `dim` 1
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function weightNorm(gpu: Gpu, v: Tensor, options: WeightNormOptions = {}): WeightNormResult {
  return forward(gpu, "weightNorm", v, options);
}

function forward(gpu: Gpu, call: string, v: Tensor, { out = {}, dim = 0, ...options }: WeightNormOptions): WeightNormResult {
  gpu.need(call, { v });
  const { y, saved } = runPNorm(gpu, call, v, (shape) => weightNormSpec(call, shape, dim), { ...options, out: { y: out.w, saved: out.saved } });
  return { w: y, ...(saved && { saved }) };
}

/**
 * Gradients of {@link weightNorm}: with h = v / norm, dg = sum of dw * h and dv = g / norm * (dw - h * dg), so that v and dv are orthogonal.
 * Where a norm is 0, both are 0.
 * @param dw shape of v
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function weightNormBackward(gpu: Gpu, dw: Tensor, saved: PNormSaved | undefined, options: WeightNormBackwardOptions = {}): WeightNormGradients {
  return backward(gpu, "weightNormBackward", dw, saved, options);
}

function backward(gpu: Gpu, call: string, dw: Tensor, saved: PNormSaved | undefined, { out = {}, ...options }: WeightNormBackwardOptions): WeightNormGradients {
  const { dx, dg } = runPNormBackward(gpu, call, dw, saved, { ...options, out: { dx: out.dv, dg: out.dg } });
  return { dv: dx, ...(dg && { dg }) };
}

const NAMES = { x: "v", y: "w", dy: "dw", dx: "dv" };

function weightNormSpec(call: string, v: Shape, dim: number | null): PNormSpec {
  const kept = dim === null ? null : dim < 0 ? dim + v.length : dim;
  if (kept !== null && (!Number.isInteger(kept) || kept < 0 || kept >= v.length)) {
    throw new OptionError(`${call}: dim is ${String(dim)}; v is ${formatShape(v)}, wanted one of its axes or null`);
  }
  const reduced = v.map((_, axis) => axis).filter((axis) => axis !== kept);
  const normShape = kept === null ? [] : v.map((extent, axis) => (axis === kept ? extent : 1));
  return { reduced, power: 2, eps: 0, names: NAMES, normShape };
}

/** Options of {@link WeightNorm}. */
export interface WeightNormClassOptions extends WeightNormDim {
  /** Shape of the weight. May be left out where `weight` is given. */
  shape?: Shape;
  /** Copied into v, and g set to its norms, so that w starts as the weight. Default: v and g are zeros, to be loaded. */
  weight?: Tensor;
}

/** A weight that is trained as direction v and length g. PyTorch's `weight_norm`: `weight_g` is g, `weight_v` is v. */
export class WeightNorm extends Layer {
  /** Index along `dim` -> length of the weight. Shape of v with every other axis 1; [] where `dim` is null. */
  readonly g: Tensor;
  /** Direction of the weight; its length does not matter. */
  readonly v: Tensor;
  readonly dim: number | null;

  /** @throws OptionError, ShapeError, TensorError, LimitError */
  constructor(gpu: Gpu, options: WeightNormClassOptions) {
    super(gpu, "WeightNorm");
    const { weight, dim = 0 } = options;
    const shape = options.shape ?? weight?.shape;
    if (!shape) throw new OptionError("WeightNorm: shape and weight are missing; wanted one of them");
    checkShape(shape, "WeightNorm");
    const spec = weightNormSpec("WeightNorm", shape, dim);
    checkSame("WeightNorm", "weight", weight, shape, "wanted shape");
    gpu.check("WeightNorm", { weight });
    this.dim = dim;
    this.v = gpu.empty(shape);
    if (!weight) {
      this.g = gpu.empty(spec.normShape);
      return;
    }
    copy(gpu, weight, this.v);
    const { w, saved } = forward(gpu, "WeightNorm", this.v, { dim });
    w.destroy();
    this.g = saved!.norm;
  }

  /** A layer whose w starts as this weight. The weight is copied. @throws OptionError, ShapeError, TensorError, LimitError */
  static from(gpu: Gpu, weight: Tensor, options: WeightNormDim = {}): WeightNorm {
    return new WeightNorm(gpu, { ...options, weight });
  }

  /** The weight. Queued at once; nothing is awaited. @throws ShapeError, TensorError, LimitError, DeviceLostError */
  forward(options: WeightNormForwardOptions = {}): WeightNormResult {
    return forward(this.gpu, "WeightNorm.forward", this.v, { ...options, g: this.g, dim: this.dim });
  }

  /** Gradients of v and g from that of the weight. @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError */
  backward(dw: Tensor, saved: PNormSaved | undefined, options: WeightNormBackwardOptions = {}): WeightNormGradients {
    return backward(this.gpu, "WeightNorm.backward", dw, saved, options);
  }

  /** What `forward` or `backward` would run, as data. */
  plan(direction: "forward" | "backward" = "forward"): Plan {
    const spec = weightNormSpec("WeightNorm.plan", this.v.shape, this.dim);
    return pNormPlan(this.gpu, direction, spec, this.v.shape, direction === "forward" ? FORWARD : BACKWARD);
  }

  /** Compiles what `forward` and `backward` will run, off the main thread. @throws ShaderError */
  async prepare(): Promise<void> {
    await this.gpu.prepare(() => [...this.plan("forward").dispatches, ...this.plan("backward").dispatches], "WeightNorm.prepare");
  }

  override parameters(): Record<string, Tensor> {
    return { g: this.g, v: this.v };
  }

  /**
   * g and v under PyTorch's keys, as everything queued so far leaves them: `weight_g` and `weight_v`, or with `keys: "parametrizations"` those of
   * torch.nn.utils.parametrizations.
   * @throws TensorError, DeviceLostError
   */
  override stateDict(options: { prefix?: string; keys?: "weight_g" | "parametrizations" } = {}): Promise<StateDict> {
    return readState(this.gpu, "WeightNorm.stateDict", this.stateEntries(options.keys === "parametrizations"), options.prefix);
  }

  /** @internal Under either kind of keys, to be loaded from both. */
  override stateEntries(isNew = false): StateEntry[] {
    const old = ["weight_g", "weight_v"] as const;
    const parametrized = ["parametrizations.weight.original0", "parametrizations.weight.original1"] as const;
    const [keys, aliases] = isNew ? [parametrized, old] : [old, parametrized];
    return [this.g, this.v].map((tensor, i) => tensorEntry(keys[i]!, tensor, { aliases: [aliases[i]!] }));
  }
}

const FORWARD = { hasG: true, aligned: true, norm: true };
const BACKWARD = { hasG: true, aligned: true, accumulates: false };

function copy(gpu: Gpu, weight: Tensor, v: Tensor): void {
  const { shape } = weight;
  const dispatches = sizeOf(shape) === 0 ? [] : [gatherDispatch(shape, stridesOf(shape), "weight", "v", gpu.capabilities)];
  const plan = gpu.plans.remember(JSON.stringify(["copy", shape]), (): Plan => {
    return { walk: "row", team: "invocation", dispatches, scratch: {}, bytesMoved: sizeOf(shape) * 8 };
  });
  run(gpu, plan, { weight, v }, {}, "WeightNorm");
}
