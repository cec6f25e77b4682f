import url from "virtual:training-digits";
import { loadDigits, PIXELS } from "../packed-digits.ts";

/** Digits at the end of the file that are tested with and never trained on. */
export const TEST_DIGITS = 1000;

/** Handwritten digits and their kinds; kinds follow one another, 0 to 9, over and over. */
export class Digits {
  readonly #bytes: Uint8Array;
  /** How many there are to train on. */
  readonly count: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.count = bytes.length / PIXELS - TEST_DIGITS;
  }

  static async load(): Promise<Digits> {
    return new Digits(await loadDigits(url));
  }

  /** Pixels of these digits as [N, 28, 28, 1]: mean about 0, deviation about 1. Those from `count` on are for tests. */
  images(indices: ArrayLike<number>): Float32Array {
    const values = new Float32Array(indices.length * PIXELS);
    for (let i = 0; i < indices.length; i++) {
      const start = indices[i]! * PIXELS;
      // MNIST's own mean and deviation.
      for (let p = 0; p < PIXELS; p++) values[i * PIXELS + p] = (this.#bytes[start + p]! / 255 - 0.1307) / 0.3081;
    }
    return values;
  }

  kind(index: number): number {
    return index % 10;
  }
}
