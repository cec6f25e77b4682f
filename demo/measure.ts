import type { Gpu, Plan, Tensor } from "../src/index.ts";
import type { NdArray } from "../src/reference/index.ts";
import type { Case, Layer, Parameters } from "./cases.ts";
import { Copy } from "./copy.ts";
import { featureMaps, rowsOfDigits } from "./digits.ts";

/** One row of the table. */
export interface Result {
  readonly case: Case;
  readonly plan: Plan;
  /** Milliseconds a call: the median of the repeats, the fastest and the slowest. */
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
  /** Bytes of inputs and outputs, each once, by time. */
  readonly gigabytesPerSecond: number;
  /** Time of a copy of the same bytes / time of the call. */
  readonly shareOfCopy: number;
  /** Bytes of all inputs and outputs, each once. */
  readonly bytes: number;
  /** max |y - reference| / max(1, max |reference|). */
  readonly error: number;
}

/** The bound on the error of f32 outputs: docs/decisions.md, "numerics". */
export const ERROR_BOUND = 4e-6;

const REPEATS = 5;
/** Chrome's fence has a grain of about 1.1 ms: calls under one fence take at least this long together. */
const FENCE_MS = 40;
const MOST_CALLS = 16;

/** Values that are neither 0 nor 1, the same in every run. */
function wave(count: number, middle: number, height: number): Float32Array {
  return new Float32Array(count).map((_, i) => middle + height * Math.sin(i * 1.7 + 0.3));
}

/** Values between -1 and 1 without a pattern, the same in every run. */
function noise(count: number): Float32Array {
  let state = 1;
  return new Float32Array(count).map(() => (state = Math.imul(state, 1664525) + 1013904223) / 2 ** 31);
}

function parametersOf(layer: Layer): Parameters {
  const count = layer.gamma!.size;
  return { gamma: wave(count, 1, 0.3), beta: wave(count, 0, 0.5), mean: wave(count, 0.2, 0.1), variance: wave(count, 0.15, 0.1) };
}

/** Runs a case: its error against the reference, then its time beside that of a copy. */
export async function measure(gpu: Gpu, one: Case, pause: () => Promise<void>): Promise<Result> {
  const data = one.layout === "rows" ? rowsOfDigits(one.shape) : featureMaps(one.shape, one.layout === "NHWC");
  const x = gpu.tensor(data, one.shape);
  const added = one.residual ? wave(data.length, 0, 0.5) : null;
  const residual = added && gpu.tensor(added, one.shape);
  const layer = one.make(gpu);
  const parameters = parametersOf(layer);
  layer.gamma!.write(parameters.gamma);
  layer.beta?.write(parameters.beta);
  layer.runningMean?.write(parameters.mean);
  layer.runningVariance?.write(parameters.variance);
  const array = (values: Float32Array): NdArray => ({ data: values, shape: one.shape });
  const inputs = { x, residual, parameters, data: array(data), added: added && array(added) };
  const call = one.expectedBackward ? await backwardCall(gpu, one, layer, inputs) : await forwardCall(one, layer, inputs);
  await pause();
  const error = call.error();
  await pause();
  const { bytes, plan } = call;
  const copy = new Copy(gpu.device as GPUDevice, bytes / 2);
  const times = await compare(gpu, call.run, () => copy.run());
  copy.destroy();
  layer.destroy();
  for (const tensor of [x, residual, ...call.tensors]) tensor?.destroy();
  const [median, copied] = [medianOf(times.ours), medianOf(times.copy)];
  return {
    case: one,
    plan,
    median,
    fastest: Math.min(...times.ours),
    slowest: Math.max(...times.ours),
    gigabytesPerSecond: bytes / median / 1e6,
    shareOfCopy: copied / median,
    bytes,
    error,
  };
}

interface Inputs {
  readonly x: Tensor;
  readonly residual: Tensor | null;
  readonly parameters: Parameters;
  readonly data: NdArray;
  readonly added: NdArray | null;
}

/** One call that can be repeated, its plan, and how far its outputs are from the reference. */
interface Call {
  readonly run: () => unknown;
  readonly plan: Plan;
  readonly bytes: number;
  readonly error: () => number;
  readonly tensors: readonly (Tensor | undefined)[];
}

async function forwardCall(one: Case, layer: Layer, { x, residual, parameters, data, added }: Inputs): Promise<Call> {
  const options = { ...(residual && { residual, sum: true }), saved: false };
  const out = layer.forward(x, options);
  const y = await out.y.read();
  return {
    run: () => layer.forward(x, { ...options, out }),
    plan: layer.plan(one.shape, { residual: one.residual, saved: false, sum: one.residual }),
    bytes: x.byteLength * (residual ? 4 : 2),
    error: () => relativeError(y, one.expected(data, added, parameters).y),
    tensors: [out.y, out.sum],
  };
}

async function backwardCall(gpu: Gpu, one: Case, layer: Layer, { x, parameters, data }: Inputs): Promise<Call> {
  const { y, saved } = layer.forward(x);
  const slopes = noise(data.data.length);
  const dy = gpu.tensor(slopes, one.shape);
  const out = layer.backward(dy, saved!);
  const { dx, dgamma, dbeta } = out;
  const found = { dx: await dx.read(), dgamma: await dgamma?.read(), dbeta: await dbeta?.read() };
  return {
    run: () => layer.backward(dy, saved!, { out }),
    plan: layer.planBackward(one.shape),
    bytes: x.byteLength * 3,
    error() {
      const expected = one.expectedBackward!({ data: slopes, shape: one.shape }, data, parameters);
      const errors = [relativeError(found.dx, expected.dx)];
      if (found.dgamma) errors.push(relativeError(found.dgamma, expected.dgamma!.data));
      if (found.dbeta) errors.push(relativeError(found.dbeta, expected.dbeta!.data));
      return Math.max(...errors);
    },
    tensors: [y, saved!.statistics, dy, dx, dgamma, dbeta],
  };
}

function relativeError(actual: Float32Array, expected: Float64Array): number {
  let worst = 0;
  let size = 1;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (!(distance <= worst)) worst = Number.isNaN(distance) ? Infinity : distance;
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return worst / size;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Times of both, in milliseconds a call, turn by turn, so that a disturbance hits both. */
async function compare(gpu: Gpu, ours: () => unknown, copy: () => unknown): Promise<{ ours: number[]; copy: number[] }> {
  const time = async (call: () => unknown, calls: number): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    await (gpu.device as GPUDevice).queue.onSubmittedWorkDone();
    return (performance.now() - start) / calls;
  };
  const callsFor = async (call: () => unknown): Promise<number> => {
    await time(call, 1);
    const once = await time(call, 2);
    return Math.min(MOST_CALLS, Math.max(1, Math.ceil(FENCE_MS / once)));
  };
  const calls = { ours: await callsFor(ours), copy: await callsFor(copy) };
  const times = { ours: [] as number[], copy: [] as number[] };
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    times.ours.push(await time(ours, calls.ours));
    times.copy.push(await time(copy, calls.copy));
  }
  return times;
}
