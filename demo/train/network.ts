import * as tf from "@tensorflow/tfjs-core";
import { BatchChannelNorm, BatchNorm, GroupNorm, LayerNorm, WeightStandardization } from "../../src/index.ts";
import { SIDE } from "../packed-digits.ts";
import { differentiable, normLayer, standardizationLayer, weightNormLayer, type Layer } from "./norm-op.ts";
import type { NormName } from "./norms.ts";
import { Random } from "./random.ts";
import type { SharedBackend } from "./shared-backend.ts";

export { NETWORK } from "./network-text.ts";

const CHANNELS = [8, 16, 32] as const;
const WINDOW = 3;
const POOL = 2;
const KINDS = 10;
const CHANNELS_PER_GROUP = 4;

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

/** One convolution with what stands around it. */
interface Stage {
  filter(): tf.Tensor;
  after(y: tf.Tensor): tf.Tensor;
}

/** A small convolutional network, in which layers of this library stand between convolutions of TensorFlow.js. */
export class Network {
  /** What training changes, in one order for all networks of a norm. */
  readonly variables: tf.Variable[] = [];
  /** False: running statistics and estimates stand in for those of the batch. */
  training = true;
  readonly #shared: SharedBackend;
  readonly #stages: readonly Stage[];
  readonly #dense: { readonly w: tf.Tensor; readonly b: tf.Tensor };
  readonly #owned: { destroy(): void }[] = [];
  readonly #modes: { training: boolean }[] = [];

  /** Networks of one seed start with the same filters, whatever their norm. */
  constructor(shared: SharedBackend, norm: NormName, seed: number) {
    this.#shared = shared;
    const random = new Random(seed, 1);
    let side = SIDE;
    this.#stages = CHANNELS.map((channels, i) => {
      side = Math.ceil(side / 2);
      return this.#stage(norm, random, [CHANNELS[i - 1] ?? 1, channels, side]);
    });
    const features = (side / POOL) ** 2 * CHANNELS.at(-1)!;
    const w = this.#variable([features, KINDS], random.normal(features * KINDS, Math.sqrt(1 / features)));
    this.#dense = { w, b: this.#filled([KINDS], 0) };
  }

  /** A score for each kind, [N, 10]. @param x [N, 28, 28, 1] */
  scores(x: tf.Tensor): tf.Tensor2D {
    for (const layer of this.#modes) layer.training = this.training;
    const y = this.#stages.reduce((before, { filter, after }) => after(tf.conv2d(before as tf.Tensor4D, filter() as tf.Tensor4D, 2, "same")), x);
    const features = tf.reshape(tf.avgPool(y as tf.Tensor4D, POOL, POOL, "valid"), [x.shape[0]!, -1]);
    return tf.add(tf.matMul(features, this.#dense.w), this.#dense.b) as tf.Tensor2D;
  }

  #stage(norm: NormName, random: Random, [from, channels, side]: readonly [number, number, number]): Stage {
    const shape = [WINDOW, WINDOW, from, channels];
    const fanIn = WINDOW * WINDOW * from;
    // He et al. 2015: as many values as arrive, half of them cut off by ReLU.
    const values = random.normal(fanIn * channels, Math.sqrt(2 / fanIn));
    const v = this.#variable(shape, values);
    return { filter: this.#filter(norm, v, values), after: this.#after(norm, channels, side) };
  }

  #filter(norm: NormName, v: tf.Variable, values: Float32Array): Stage["filter"] {
    if (norm === "weight") {
      const channels = v.shape[3]!;
      const squares = new Float32Array(channels);
      values.forEach((value, i) => (squares[i % channels]! += value * value));
      const g = this.#variable([channels], squares.map(Math.sqrt));
      const op = this.#op(weightNormLayer());
      return () => op(v, g);
    }
    if (!norm.endsWith("+ws")) return () => v;
    const op = this.#op(standardizationLayer(new WeightStandardization(this.#shared.gpu, { layout: "hwio" })));
    return () => op(v);
  }

  /** Norm and ReLU, in one call where the norm is one. */
  #after(norm: NormName, channels: number, side: number): Stage["after"] {
    const { gpu } = this.#shared;
    const groups = channels / CHANNELS_PER_GROUP;
    const shared = { channels, affine: false, layout: "nhwc", activation: "relu" } as const;
    if (norm === "none" || norm === "weight") {
      const bias = this.#filled([channels], 0);
      return (y) => tf.relu(tf.add(y, bias));
    }
    if (norm === "bcn+ws") {
      // Estimates, as the paper has it for micro-batches.
      const bcn = this.#own(new BatchChannelNorm(gpu, { ...shared, groups, movingSpeed: 0.1 }));
      this.#modes.push(bcn);
      const [first, second] = [this.#affine(normLayer(bcn.batch), channels), this.#affine(normLayer(bcn.channel), groups)];
      return (y) => second(first(y));
    }
    if (norm === "layer") {
      const layer = this.#own(new LayerNorm(gpu, { shape: [side, side, channels], affine: false, activation: "relu" }));
      return this.#affine(normLayer(layer), channels);
    }
    if (norm === "batch") {
      const batch = this.#own(new BatchNorm(gpu, shared));
      this.#modes.push(batch);
      return this.#affine(normLayer(batch), channels);
    }
    return this.#affine(normLayer(this.#own(new GroupNorm(gpu, { ...shared, groups }))), channels);
  }

  /** A layer with gamma and beta that TensorFlow.js trains. */
  #affine(layer: Layer, count: number): (y: tf.Tensor) => tf.Tensor {
    const [gamma, beta] = [this.#filled([count], 1), this.#filled([count], 0)];
    const op = this.#op(layer);
    return (y) => op(y, gamma, beta);
  }

  #op(layer: Layer): Op {
    return differentiable(this.#shared, this.#own(layer));
  }

  #own<Owned extends { destroy(): void }>(owned: Owned): Owned {
    this.#owned.push(owned);
    return owned;
  }

  #filled(shape: number[], value: number): tf.Variable {
    return this.#variable(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value));
  }

  #variable(shape: number[], values: Float32Array): tf.Variable {
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    this.variables.push(variable);
    return variable;
  }

  destroy(): void {
    this.#shared.flush();
    tf.dispose(this.variables);
    for (const owned of this.#owned) owned.destroy();
  }
}
