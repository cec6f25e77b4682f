import { channelsOf, parameterShape, type Case } from "./cases.ts";
import { bitsOfHalves, roundedToHalves } from "./halves.ts";

/** f32 values and their shape. */
export interface Values {
  readonly data: Float32Array;
  /** Their bits, where they are stored as halves. */
  readonly halves?: Uint16Array;
  readonly shape: readonly number[];
}

/** What a case is given, by name; absent where its call takes no such input. */
export interface Inputs {
  readonly x: Values;
  readonly residual?: Values;
  readonly dy?: Values;
  readonly gamma?: Values;
  readonly beta?: Values;
  /** Given statistics of BatchNorm in eval mode. */
  readonly mean?: Values;
  readonly variance?: Values;
}

/** The inputs that there are, by name. */
export function entriesOf(inputs: Inputs): [keyof Inputs, Values][] {
  return Object.entries(inputs) as [keyof Inputs, Values][];
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Bytes of a value of x. */
function widthOf({ dtype }: Case): number {
  return dtype === "f16" ? 2 : 4;
}

/** Bytes of every input and output of the call, each once: what a copy must move. */
export function bytesOf(one: Case): number {
  if (one.parts.length) return one.parts.reduce((sum, part) => sum + bytesOf(part), 0);
  const large = one.direction === "backward" ? 3 : one.residual ? 4 : 2;
  // Backward reads gamma and writes the gradient of each.
  const names = smallNames(one).length;
  const small = one.direction === "backward" ? names + 1 : names;
  return widthOf(one) * large * sizeOf(one.shape) + 4 * small * sizeOf(parameterShape(one));
}

/** Bytes of every output, in f32: what a peer allocates in a call. */
export function outputBytesOf(one: Case): number {
  const large = one.residual && one.direction === "forward" ? 2 : 1;
  const small = one.direction === "backward" ? smallNames(one).length : 0;
  return 4 * (large * sizeOf(one.shape) + small * sizeOf(parameterShape(one)));
}

function smallNames(one: Case): ("gamma" | "beta" | "mean" | "variance")[] {
  if (one.norm === "weight") return [];
  const affine = one.norm === "rms" ? (["gamma"] as const) : (["gamma", "beta"] as const);
  return one.norm === "batch" && !one.training ? [...affine, "mean", "variance"] : [...affine];
}

/** Values that are neither 0 nor 1, the same in every run. */
function wave(count: number, middle: number, height: number): Float32Array {
  return new Float32Array(count).map((_, i) => middle + height * Math.sin(i * 1.7 + 0.3));
}

/** Values between -1 and 1 without a pattern, the same in every run. */
function noise(count: number, seed: number): Float32Array {
  let state = seed;
  return new Float32Array(count).map(() => (state = (Math.imul(state, 1664525) + 1013904223) | 0) / 2 ** 31);
}

/** Values of mean 0.3 and a standard deviation of about 1.5, the same in every run: sums of three uniform ones. */
export function samples(shape: readonly number[], seed = 1): Float32Array {
  const count = sizeOf(shape);
  const [a, b, c] = [noise(count, seed), noise(count, seed + 1), noise(count, seed + 2)];
  return a.map((value, i) => 0.3 + 1.5 * (value + b![i]! + c![i]!));
}

/** A case's inputs around its x; what is stored as halves is rounded to them. @param seed of what has no pattern */
export function inputsOf(one: Case, x: Float32Array, seed = 1): Inputs {
  const own = parameterShape(one);
  const count = sizeOf(own);
  const small = new Set(smallNames(one));
  const like = (data: Float32Array): Values => {
    if (one.dtype === "f32") return { data, shape: one.shape };
    const rounded = roundedToHalves(data);
    return { data: rounded, halves: bitsOfHalves(rounded), shape: one.shape };
  };
  const parameter = (middle: number, height: number): Values => ({ data: wave(count, middle, height), shape: own });
  return {
    x: like(x),
    ...(one.residual && { residual: like(wave(x.length, 0, 0.5)) }),
    ...(one.direction === "backward" && { dy: like(noise(x.length, seed)) }),
    ...(small.has("gamma") && { gamma: parameter(1, 0.3) }),
    ...(small.has("beta") && { beta: parameter(0, 0.5) }),
    ...(small.has("mean") && { mean: { data: wave(count, 0.2, 0.1), shape: [channelsOf(one)] } }),
    ...(small.has("variance") && { variance: { data: wave(count, 0.15, 0.1), shape: [channelsOf(one)] } }),
  };
}
