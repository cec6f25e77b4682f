import { OptionError, ShapeError } from "../core/errors.ts";
import { checkSame, formatShape, sameShape, sizeOf, stridesOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { Pack } from "../gpu/pack.ts";
import type { Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { ANY, ROW_GRADIENTS } from "../plan/walks.ts";
import type { Plan } from "../plan/plan.ts";
import { runBackward } from "./backward.ts";
import { checkCount } from "./channels.ts";
import { planOf, runForward, type NormSpec } from "./forward.ts";
import { KeptSpecs, ownOptions } from "./kept-specs.ts";
import { Layer } from "./layer.ts";
import type { PackBackwardOptions, PackForwardOptions, RowFactors } from "./packed.ts";
import type { Saved } from "./saved.ts";
import { tensorEntry, type StateEntry } from "./state.ts";
import { checkFanIn, outputAxis, WEIGHT_STANDARDIZATION_FORMS, weightForm, type WeightStandardizationOptions } from "./weight-form.ts";
import { checkLists, inOnePass, type WeightListForwardOptions, type WeightListOptions } from "./weight-lists.ts";
import {
  backwardPack,
  forwardPack,
  PackedStandardizationSaved,
  type PackedStandardizationGradients,
  type PackedStandardizationResult,
} from "./weight-standardization-all.ts";

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
  const call = "weightStandardization";
  return runWeight(gpu, call, v, (shape) => weightStandardizationSpec(call, shape, options), options);
}

/** What every backward call takes beside dw and `saved`. */
export interface WeightBackwardOptions extends Recording {
  /** The gain of the forward call. */
  gain?: Tensor | null;
  /** Tensors that take the gradients. */
  out?: { dv?: Tensor; dgain?: Tensor };
}

/** Gradients of v and, where there was one, of the gain: its shape, f32. */
export interface WeightGradients {
  dv: Tensor;
  dgain?: Tensor;
}

/**
 * Gradients of {@link weightStandardization}, whose options must be given again; equations: reference/weight-standardization.ts.
 * @param dw shape of v
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function weightStandardizationBackward(
  gpu: Gpu,
  dw: Tensor,
  saved: Saved | undefined,
  options: WeightStandardizationOptions & WeightBackwardOptions = {},
): WeightGradients {
  const call = "weightStandardizationBackward";
  return runWeightBackward(gpu, call, dw, saved, (shape) => weightStandardizationSpec(call, shape, options), options);
}

function runWeightBackward(
  gpu: Gpu,
  call: string,
  dw: Tensor,
  saved: Saved | undefined,
  specOf: (v: Shape) => NormSpec,
  given: WeightBackwardOptions,
): WeightGradients {
  const { gain, out = {}, encoder, pass } = given;
  gpu.need(call, { dw });
  // A pack adds up; here the gradient of v is a whole output, and one of the two alone would mislead.
  if (Reflect.get(given, "accumulate")) throw new OptionError(`${call}: accumulate is true; only packs (gpu.pack) accumulate`);
  gpu.check(call, { gain, "out.dv": out.dv, "out.dgain": out.dgain });
  const own = { dx: out.dv, dgamma: out.dgain };
  const { dx, dgamma } = runBackward(gpu, ROW_GRADIENTS, call, dw, saved, specOf, { encoder, pass, gamma: gain ?? null, out: own });
  return { dv: dx, ...(dgamma && { dgain: dgamma }) };
}

function runWeight(gpu: Gpu, call: string, v: Tensor, specOf: (v: Shape) => NormSpec, given: WeightForwardOptions): WeightForwardResult {
  const { gain, out = {}, saved, encoder, pass } = given;
  gpu.need(call, { v });
  gpu.check(call, { gain, "out.w": out.w, "out.saved": out.saved?.statistics });
  const spec = specOf(v.shape);
  checkGain(call, v.shape, spec, gain);
  checkSame(call, "out.w", out.w, v.shape, "it must have v's shape");
  const own = { y: out.w, saved: out.saved };
  const result = runForward(gpu, ANY, call, v, () => spec, { encoder, pass, gamma: gain ?? null, saved: saved !== false, out: own });
  return { w: result.y, ...(result.saved && { saved: result.saved }) };
}

function checkGain(call: string, v: Shape, spec: NormSpec, gain: Tensor | null | undefined): void {
  if (gain && !spec.strides(gain.shape)) throw new ShapeError(`${call}: gain is ${formatShape(gain.shape)}; v is ${formatShape(v)}: it must be ${spec.wanted}`);
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

/** What a backward call on a list of weights takes. `out`: an earlier result, written again. */
export interface WeightListBackwardOptions extends WeightListOptions {
  out?: readonly Partial<WeightGradients>[];
}

type PackOptions = PackForwardOptions<PackedStandardizationSaved> & { gain?: RowFactors | null };

/** Weight standardization of one layer's weights, with its own gain where it has one. */
export class WeightStandardization extends Layer {
  readonly options: Readonly<WeightStandardizationClassOptions>;
  /** Starts as ones, [channels]; null without `gain`. */
  readonly gain: Tensor | null;
  readonly #specs: Record<string, KeptSpecs<NormSpec>> = {};

  /** @throws OptionError */
  constructor(gpu: Gpu, options: WeightStandardizationClassOptions = {}) {
    const call = "WeightStandardization";
    super(gpu, call);
    weightForm(call, options);
    const { channels, gain = WEIGHT_STANDARDIZATION_FORMS[options.form ?? "article"].gain } = options;
    if (channels !== undefined || gain) checkCount(channels!, "channels", call);
    this.options = ownOptions(options);
    this.gain = gain ? gpu.tensor(new Float32Array(channels!).fill(1), [channels!]) : null;
  }

  /**
   * Standardizes a weight. Queued at once; nothing is awaited.
   * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
   */
  forward(v: Tensor, options: WeightForwardOptions = {}): WeightForwardResult {
    const call = "WeightStandardization.forward";
    this.#check(call, v);
    return runWeight(this.gpu, call, v, this.#specOf(call), { ...options, gain: options.gain === undefined ? this.gain : options.gain });
  }

  /** Gradients of v and of the gain. @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError */
  backward(dw: Tensor, saved: Saved | undefined, options: WeightBackwardOptions = {}): WeightGradients {
    const gain = options.gain === undefined ? this.gain : options.gain;
    const call = "WeightStandardization.backward";
    return runWeightBackward(this.gpu, call, dw, saved, this.#specOf(call), { ...options, gain });
  }

  /**
   * Standardizes many weights: those of a pack (`gpu.pack`) in a dispatch for each kind of row, a list in one pass and one submit. Gains come with the call.
   * @throws ShapeError, OptionError, TensorError, UnsupportedError, LimitError, DeviceLostError
   */
  forwardAll(v: Pack, options?: PackOptions): PackedStandardizationResult;
  forwardAll(v: readonly Tensor[], options?: WeightListForwardOptions): { w: Tensor[]; saved: Saved[] };
  forwardAll(v: Pack | readonly Tensor[], options: PackOptions | WeightListForwardOptions = {}): PackedStandardizationResult | { w: Tensor[]; saved: Saved[] } {
    const call = "WeightStandardization.forwardAll";
    if (v instanceof Pack) return forwardPack(this.gpu, call, v, { ...this.options, gain: null, ...(options as PackOptions) });
    const { gain, saved, out = {}, ...recording } = options as WeightListForwardOptions;
    const saves = saved === undefined ? {} : { saved };
    // An earlier result with `saved: false` has an empty list.
    checkLists(call, "v", v, { gain, "out.w": out.w, "out.saved": out.saved?.length ? out.saved : undefined });
    for (const each of v) this.#check(call, each);
    const results = inOnePass(this.gpu, recording, v.length, (i, own) =>
      runWeight(this.gpu, call, v[i]!, this.#specOf(call), { ...own, ...saves, gain: gain?.[i] ?? null, out: { w: out.w?.[i], saved: out.saved?.[i] } }),
    );
    return { w: results.map(({ w }) => w), saved: results.flatMap((result) => result.saved ?? []) };
  }

  /** Gradients of {@link forwardAll}: of a pack dispatched likewise, of a list in one pass and one submit. @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError */
  backwardAll(
    dw: Pack,
    saved: PackedStandardizationSaved,
    options?: PackBackwardOptions<Partial<PackedStandardizationGradients>>,
  ): PackedStandardizationGradients;
  backwardAll(dw: readonly Tensor[], saved: readonly Saved[], options?: WeightListBackwardOptions): WeightGradients[];
  backwardAll(
    dw: Pack | readonly Tensor[],
    saved: PackedStandardizationSaved | readonly Saved[],
    options: PackBackwardOptions<Partial<PackedStandardizationGradients>> | WeightListBackwardOptions = {},
  ): PackedStandardizationGradients | WeightGradients[] {
    const call = "WeightStandardization.backwardAll";
    if (saved instanceof PackedStandardizationSaved) return backwardPack(this.gpu, call, dw as Pack, saved, options as object);
    const list = dw as readonly Tensor[];
    const { gain, out, ...recording } = options as WeightListBackwardOptions;
    checkLists(call, "dw", list, { saved, gain, out });
    if ("accumulate" in recording && recording.accumulate) throw new OptionError(`${call}: accumulate is true; only packs (gpu.pack) accumulate`);
    return inOnePass(this.gpu, recording, list.length, (i, own) =>
      runWeightBackward(this.gpu, call, list[i]!, saved[i]!, this.#specOf(call), { ...own, gain: gain?.[i] ?? null, out: out?.[i] ?? {} }),
    );
  }

  /** What `forward` would run for a weight of this shape, as data. */
  plan(v: Shape, given: { saved?: boolean } = {}): Plan {
    const call = "WeightStandardization.plan";
    this.#checkChannels(call, v);
    const inputs = { parameters: this.gain ? { gamma: this.gain.shape } : {}, residual: null };
    return planOf(this.gpu, ANY, weightStandardizationSpec(call, v, this.options), v, inputs, { sum: false, saved: given.saved !== false, aligned: true });
  }

  /** Compiles what `forward` will run for a weight of this shape, off the main thread. @throws ShaderError */
  async prepare(v: Shape, given: { saved?: boolean } = {}): Promise<void> {
    await this.gpu.prepare(() => this.plan(v, given).dispatches, "WeightStandardization.prepare");
  }

  override parameters(): Record<string, Tensor> {
    return { ...(this.gain && { gain: this.gain }) };
  }

  /** @internal The gain under timm's key, to be loaded as [O] or as timm has it [O, 1, ...]. */
  override stateEntries(): StateEntry[] {
    const { gain } = this;
    return gain ? [tensorEntry("gain", gain, { fits: (shape) => shape[0] === gain.size && sizeOf(shape) === gain.size })] : [];
  }

  #specOf(call: string): (v: Shape) => NormSpec {
    return (v) => (this.#specs[call] ??= new KeptSpecs()).of(v, 0, () => weightStandardizationSpec(call, v, this.options));
  }

  #check(call: string, v: Tensor): void {
    this.gpu.need(call, { v });
    this.#checkChannels(call, v.shape);
    this.#specOf(call)(v.shape);
  }

  #checkChannels(call: string, v: Shape): void {
    const { channels } = this.options;
    const found = v[outputAxis(call, v, this.options)];
    if (channels !== undefined && found !== channels)
      throw new ShapeError(`${call}: v is ${formatShape(v)}; output channels (${found}) must equal ${channels}`);
  }
}
