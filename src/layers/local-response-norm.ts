import { OptionError } from "../core/errors.ts";
import { checkFinite, checkWord } from "../core/options.ts";
import { checkSame, LAYOUTS, sizeOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { planFor, runOrFree, type Recording, type StoredAs } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { planLocalResponse, planLocalResponseBackward, type LocalResponseRequest } from "../plan/local-response-plan.ts";
import type { Dispatch, Plan } from "../plan/plan.ts";
import { channelAxis, checkCount, type ChannelOptions } from "./channels.ts";
import { ownOptions } from "./kept-specs.ts";
import { Layer } from "./layer.ts";

/** What local response normalization means, whatever the call. Names and defaults are PyTorch's. */
export interface LocalResponseNormMeaning extends ChannelOptions {
  /** Channels in a window. */
  size: number;
  /** Default 1e-4. */
  alpha?: number;
  /** Default 0.75. */
  beta?: number;
  /** Default 1. */
  k?: number;
  /** True (default): alpha is divided by `size`, as PyTorch and ONNX do; TensorFlow and the paper do not. */
  alphaDivSize?: boolean;
  /** Where a window of even size has its extra channel: `moreBefore` (default, PyTorch) or `moreAfter` (ONNX). */
  evenWindow?: "moreBefore" | "moreAfter";
}

/** What every forward call takes beside x. */
export interface LocalResponseForwardOptions extends Recording {
  /** False: nothing is kept for a backward call. */
  saved?: boolean;
  /** Tensors of an earlier result, written again; a call that finds its output here allocates nothing. */
  out?: { y?: Tensor };
}

/** What a forward call keeps for its backward call: it refers to x, and owns nothing. */
export class LocalResponseSaved {
  readonly x: Tensor;
  /** @internal */ readonly meaning: LocalResponseNormMeaning;

  /** @internal */
  constructor(x: Tensor, meaning: LocalResponseNormMeaning) {
    this.x = x;
    this.meaning = meaning;
  }

  /** There is nothing to free. */
  destroy(): void {}
}

/** Outputs of a forward call. */
export interface LocalResponseResult {
  /** Shape and storage type of x. */
  y: Tensor;
  /** Absent with `saved: false`. */
  saved?: LocalResponseSaved;
}

/** What every backward call takes. */
export interface LocalResponseBackwardOptions extends Recording {
  /** The tensor that takes the gradient. */
  out?: { dx?: Tensor };
}

/** Gradient of x. */
export interface LocalResponseGradients {
  dx: Tensor;
}

/**
 * Local response normalization: y = x * (k + alpha / size * sum of x^2 over a window of channels)^-beta; equation and source: reference/local-response-norm.ts.
 * Each window is summed afresh. Right for |x| up to about 1e17.
 * @param x [N, C, ...] or, in layout nhwc, [N, ..., C]   @returns y of x's shape
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function localResponseNorm(gpu: Gpu, x: Tensor, options: LocalResponseNormMeaning & LocalResponseForwardOptions): LocalResponseResult {
  return forward(gpu, "localResponseNorm", x, options, options);
}

/**
 * Gradient of {@link localResponseNorm}; equation: reference/local-response-norm.ts.
 * @param dy shape of x
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function localResponseNormBackward(
  gpu: Gpu,
  dy: Tensor,
  saved: LocalResponseSaved | undefined,
  options: LocalResponseBackwardOptions = {},
): LocalResponseGradients {
  return backward(gpu, "localResponseNormBackward", dy, saved, options);
}

function forward(gpu: Gpu, call: string, x: Tensor, meaning: LocalResponseNormMeaning, options: LocalResponseForwardOptions): LocalResponseResult {
  const { out = {} } = options;
  gpu.need(call, { x });
  gpu.check(call, { "out.y": out.y });
  const request = requestOf(call, x.shape, meaning, x.aligned && out.y?.aligned !== false);
  checkSame(call, "out.y", out.y, x.shape, "it must have x's shape");
  const y = out.y ?? gpu.empty(x.shape, { dtype: x.dtype });
  runOrFree(gpu, planOf(gpu, "forward", request), { x, y }, options, call, [!out.y && y]);
  const { size, alpha, beta, k, layout, alphaDivSize, evenWindow } = meaning;
  return { y, ...(options.saved !== false && { saved: new LocalResponseSaved(x, { size, alpha, beta, k, layout, alphaDivSize, evenWindow }) }) };
}

function backward(gpu: Gpu, call: string, dy: Tensor, saved: LocalResponseSaved | undefined, options: LocalResponseBackwardOptions): LocalResponseGradients {
  if (!(saved instanceof LocalResponseSaved)) throw new OptionError(`${call}: saved is ${String(saved)}; wanted what the forward call gave as \`saved\``);
  const { out = {} } = options;
  const { x } = saved;
  gpu.need(call, { dy });
  gpu.check(call, { "saved.x": x, "out.dx": out.dx });
  checkSame(call, "dy", dy, x.shape, "it must have x's shape");
  checkSame(call, "out.dx", out.dx, x.shape, "it must have x's shape");
  const request = requestOf(call, x.shape, saved.meaning, x.aligned && dy.aligned && out.dx?.aligned !== false);
  const dx = out.dx ?? gpu.empty(x.shape, { dtype: x.dtype });
  runOrFree(gpu, planOf(gpu, "backward", request), { x, dy, dx }, options, call, [!out.dx && dx]);
  return { dx };
}

/** The plan of a call, remembered by everything that it depends on. */
function planOf(gpu: Gpu, direction: "forward" | "backward", request: LocalResponseRequest): Plan {
  return gpu.plans.remember(JSON.stringify(["local-response", direction, request]), (capabilities) =>
    direction === "forward" ? planLocalResponse(request, capabilities) : planLocalResponseBackward(request, capabilities),
  );
}

function requestOf(call: string, x: Shape, meaning: LocalResponseNormMeaning, aligned: boolean): LocalResponseRequest {
  const { beta = 0.75, k = 1, evenWindow = "moreBefore", size, alpha = 1e-4, alphaDivSize = true } = checkMeaning(call, meaning);
  const axis = channelAxis(meaning.layout ?? "nchw", x, call);
  const [less, more] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  return {
    count: sizeOf(x),
    channels: x[axis]!,
    inner: sizeOf(x.slice(axis + 1)),
    before: evenWindow === "moreBefore" ? more : less,
    after: evenWindow === "moreBefore" ? less : more,
    factor: alphaDivSize ? alpha / size : alpha,
    beta,
    k,
    aligned,
  };
}

/** Refuses options that have no meaning. @throws OptionError */
function checkMeaning(call: string, meaning: LocalResponseNormMeaning): LocalResponseNormMeaning {
  const { size, alpha = 1e-4, beta = 0.75, k = 1, layout = "nchw", evenWindow = "moreBefore" } = meaning;
  checkCount(size, "size", call);
  checkFinite(call, "alpha", alpha, 0);
  checkFinite(call, "k", k, 0);
  checkFinite(call, "beta", beta);
  checkWord(call, "layout", layout, LAYOUTS);
  checkWord(call, "evenWindow", evenWindow, ["moreBefore", "moreAfter"]);
  return meaning;
}

/** Local response normalization, without parameters. PyTorch's `LocalResponseNorm`. */
export class LocalResponseNorm extends Layer {
  readonly options: Readonly<LocalResponseNormMeaning>;

  /** @throws OptionError */
  constructor(gpu: Gpu, options: LocalResponseNormMeaning) {
    super(gpu, "LocalResponseNorm");
    this.options = ownOptions(checkMeaning("LocalResponseNorm", options));
  }

  /** Normalizes x. Queued at once; nothing is awaited. @throws ShapeError, TensorError, LimitError, DeviceLostError */
  forward(x: Tensor, options: LocalResponseForwardOptions = {}): LocalResponseResult {
    return forward(this.gpu, "LocalResponseNorm.forward", x, this.options, options);
  }

  /** Gradient of x. @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError */
  backward(dy: Tensor, saved: LocalResponseSaved | undefined, options: LocalResponseBackwardOptions = {}): LocalResponseGradients {
    return backward(this.gpu, "LocalResponseNorm.backward", dy, saved, options);
  }

  /** What `forward` or `backward` would run for x of this shape and storage type, as data. */
  plan(x: Shape, direction: "forward" | "backward" = "forward", dtype: StoredAs["dtype"] = "f32"): Plan {
    const call = "LocalResponseNorm.plan";
    const stored = { dtype, size: sizeOf(x), aligned: true };
    return planFor(this.gpu, planOf(this.gpu, direction, requestOf(call, x, this.options, true)), { x: stored, y: stored, dy: stored, dx: stored }, call);
  }

  /** Compiles what `forward` and `backward` will run for x of this shape and storage type, off the main thread. @throws ShaderError */
  async prepare(x: Shape, dtype: StoredAs["dtype"] = "f32"): Promise<void> {
    const dispatches = (): Dispatch[] => [...this.plan(x, "forward", dtype).dispatches, ...this.plan(x, "backward", dtype).dispatches];
    await this.gpu.prepare(dispatches, "LocalResponseNorm.prepare");
  }
}
