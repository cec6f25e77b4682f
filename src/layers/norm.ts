import { ACTIVATIONS, type Activation } from "../core/activation.ts";
import type { Dtype } from "../core/dtype.ts";
import { checkFinite, checkWord } from "../core/options.ts";
import { checkShape, sizeOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { planFor, type StoredAs } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { Plan } from "../plan/plan.ts";
import type { BackwardWalks, ForwardWalks } from "../plan/walks.ts";
import { backwardPlanOf, runBackward, type BackwardOptions, type BackwardResult } from "./backward.ts";
import { planOf, runForward, type AffineParameters, type ForwardOptions, type ForwardResult, type LayerTensors, type NormSpec } from "./forward.ts";
import { KeptSpecs } from "./kept-specs.ts";
import type { InputShapes, Saved, SavedMeaning } from "./saved.ts";
import { Layer } from "./layer.ts";
import { tensorEntry, type StateEntry } from "./state.ts";

/** Options that every layer with gamma and beta has. */
export interface NormClassOptions {
  /** False: neither gamma nor beta. Default: the layer's, as PyTorch's. */
  affine?: boolean;
  /** False: gamma without beta. Default true. */
  bias?: boolean;
}

/** What a call would be given, by shape: for `plan` and `prepare`. */
export interface CallShape {
  /** Shape of the residual, or true for one of x's shape. */
  residual?: Shape | boolean;
  residualBias?: Shape;
  gamma?: Shape | null;
  beta?: Shape | null;
  sum?: boolean;
  saved?: boolean;
  /** Storage type of x, and of the residual, y and sum where `dtypes` does not say. Default f32. */
  dtype?: Dtype;
  /** Storage types of the others. Default of parameters: f32. */
  dtypes?: Readonly<Partial<Record<"y" | "sum" | "residual" | "residualBias" | "gamma" | "beta", Dtype>>>;
}

/** Walks of both directions. */
export interface LayerWalks {
  readonly forward: ForwardWalks;
  readonly backward: BackwardWalks;
}

/** What the constructor that all layers share looks at. */
export interface NormConstructorOptions extends NormClassOptions {
  activation?: Activation;
  gammaOffset?: number;
}

/** What all layers are: their parameters, and a forward call whose meaning the layer's `spec` gives. */
export abstract class Norm extends Layer {
  /** Starts so that its factor is 1; null without `affine`. */
  readonly gamma: Tensor | null;
  /** Starts as zeros; null without `affine` or `bias`. */
  readonly beta: Tensor | null;
  readonly #forwards = new KeptSpecs<NormSpec>();
  readonly #backwards = new KeptSpecs<NormSpec>();

  protected constructor(gpu: Gpu, layer: string, shape: Shape, options: NormConstructorOptions, affine = true) {
    super(gpu, layer);
    checkShape(shape, layer);
    checkActivation(options.activation, layer);
    const gammaOffset = checkFinite(layer, "gammaOffset", options.gammaOffset ?? 0);
    const has = options.affine ?? affine;
    this.gamma = has ? gpu.tensor(new Float32Array(sizeOf(shape)).fill(1 - gammaOffset), shape) : null;
    this.beta = has && options.bias !== false ? gpu.tensor(new Float32Array(sizeOf(shape)), shape) : null;
  }

  /** @internal Walks that the layer can need. */
  protected abstract readonly walks: LayerWalks;

  /** What the layer means for x of this shape. @throws ShapeError, OptionError */
  protected abstract spec(call: string, x: Shape): NormSpec;

  /** What `spec` depends on beside x's shape and the options, which never change. */
  protected get state(): number {
    return 0;
  }

  /** Tensors beside the caller's and the parameters. */
  protected tensors(): LayerTensors {
    return {};
  }

  /**
   * Normalizes x. Queued at once; nothing is awaited.
   * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
   */
  forward(x: Tensor, options: ForwardOptions & AffineParameters = {}): ForwardResult {
    const gamma = options.gamma === undefined ? this.gamma : options.gamma;
    const beta = options.beta === undefined ? this.beta : options.beta;
    const call = `${this.layer}.forward`;
    const specOf = (shape: Shape): NormSpec => this.#forwards.of(shape, this.state, () => this.spec(call, shape));
    return runForward(this.gpu, this.walks.forward, call, x, specOf, { ...options, gamma, beta }, this.tensors());
  }

  /** What the layer meant when it saved statistics of this kind. */
  protected savedSpec(call: string, x: Shape, _kind: SavedMeaning["kind"]): NormSpec {
    return this.spec(call, x);
  }

  /**
   * Gradients with respect to x and to everything that forward was given. Queued at once; nothing is awaited.
   * @param dy gradient of y: x's shape
   * @param saved of the forward call; its x (or sum) must still hold what was normalized
   * @param options gamma and beta must be what forward was given
   * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
   */
  backward(dy: Tensor, saved: Saved | undefined, options: BackwardOptions & AffineParameters = {}): BackwardResult {
    const gamma = options.gamma === undefined ? this.gamma : options.gamma;
    const beta = options.beta === undefined ? this.beta : options.beta;
    const call = `${this.layer}.backward`;
    const specOf = (x: Shape, kind: SavedMeaning["kind"]): NormSpec => this.#backwards.of(x, kind, () => this.savedSpec(call, x, kind));
    return runBackward(this.gpu, this.walks.backward, call, dy, saved, specOf, { ...options, gamma, beta });
  }

  /** What `forward` would run for x of this shape, as data. */
  plan(x: Shape, given: CallShape = {}): Plan {
    const { parameters, residual } = this.#inputs(x, given);
    const adds = residual !== null || parameters.residual_bias !== undefined;
    const saved = given.saved !== false;
    const call = `${this.layer}.plan`;
    const { dtype = "f32", dtypes = {} } = given;
    const of = (shape: Shape, type: Dtype): StoredAs => ({ dtype: type, size: sizeOf(shape), aligned: true });
    const tensors: Record<string, StoredAs> = { x: of(x, dtype), y: of(x, dtypes.y ?? dtype), sum: of(x, dtypes.sum ?? dtypes.y ?? dtype) };
    if (residual) tensors["residual"] = of(residual, dtypes.residual ?? dtype);
    for (const [role, shape] of Object.entries(parameters)) {
      tensors[role] = of(shape, dtypes[role === "residual_bias" ? "residualBias" : (role as "gamma" | "beta")] ?? "f32");
    }
    const wants = { sum: adds && (given.sum === true || saved), saved, aligned: true, x: dtype, sumDtype: tensors["sum"]!.dtype };
    return planFor(this.gpu, planOf(this.gpu, this.walks.forward, this.spec(call, x), x, { parameters, residual }, wants), tensors, call);
  }

  /** What `backward` would run after a forward call for x of this shape, as data. */
  planBackward(x: Shape, given: CallShape & Pick<BackwardOptions, "wants" | "accumulate"> & { dsum?: boolean } = {}): Plan {
    const asked = { wants: given.wants ?? {}, hasDsum: given.dsum === true, accumulate: given.accumulate === true, aligned: true };
    return backwardPlanOf(this.gpu, this.walks.backward, this.spec(`${this.layer}.planBackward`, x), x, this.#inputs(x, given), asked);
  }

  #inputs(x: Shape, given: CallShape): InputShapes {
    const residual = given.residual === true ? x : given.residual || null;
    const gamma = given.gamma === undefined ? this.gamma?.shape : given.gamma;
    const beta = given.beta === undefined ? this.beta?.shape : given.beta;
    return { residual, parameters: { ...(gamma && { gamma }), ...(beta && { beta }), ...(given.residualBias && { residual_bias: given.residualBias }) } };
  }

  /** Compiles what `backward` will run, off the main thread. @throws ShaderError */
  async prepareBackward(x: Shape, given: Parameters<Norm["planBackward"]>[1] = {}): Promise<void> {
    await this.gpu.prepare(() => this.planBackward(x, given).dispatches, `${this.layer}.prepareBackward`);
  }

  /** Compiles what `forward` will run for x of this shape, off the main thread. @throws ShaderError */
  async prepare(x: Shape, given: CallShape = {}): Promise<void> {
    await this.gpu.prepare(() => this.plan(x, given).dispatches, `${this.layer}.prepare`);
  }

  override parameters(): Record<string, Tensor> {
    return { ...(this.gamma && { gamma: this.gamma }), ...(this.beta && { beta: this.beta }) };
  }

  /** @internal */
  override stateEntries(): StateEntry[] {
    return [...(this.gamma ? [tensorEntry("weight", this.gamma)] : []), ...(this.beta ? [tensorEntry("bias", this.beta)] : [])];
  }
}

/** The activation, `none` where it is not given. @throws OptionError */
export function checkActivation(activation: Activation | undefined, call: string): Activation {
  return checkWord(call, "activation", activation ?? "none", ACTIVATIONS);
}

/** Refuses an eps that is negative or not a number. @throws OptionError */
export function checkEps(eps: number, call: string): number {
  return checkFinite(call, "eps", eps, 0);
}
