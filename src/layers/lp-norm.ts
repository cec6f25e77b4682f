import type { Dtype } from "../core/dtype.ts";
import { checkFinite } from "../core/options.ts";
import { resolveAxes, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { Plan } from "../plan/plan.ts";
import { ownOptions } from "./kept-specs.ts";
import { Layer } from "./layer.ts";
import { checkEps } from "./norm.ts";
import { pNormPlan, runPNorm, runPNormBackward, type PNormSaved, type PNormSpec } from "./p-norm.ts";

/** What LpNorm means, whatever the call. */
export interface LpNormMeaning {
  /** The power of the norm: any finite number from 1. Default 2. */
  p?: number;
  /** Axes of x that share a norm. Default: the last. */
  axes?: readonly number[];
  /** x is divided by max(norm, eps). Default 0; PyTorch's `normalize` has 1e-12. */
  eps?: number;
}

/** What every forward call takes beside x. */
export interface LpNormForwardOptions extends Recording {
  /** Storage type of y, where `out` does not bring it. Default: x's. */
  dtype?: Dtype;
  /** False: nothing is kept for a backward call. */
  saved?: boolean;
  /** Tensors of an earlier result, written again; a call that finds all of its outputs here allocates nothing. */
  out?: { y?: Tensor; saved?: PNormSaved };
}

/** Outputs of a forward call. */
export interface LpNormResult {
  /** Shape of x. */
  y: Tensor;
  /** What backward needs: x and the norms. Absent with `saved: false`. */
  saved?: PNormSaved;
}

/** What every backward call takes. */
export interface LpNormBackwardOptions extends Recording {
  /** The tensor that takes the gradient. */
  out?: { dx?: Tensor };
}

/** Gradient of x. */
export interface LpNormGradients {
  dx: Tensor;
}

/**
 * Division by a p-norm: y = x / max(norm, eps), norm = (sum of |x|^p)^(1/p) over `axes`; where that is 0 / 0, y is 0. ONNX's LpNormalization; PyTorch's `normalize`.
 * Right for values from 1e-38 to 1e38: they are scaled before they are raised to the power.
 * @param x any shape   @returns y of x's shape; saved.norm of the other axes' shape
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function lpNorm(gpu: Gpu, x: Tensor, options: LpNormMeaning & LpNormForwardOptions = {}): LpNormResult {
  return runPNorm(gpu, "lpNorm", x, (shape) => lpNormSpec("lpNorm", shape, options), { ...options, out: options.out ?? {} });
}

/**
 * Gradient of {@link lpNorm}: with h = x / norm and s = sum of dy * h over `axes`, dx = (dy - s * sign(h) |h|^(p - 1)) / norm, sign(0) = 0;
 * where eps is the divisor, dx = dy / eps; where y is 0 / 0, dx is 0.
 * @param dy shape of x
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function lpNormBackward(gpu: Gpu, dy: Tensor, saved: PNormSaved | undefined, options: LpNormBackwardOptions = {}): LpNormGradients {
  return { dx: runPNormBackward(gpu, "lpNormBackward", dy, saved, { ...options, out: options.out ?? {} }).dx };
}

const NAMES = { x: "x", y: "y", dy: "dy", dx: "dx" };

function lpNormSpec(call: string, x: Shape, options: LpNormMeaning): PNormSpec {
  const reduced = resolveAxes(options.axes ?? (x.length ? [-1] : []), x.length, call);
  const normShape = x.filter((_, axis) => !reduced.includes(axis));
  return { reduced, power: checkPower(options.p ?? 2, call), eps: checkEps(options.eps ?? 0, call), names: NAMES, normShape };
}

function checkPower(p: number, call: string): number {
  return checkFinite(call, "p", p, 1);
}

/** Division by a p-norm, without parameters. */
export class LpNorm extends Layer {
  readonly options: Readonly<LpNormMeaning>;

  /** @throws OptionError */
  constructor(gpu: Gpu, options: LpNormMeaning = {}) {
    checkPower(options.p ?? 2, "LpNorm");
    checkEps(options.eps ?? 0, "LpNorm");
    super(gpu, "LpNorm");
    this.options = ownOptions(options);
  }

  /** Divides x by its norms. Queued at once; nothing is awaited. @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError */
  forward(x: Tensor, options: LpNormForwardOptions = {}): LpNormResult {
    const call = "LpNorm.forward";
    return runPNorm(this.gpu, call, x, (shape) => lpNormSpec(call, shape, this.options), { ...options, out: options.out ?? {} });
  }

  /** Gradient of x. @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError */
  backward(dy: Tensor, saved: PNormSaved | undefined, options: LpNormBackwardOptions = {}): LpNormGradients {
    return { dx: runPNormBackward(this.gpu, "LpNorm.backward", dy, saved, { ...options, out: options.out ?? {} }).dx };
  }

  /** What `forward` or `backward` would run for x of this shape, as data. */
  plan(x: Shape, direction: "forward" | "backward" = "forward"): Plan {
    return pNormPlan(this.gpu, direction, lpNormSpec("LpNorm.plan", x, this.options), x, direction === "forward" ? FORWARD : BACKWARD);
  }

  /** Compiles what `forward` and `backward` will run for x of this shape, off the main thread. @throws ShaderError */
  async prepare(x: Shape): Promise<void> {
    await this.gpu.prepare(() => [...this.plan(x, "forward").dispatches, ...this.plan(x, "backward").dispatches], "LpNorm.prepare");
  }
}

const FORWARD = { hasG: false, aligned: true, norm: true };
const BACKWARD = { hasG: false, aligned: true, accumulates: false };
