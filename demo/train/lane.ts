import * as tf from "@tensorflow/tfjs-core";
import type { Gpu } from "../../src/index.ts";
import { SIDE } from "../packed-digits.ts";
import { TEST_DIGITS, type Digits } from "./digits.ts";
import { Network } from "./network.ts";
import type { Batch, NormName } from "./norms.ts";
import { Random } from "./random.ts";
import { SharedBackend } from "./shared-backend.ts";

const MOMENTUM = 0.9;
/** Digits that are tested at once. */
const TEST_BATCH = 100;

/** The linear rule (Goyal et al. 2017, arXiv:1706.02677): as far a way for as many digits, whatever the batch. */
export function learningRate(batch: number): number {
  return (0.05 * batch) / 16;
}

export interface LaneOptions {
  readonly gpu: Gpu;
  readonly norm: NormName;
  readonly batch: Batch;
  readonly seed: number;
  readonly digits: Digits;
}

/** A network in training. Lanes of one seed start with the same filters and see the same digits in the same order, whatever their norm and batch. */
export interface Lane {
  readonly norm: NormName;
  readonly batch: Batch;
  readonly learningRate: number;
  /** Digits trained on so far. */
  readonly samples: number;
  /** Trains on the next batch. @returns its loss before; not a number where training has diverged. Rejects once the device is lost */
  step(): Promise<number>;
  /** Share of the first `count` test digits, a multiple of 100, that are told right. Rejects once the device is lost */
  accuracy(count?: number): Promise<number>;
  destroy(): void;
}

export async function openLane(options: LaneOptions): Promise<Lane> {
  return new TrainedLane(await SharedBackend.open(options.gpu), options);
}

class TrainedLane implements Lane {
  readonly norm: NormName;
  readonly batch: Batch;
  readonly learningRate: number;
  readonly #shared: SharedBackend;
  readonly #digits: Digits;
  readonly #network: Network;
  readonly #optimizer: tf.MomentumOptimizer;
  readonly #orders: Random;
  #order: Uint32Array = new Uint32Array(0);
  #samples = 0;
  #isDestroyed = false;

  constructor(shared: SharedBackend, { norm, batch, seed, digits }: LaneOptions) {
    this.norm = norm;
    this.batch = batch;
    this.learningRate = learningRate(batch);
    this.#shared = shared;
    this.#digits = digits;
    this.#network = new Network(shared, norm, seed);
    this.#optimizer = tf.train.momentum(this.learningRate, MOMENTUM);
    this.#orders = new Random(seed, 2);
  }

  get samples(): number {
    return this.#samples;
  }

  async step(): Promise<number> {
    this.#shared.check();
    const indices = Array.from({ length: this.batch }, () => this.#next());
    const loss = tf.tidy(() => {
      const x = this.#images(indices);
      const kinds = tf.oneHot(
        indices.map((index) => this.#digits.kind(index)),
        10,
      );
      const { value, grads } = tf.variableGrads(() => tf.losses.softmaxCrossEntropy(kinds, this.#network.scores(x)) as tf.Scalar, this.#network.variables);
      this.#optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      return value;
    });
    return (await read(loss))[0]!;
  }

  async accuracy(count = TEST_DIGITS): Promise<number> {
    let right = 0;
    for (let start = 0; start < count; start += TEST_BATCH) {
      this.#shared.check();
      const indices = Array.from({ length: TEST_BATCH }, (_, i) => this.#digits.count + start + i);
      this.#network.training = false;
      const best = tf.tidy(() => tf.argMax(this.#network.scores(this.#images(indices)), 1));
      this.#network.training = true;
      const found = await read(best);
      right += indices.filter((index, i) => found[i] === this.#digits.kind(index)).length;
    }
    return right / count;
  }

  #images(indices: readonly number[]): tf.Tensor {
    return tf.tensor(this.#digits.images(indices), [indices.length, SIDE, SIDE, 1]);
  }

  /** The next digit of the stream: all of them in some order, then all in another one. */
  #next(): number {
    const at = this.#samples++ % this.#digits.count;
    if (at === 0) this.#order = this.#orders.order(this.#digits.count);
    return this.#order[at]!;
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#network.destroy();
    // Its dispose forgets this one.
    this.#optimizer["c"].dispose();
    this.#optimizer.dispose();
  }
}

async function read(tensor: tf.Tensor): Promise<ArrayLike<number>> {
  try {
    return await tensor.data();
  } finally {
    tensor.dispose();
  }
}
