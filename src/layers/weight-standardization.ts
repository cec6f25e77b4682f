import { OptionError, ShapeError } from "../core/errors.ts";
import { formatShape, resolveAxes, sameShape, sizeOf, stridesOf, type Shape } from "../core/shape.ts";
import type { Named } from "../core/safetensors.ts";
import type { GivenTensor } from "../core/stored-tensor.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { Plan } from "../plan/plan.ts";
import { checkCount } from "./channels.ts";
import { planOf, runForward, type NormSpec } from "./forward.ts";
import { checkEps } from "./norm.ts";
import type { Saved } from "./saved.ts";
import { loadState, readState, tensorEntry, type LoadOptions, type LoadResult, type StateDict, type StateEntry } from "./state.ts";

/** Where a weight's output channels are: first, or last. */
export type WeightLayout = "oihw" | "hwio";

/**
 * The named variants, each as options. `article` is the default. Sources: the README of the authors' WeightStandardization (article), equation 8 of arXiv:1903.10520 (paper), the
 * authors' Batch-Channel-Normalization (bcn), Big Transfer (bit), timm's StdConv2d (timm) and ScaledStdConv2d (timmScaled, with a gain).
 */
export const WEIGHT_STANDARDIZATION_FORMS = {
  article: { correction: 1, eps: 1e-5, epsMode: "outsideStd", gain: false, byFanIn: false },
  paper: { correction: 0, eps: 1e-5, epsMode: "insideVariance", gain: false, byFanIn: false },
  bcn: { correction: 1, eps: 1e-5, epsMode: "insideVariance", gain: false, byFanIn: false },
  bit: { correction: 0, eps: 1e-10, epsMode: "insideVariance", gain: false, byFanIn: false },
  timm: { correction: 0, eps: 1e-6, epsMode: "insideVariance", gain: false, byFanIn: false },
  timmScaled: { correction: 0, eps: 1e-6, epsMode: "insideVariance", gain: true, byFanIn: true },
} as const;

/** Options of the stateless {@link weightStandardization}. */
export interface WeightStandardizationOptions {
  /** A named variant, which the other options then change. Default `article`. */
  form?: keyof typeof WEIGHT_STANDARDIZATION_FORMS;
  /** 1: the variance is divided by n - 1; 0: by n. */
  correction?: 0 | 1;
  eps?: number;
  /** Whether eps is added to the variance or to the standard deviation. */
  epsMode?: "insideVariance" | "outsideStd";
  /** `oihw` (default): the first axis has the output channels, in a weight of any rank. `hwio`: the last. */
  layout?: WeightLayout;
  /** The axis of the output channels, where `layout` does not say it; negative from the end. */
  dim?: number;
  /** Factor of w beside the gain. Default 1. */
  gainScale?: number;
  /** True: w is divided by the root of its fan in, the count of values that share a mean. */
  byFanIn?: boolean;
}

/** What every forward call takes beside v. */
export interface WeightForwardOptions extends Recording {
  /** A factor for each output channel: [O], or v's rank with 1 along every other axis. */
  gain?: Tensor | null;
  /** False: nothing is kept for a backward call. */
  saved?: boolean;
  /** Tensors of an earlier result, written again. */
  out?: { w?: Tensor; saved?: Saved };
}

/** Outputs of a forward call. */
export interface WeightForwardResult {
  /** Shape of v. */
  w: Tensor;
  /** What backward needs: v, mean and rstd of each output channel. Absent with `saved: false`. */
  saved?: Saved;
}

/**
 * Weight standardization: w = (v - mean) / (std + eps) * gain * gainScale over every axis but that of the output channels; equations and sources: reference/weight-standardization.ts.
 * @param v a weight of any rank from 1   @returns w of v's shape; saved.mean and saved.rstd [O]
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function weightStandardization(gpu: Gpu, v: Tensor, options: WeightStandardizationOptions & WeightForwardOptions = {}): WeightForwardResult {
  return runWeight(gpu, "weightStandardization", v, options, options);
}

function runWeight(gpu: Gpu, call: string, v: Tensor, options: WeightStandardizationOptions, given: WeightForwardOptions): WeightForwardResult {
  const { gain, out = {}, saved, encoder, pass } = given;
  gpu.check(call, { v, gain, "out.w": out.w, "out.saved": out.saved?.statistics });
  const spec = weightStandardizationSpec(call, v.shape, options);
  checkGain(call, v.shape, spec, gain);
  if (out.w && !sameShape(out.w.shape, v.shape))
    throw new ShapeError(`${call}: out.w is ${formatShape(out.w.shape)}; it must have v's shape ${formatShape(v.shape)}`);
  const recording = { ...(encoder && { encoder }), ...(pass && { pass }) };
  const own = { ...(out.w && { y: out.w }), ...(out.saved && { saved: out.saved }) };
  const result = runForward(gpu, call, v, () => spec, { ...recording, gamma: gain ?? null, saved: saved !== false, out: own });
  return { w: result.y, ...(result.saved && { saved: result.saved }) };
}

function checkGain(call: string, v: Shape, spec: NormSpec, gain: Tensor | null | undefined): void {
  if (gain && !spec.strides(gain.shape)) throw new ShapeError(`${call}: gain is ${formatShape(gain.shape)}; v is ${formatShape(v)}: it must be ${spec.wanted}`);
}

/** The axis of a weight's output channels. @throws OptionError, ShapeError */
export function outputAxis(call: string, v: Shape, { layout = "oihw", dim }: WeightStandardizationOptions): number {
  if (layout !== "oihw" && layout !== "hwio") throw new OptionError(`${call}: layout is ${String(layout)}; wanted "oihw" or "hwio"`);
  if (v.length === 0) throw new ShapeError(`${call}: v is []; it needs an axis of output channels`);
  if (dim !== undefined) return resolveAxes([dim], v.length, call)[0]!;
  return layout === "oihw" ? 0 : v.length - 1;
}

/** Options with those of their form filled in, checked. @throws OptionError */
export function weightForm(call: string, options: WeightStandardizationOptions): Required<Omit<WeightStandardizationOptions, "form" | "layout" | "dim">> {
  const name = options.form ?? "article";
  const form = Object.hasOwn(WEIGHT_STANDARDIZATION_FORMS, name) ? WEIGHT_STANDARDIZATION_FORMS[name] : null;
  if (!form) throw new OptionError(`${call}: form is ${String(name)}; wanted one of ${Object.keys(WEIGHT_STANDARDIZATION_FORMS).join(", ")}`);
  const { correction = form.correction, eps = form.eps, epsMode = form.epsMode, byFanIn = form.byFanIn, gainScale = 1 } = options;
  if (correction !== 0 && correction !== 1) throw new OptionError(`${call}: correction is ${String(correction)}; wanted 0 or 1`);
  if (epsMode !== "insideVariance" && epsMode !== "outsideStd")
    throw new OptionError(`${call}: epsMode is ${String(epsMode)}; wanted "insideVariance" or "outsideStd"`);
  if (!Number.isFinite(gainScale)) throw new OptionError(`${call}: gainScale is ${String(gainScale)}; wanted a finite number`);
  return { correction, eps: checkEps(eps, call), epsMode, gainScale, byFanIn };
}

/** Refuses a weight with too few values a channel. @throws ShapeError */
export function checkFanIn(call: string, v: Shape, channels: number, fanIn: number, correction: 0 | 1): void {
  if (channels === 0 || fanIn > correction) return;
  const why =
    fanIn === 0 ? "hold no value to take a mean of" : "hold one value each, which has no unbiased standard deviation (correction: 0 takes the biased one)";
  throw new ShapeError(`${call}: v is ${formatShape(v)}; its ${channels} output channels ${why}`);
}

/** What standardization means for a weight of this shape. */
function weightStandardizationSpec(call: string, v: Shape, options: WeightStandardizationOptions): NormSpec {
  const { correction, eps, epsMode, gainScale, byFanIn } = weightForm(call, options);
  const axis = outputAxis(call, v, options);
  const channels = v[axis]!;
  const reduced = [...v.keys()].filter((place) => place !== axis);
  const fanIn = sizeOf(reduced.map((place) => v[place]!));
  checkFanIn(call, v, channels, fanIn, correction);
  const kept = v.map((extent, place) => (place === axis ? extent : 1));
  return {
    call,
    shape: v,
    cut: null,
    reduced,
    statistics: "moments",
    subtractsMean: true,
    activation: "none",
    eps,
    epsMode,
    correction,
    gammaScale: byFanIn ? gainScale / Math.sqrt(fanIn) : gainScale,
    running: null,
    strides: (gain) => (sameShape(gain, [channels]) || sameShape(gain, kept) ? stridesOf(kept).map((stride, place) => (place === axis ? stride : 0)) : null),
    wanted: `${formatShape([channels])} or ${formatShape(kept)}`,
  };
}

/** Options of {@link WeightStandardization}. */
export interface WeightStandardizationClassOptions extends WeightStandardizationOptions {
  /** True: a trained factor for each output channel; needs `channels`. Default: the form's. */
  gain?: boolean;
  /** Output channels. Where it is given, weights with another count are refused. */
  channels?: number;
}

/** Weight standardization of one layer's weights, with its own gain where it has one. */
export class WeightStandardization {
  readonly gpu: Gpu;
  readonly options: Readonly<WeightStandardizationClassOptions>;
  /** Starts as ones, [channels]; null without `gain`. */
  readonly gain: Tensor | null;

  /** @throws OptionError */
  constructor(gpu: Gpu, options: WeightStandardizationClassOptions = {}) {
    const call = "WeightStandardization";
    weightForm(call, options);
    const { channels, gain = WEIGHT_STANDARDIZATION_FORMS[options.form ?? "article"].gain } = options;
    if (channels !== undefined || gain) checkCount(channels!, "channels", call);
    this.gpu = gpu;
    this.options = { ...options };
    this.gain = gain ? gpu.tensor(new Float32Array(channels!).fill(1), [channels!]) : null;
  }

  /**
   * Standardizes a weight. Queued at once; nothing is awaited.
   * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
   */
  forward(v: Tensor, options: WeightForwardOptions = {}): WeightForwardResult {
    const call = "WeightStandardization.forward";
    this.gpu.check(call, { v });
    this.#checkChannels(call, v.shape);
    return runWeight(this.gpu, call, v, this.options, { ...options, gain: options.gain === undefined ? this.gain : options.gain });
  }

  /** What `forward` would run for a weight of this shape, as data. */
  plan(v: Shape, given: { saved?: boolean } = {}): Plan {
    const call = "WeightStandardization.plan";
    this.#checkChannels(call, v);
    const parameters = this.gain ? { gamma: this.gain.shape } : {};
    const wants = { sum: false, saved: given.saved !== false, aligned: true };
    return planOf(this.gpu, weightStandardizationSpec(call, v, this.options), v, { parameters, residual: null }, wants);
  }

  /** Compiles what `forward` will run for a weight of this shape, off the main thread. @throws ShaderError */
  async prepare(v: Shape, given: { saved?: boolean } = {}): Promise<void> {
    await this.gpu.prepare(this.plan(v, given).dispatches, "WeightStandardization.prepare");
  }

  /** The tensors that training changes, by name. */
  parameters(): Record<string, Tensor> {
    return { ...(this.gain && { gain: this.gain }) };
  }

  /** The gain under timm's key `gain`, with `prefix` before it, as everything queued so far leaves it; nothing without a gain. @throws TensorError, DeviceLostError */
  stateDict(options: { prefix?: string } = {}): Promise<StateDict> {
    return readState(this.gpu, "WeightStandardization.stateDict", this.#stateEntries(), options.prefix);
  }

  /**
   * Takes the gain from a state: [O], or as timm has it [O, 1, ...].
   * @throws FormatError that names every missing, unexpected and unfit key; TensorError, DeviceLostError
   */
  loadStateDict(dict: Named<GivenTensor>, options: LoadOptions = {}): LoadResult {
    return loadState(this.gpu, "WeightStandardization.loadStateDict", this.#stateEntries(), dict, options);
  }

  #stateEntries(): StateEntry[] {
    const { gain } = this;
    if (!gain) return [];
    return [tensorEntry("gain", gain, { fits: (shape) => shape[0] === gain.size && sizeOf(shape) === gain.size })];
  }

  /** Frees the gain. Twice is fine. */
  destroy(): void {
    this.gain?.destroy();
  }

  #checkChannels(call: string, v: Shape): void {
    const { channels } = this.options;
    const found = v[outputAxis(call, v, this.options)];
    if (channels !== undefined && found !== channels)
      throw new ShapeError(`${call}: v is ${formatShape(v)}; output channels (${found}) must equal ${channels}`);
  }
}
