import { shuffle } from "../shuffle.ts";

/** Numbers that a seed and a purpose decide: the generator mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number, purpose: number) {
    this.#state = Math.imul(seed, 0x9e3779b1) ^ Math.imul(purpose, 0x85ebca6b);
  }

  /** From 0, below 1. */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Normally distributed values of mean 0. */
  normal(count: number, deviation: number): Float32Array {
    return Float32Array.from({ length: count }, () => deviation * Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform()));
  }

  /** The numbers below `count` in some order. */
  order(count: number): Uint32Array {
    const numbers = Uint32Array.from({ length: count }, (_, i) => i);
    shuffle(numbers, () => this.uniform());
    return numbers;
  }
}
