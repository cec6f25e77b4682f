import type { Activation } from "../core/activation.ts";
import { ShapeError, TensorError } from "../core/errors.ts";
import { checkSame, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { Plan } from "../plan/plan.ts";
import { statisticsStride, STATISTICS_PLANES } from "../plan/request.ts";
import { checkAddedTo } from "./accumulate.ts";
import type { BackwardOptions, BackwardResult } from "./backward.ts";
import { BatchNorm } from "./batch-norm.ts";
import { Between } from "./between.ts";
import { ChannelNorm } from "./channel-norm.ts";
import type { ChannelOptions } from "./channels.ts";
import { EstimatedBatchNorm } from "./estimated-batch-norm.ts";
import { ownOptions } from "./kept-specs.ts";
import { Layer } from "./layer.ts";
import { outputDtype, type ForwardOptions } from "./forward.ts";
import type { NormClassOptions } from "./norm.ts";
import type { RunningOptions } from "./running-statistics.ts";
import type { Saved } from "./saved.ts";
import type { StateEntry } from "./state.ts";

/** Options of {@link BatchChannelNorm}. `affine` and `bias` are of both normalizations, `momentum` and its like of the first. */
export interface BatchChannelNormOptions extends ChannelOptions, RunningOptions, NormClassOptions {
  channels: number;
  /** Groups of channels of the second normalization; must divide the count of channels. */
  groups: number;
  /** Given: the first normalization is {@link EstimatedBatchNorm} with this speed, else {@link BatchNorm}. */
  movingSpeed?: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** eps of the first normalization. Default: eps. */
  bnEps?: number;
  /** Applied to what the second normalization gives. */
  activation?: Activation;
}

/** What a forward call keeps for its backward call. It owns the statistics and what lies between the two normalizations. */
export class BatchChannelSaved {
  /** Of the first normalization. */
  readonly batch: Saved;
  /** Of the second, whose x is what the first gave, in f32. */
  readonly channel: Saved;

  /** @internal */
  constructor(batch: Saved, channel: Saved) {
    this.batch = batch;
    this.channel = channel;
  }

  /** Frees all of it. x stays. */
  destroy(): void {
    this.batch.destroy();
    this.channel.x.destroy();
    this.channel.destroy();
  }
}

/** What a forward call takes beside x: the residual is added before the first normalization. */
export interface BatchChannelForwardOptions extends Omit<ForwardOptions, "out"> {
  /** Tensors of an earlier result, written again. */
  out?: { y?: Tensor; sum?: Tensor; saved?: BatchChannelSaved };
}

/** Outputs of a forward call. */
export interface BatchChannelForwardResult {
  /** Shape of x. */
  y: Tensor;
  /** x + residual + residualBias, where it was asked for or is needed by `saved`. */
  sum?: Tensor;
  saved?: BatchChannelSaved;
}

/** Gradients of a backward call: dgamma and dbeta [groups] are of the second normalization, dbnGamma and dbnBeta [channels] of the first. */
export interface BatchChannelBackwardResult extends Omit<BackwardResult, "dmean" | "dvariance"> {
  dbnGamma?: Tensor;
  dbnBeta?: Tensor;
}

/** What a backward call takes beside dy and `saved`. */
export interface BatchChannelBackwardOptions extends Recording, Pick<BackwardOptions, "dsum" | "accumulate"> {
  /** An earlier result, written again. */
  out?: Partial<BatchChannelBackwardResult>;
}

/**
 * Batch-channel normalization: batch normalization, by the batch's statistics or by estimates, and channel normalization of what it gives.
 *
 *     y = activation(channelNorm(batchNorm(x) * bnGamma + bnBeta) * gamma + beta)
 *
 * What lies between is kept in f32. Qiao, Wang, Liu, Shen & Yuille 2019, "Rethinking Normalization and Elimination Singularity in Neural Networks" (arXiv:1911.09738).
 */
export class BatchChannelNorm extends Layer {
  readonly options: Readonly<BatchChannelNormOptions>;
  /** The first normalization, with bnGamma, bnBeta [channels] and the running statistics. */
  readonly batch: BatchNorm | EstimatedBatchNorm;
  /** The second, with gamma and beta [groups]. */
  readonly channel: ChannelNorm;
  readonly #between = new Between();
  readonly #gradient = new Between();
  /** Shapes of tensors that the second half takes. */
  readonly #fit = { saving: new WeakSet<Shape>(), passing: new WeakSet<Shape>() };

  /** @throws OptionError */
  constructor(gpu: Gpu, options: BatchChannelNormOptions) {
    const { channels, groups, movingSpeed, eps, bnEps = eps, activation, layout, affine, bias, ...running } = options;
    const shared = { channels, layout, affine, bias };
    super(gpu, "BatchChannelNorm");
    this.options = ownOptions(options);
    this.channel = new ChannelNorm(gpu, { ...shared, groups, eps, activation }, "BatchChannelNorm");
    const own = { ...shared, eps: bnEps };
    this.batch = movingSpeed === undefined ? new BatchNorm(gpu, { ...own, ...running }) : new EstimatedBatchNorm(gpu, { ...own, movingSpeed });
  }

  /** True: statistics of the batch, or estimates that move first. False: running statistics, or estimates as they are. */
  get training(): boolean {
    return this.batch.training;
  }

  set training(training: boolean) {
    this.batch.training = training;
  }

  /**
   * Normalizes x. Queued at once; nothing is awaited.
   * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
   */
  forward(x: Tensor, options: BatchChannelForwardOptions = {}): BatchChannelForwardResult {
    const { out = {}, dtype, encoder, pass, ...given } = options;
    const call = "BatchChannelNorm.forward";
    this.#checkForward(call, x, options);
    const saves = options.saved !== false;
    this.#checkChannel(x.shape, saves);
    const middle = saves ? out.saved?.channel.x : this.#between.tensor(this.gpu, x.shape, options);
    return this.#record({ encoder, pass }, (recording) => {
      const first = this.batch.forward(x, {
        ...given,
        ...recording,
        dtype: middle?.dtype ?? "f32",
        out: { y: middle, sum: out.sum, saved: out.saved?.batch },
      });
      const own = { y: out.y, saved: out.saved?.channel };
      const { y, saved } = this.channel.forward(first.y, { ...recording, saved: saves, dtype: dtype ?? out.y?.dtype ?? x.dtype, out: own });
      return { y, ...(first.sum && { sum: first.sum }), ...(saved && { saved: new BatchChannelSaved(first.saved!, saved) }) };
    });
  }

  /**
   * Gradients with respect to x and to everything that forward was given. Queued at once; nothing is awaited.
   * @param dy gradient of y: x's shape   @param saved of the forward call
   * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
   */
  backward(dy: Tensor, saved: BatchChannelSaved | undefined, options: BatchChannelBackwardOptions = {}): BatchChannelBackwardResult {
    const { out = {}, dsum, accumulate, encoder, pass } = options;
    const { dgamma, dbeta, dbnGamma, dbnBeta, ...rest } = out;
    const call = "BatchChannelNorm.backward";
    if (!saved) throw new TensorError(`${call}: saved is ${String(saved)}; wanted what forward saved (not saved: false)`);
    this.#checkBackward(call, dy, saved, options);
    const middle = this.#gradient.tensor(this.gpu, saved.channel.x.shape, options);
    return this.#record({ encoder, pass }, (recording) => {
      const shared = { ...recording, accumulate };
      const second = this.channel.backward(dy, saved.channel, { ...shared, out: { dx: middle, dgamma, dbeta } });
      const first = this.batch.backward(second.dx, saved.batch, { ...shared, dsum, out: { ...rest, dgamma: dbnGamma, dbeta: dbnBeta } });
      const { dgamma: firstGamma, dbeta: firstBeta, ...others } = first;
      return {
        ...others,
        ...(second.dgamma && { dgamma: second.dgamma }),
        ...(second.dbeta && { dbeta: second.dbeta }),
        ...(firstGamma && { dbnGamma: firstGamma }),
        ...(firstBeta && { dbnBeta: firstBeta }),
      };
    });
  }

  /** The second half refuses x's shape before the first one moves anything; a shape of which nothing was said is looked at once. */
  #checkChannel(x: Shape, saves: boolean): void {
    const fit = saves ? this.#fit.saving : this.#fit.passing;
    if (fit.has(x)) return;
    this.channel.plan(x, { saved: saves });
    fit.add(x);
  }

  /** What the second half would refuse is refused before the first one moves anything. */
  #checkForward(call: string, x: Tensor, options: BatchChannelForwardOptions): void {
    const { out = {}, dtype } = options;
    const { gamma, beta } = this.channel;
    this.gpu.need(call, { x });
    checkSaved(call, "out.saved", out.saved ?? null);
    const { x: between, statistics } = out.saved?.channel ?? {};
    this.gpu.check(call, { gamma, beta, "out.y": out.y, "out.sum": out.sum, "out.saved": statistics, "out.saved.channel.x": between });
    checkSame(call, "out.y", out.y, x.shape, "it must have x's shape");
    outputDtype(call, x, { dtype, out: { y: out.y } });
    const wanted = statisticsStride(x.shape[0]! * this.options.groups) * STATISTICS_PLANES;
    if (statistics && statistics.size !== wanted) {
      throw new ShapeError(`${call}: out.saved comes from a call with other statistics (${statistics.size} values; wanted ${wanted})`);
    }
    const kept = options.saved === false ? {} : { x, "out.sum": out.sum };
    for (const [name, tensor] of Object.entries({ gamma, beta, "out.saved": statistics, "out.saved.channel.x": between, ...kept })) {
      if (out.y && tensor?.buffer === out.y.buffer)
        throw new TensorError(`${call}: out.y and ${name} lie in the same GPUBuffer; y would overwrite what is still read`);
    }
  }

  /** Likewise what the first half would refuse once the second one has added to its gradients. */
  #checkBackward(call: string, dy: Tensor, saved: BatchChannelSaved, { out = {}, dsum, accumulate }: BatchChannelBackwardOptions): void {
    checkSaved(call, "saved", saved);
    const { batch, channel } = saved;
    const { gamma, beta } = this.batch;
    const named = Object.fromEntries(Object.entries(out).map(([name, tensor]) => [`out.${name}`, tensor]));
    this.gpu.need(call, { dy });
    this.gpu.check(call, {
      dsum,
      "bn.gamma": gamma,
      "bn.beta": beta,
      "saved.x": batch.x,
      "saved.batch": batch.statistics,
      "saved.channel.x": channel.x,
      ...named,
    });
    for (const [name, tensor] of Object.entries({ dy, dsum, "out.dx": out.dx })) {
      checkSame(call, name, tensor, batch.x.shape, "x was");
    }
    for (const [name, tensor, like] of [
      ["dbnGamma", out.dbnGamma, gamma],
      ["dbnBeta", out.dbnBeta, beta],
    ] as const) {
      if (accumulate && like) checkAddedTo(call, { [name]: tensor });
      if (like) checkSame(call, `out.${name}`, tensor, like.shape);
    }
    if (accumulate && batch.meaning.inputs.parameters.residual_bias) checkAddedTo(call, { dresidualBias: out.dresidualBias });
  }

  /** One pass and one submit for both halves, where the caller brings none. */
  #record<Result>({ encoder, pass }: Recording, work: (recording: Recording) => Result): Result {
    if (encoder || pass) return work({ encoder, pass });
    return this.gpu.batch(() => work({}));
  }

  /** What `forward` would run for x of this shape, as data: the first normalization, then the second. */
  plan(x: Shape): [Plan, Plan] {
    return [this.batch.plan(x), this.channel.plan(x)];
  }

  /** Compiles what `forward` will run for x of this shape, off the main thread. @throws ShaderError */
  async prepare(x: Shape): Promise<void> {
    await Promise.all([this.batch.prepare(x), this.channel.prepare(x)]);
  }

  override parameters(): Record<string, Tensor> {
    const { gamma: bnGamma, beta: bnBeta } = this.batch;
    return { ...this.channel.parameters(), ...(bnGamma && { bnGamma }), ...(bnBeta && { bnBeta }) };
  }

  /** @internal Under the keys of the authors' code: `weight`, `bias` and those of `bn`. */
  override stateEntries(): StateEntry[] {
    return [...this.channel.stateEntries(), ...this.batch.stateEntries().map((entry) => ({ ...entry, key: `bn.${entry.key}` }))];
  }

  override destroy(): void {
    this.batch.destroy();
    this.channel.destroy();
    this.#between.destroy();
    this.#gradient.destroy();
  }
}

function checkSaved(call: string, name: string, saved: BatchChannelSaved | null): void {
  if (saved !== null && !(saved instanceof BatchChannelSaved)) throw new TensorError(`${call}: ${name} is ${typeof saved}; wanted what forward saved`);
}
