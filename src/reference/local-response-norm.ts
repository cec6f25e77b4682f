import { OptionError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import { channelAxis, type ChannelArguments } from "./channels.ts";
import { checkArray, checkGradient, type NdArray } from "./nd-array.ts";

export interface LocalResponseNormArguments extends ChannelArguments {
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

/** y and scale, both of x's shape. */
export interface LocalResponseNormForward {
  readonly y: Float64Array;
  /** k + alpha / size * sum of the window's squares. */
  readonly scale: Float64Array;
}

/**
 * Local response normalization across channels:
 *
 *     scale[c] = k + alpha / size * sum of x[j]^2 for j from c - before to c + after, channels that are not there left out
 *     y = x * scale^-beta;  0 where scale is 0
 *
 * Krizhevsky, Sutskever & Hinton 2012, section 3.3; names and defaults are PyTorch's.
 * @param x [N, C, ...], or [N, ..., C] in layout nhwc
 * @throws ShapeError where shapes do not fit; OptionError where an option's value is none
 */
export function localResponseNormForward(x: NdArray, args: LocalResponseNormArguments): LocalResponseNormForward {
  const windows = windowsOf("localResponseNormForward", x, args);
  const scale = scaleOf(x, windows);
  return { y: scale.map((value, i) => x.data[i]! * power(value, -windows.beta)), scale };
}

/**
 * Gradient of {@link localResponseNormForward}, a sum over every c whose window holds j:
 *
 *     dx[j] = dy[j] * scale[j]^-beta - 2 * alpha / size * beta * x[j] * sum of dy[c] * x[c] * scale[c]^(-beta - 1)
 *
 * @param dy x's shape
 * @throws ShapeError, OptionError
 */
export function localResponseNormBackward(dy: NdArray, x: NdArray, args: LocalResponseNormArguments): { readonly dx: Float64Array } {
  const call = "localResponseNormBackward";
  const windows = windowsOf(call, x, args);
  checkGradient(dy, x, ["dy", "x"], call);
  const { beta, factor } = windows;
  const scale = scaleOf(x, windows);
  const pull = scale.map((value, i) => dy.data[i]! * x.data[i]! * power(value, -beta - 1));
  // j lies in the window of c where c - before <= j <= c + after: c from j - after to j + before.
  const mirrored = { ...windows, before: windows.after, after: windows.before };
  const along = windowSums(pull, mirrored);
  return { dx: scale.map((value, j) => dy.data[j]! * power(value, -beta) - 2 * factor * beta * x.data[j]! * along[j]!) };
}

interface Windows {
  readonly before: number;
  readonly after: number;
  /** alpha, or alpha / size. */
  readonly factor: number;
  readonly beta: number;
  readonly k: number;
  readonly channels: number;
  /** Values from one channel to the next. */
  readonly stride: number;
}

function windowsOf(call: string, x: NdArray, args: LocalResponseNormArguments): Windows {
  checkArray(x, "x", call);
  const { size, alpha = 1e-4, beta = 0.75, k = 1, layout, alphaDivSize = true, evenWindow = "moreBefore" } = args;
  if (!Number.isSafeInteger(size) || size < 1) throw new OptionError(`${call}: size is ${String(size)}; wanted a whole number from 1`);
  for (const [name, value] of Object.entries({ alpha, k })) {
    if (!(value >= 0 && Number.isFinite(value))) throw new OptionError(`${call}: ${name} is ${String(value)}; wanted a finite number from 0`);
  }
  if (!Number.isFinite(beta)) throw new OptionError(`${call}: beta is ${String(beta)}; wanted a finite number`);
  if (evenWindow !== "moreBefore" && evenWindow !== "moreAfter") {
    throw new OptionError(`${call}: evenWindow is ${String(evenWindow)}; wanted "moreBefore" or "moreAfter"`);
  }
  const axis = channelAxis(x.shape, layout, call);
  const [less, more] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const [before, after] = evenWindow === "moreBefore" ? [more, less] : [less, more];
  const factor = alphaDivSize ? alpha / size : alpha;
  return { before, after, factor, beta, k, channels: x.shape[axis]!, stride: sizeOf(x.shape.slice(axis + 1)) };
}

function scaleOf({ data }: NdArray, windows: Windows): Float64Array {
  const squares = Float64Array.from(data, (value) => value * value);
  return windowSums(squares, windows).map((sum) => windows.k + windows.factor * sum);
}

/** For each value the sum over its window, each summed afresh. */
function windowSums(values: Float64Array, { before, after, channels, stride }: Windows): Float64Array {
  const sums = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const c = Math.floor(i / stride) % channels;
    const last = Math.min(channels - 1, c + after);
    for (let j = Math.max(0, c - before); j <= last; j++) sums[i]! += values[i + (j - c) * stride]!;
  }
  return sums;
}

function power(scale: number, exponent: number): number {
  return scale === 0 ? 0 : scale ** exponent;
}
