import { adapterName } from "../demo/shell/device.ts";
import { Digits, TEST_DIGITS } from "../demo/train/digits.ts";
import { openLane, type Lane } from "../demo/train/lane.ts";
import { NETWORK } from "../demo/train/network.ts";
import { Gpu } from "../src/index.ts";
import type { Job, Settings } from "./record.ts";

/** How long after a failure a loss of the device may become known. */
const LOSS_MS = 300;

/** The end of the command that has the GPU: one lane at a time, in a page. */
export class Session {
  readonly gpu: Gpu;
  readonly #lost: Promise<never>;
  readonly #digits: Digits;
  #lane: Lane | null = null;

  private constructor(gpu: Gpu, digits: Digits) {
    this.gpu = gpu;
    this.#digits = digits;
    this.#lost = gpu.lost.then(({ reason, message }) => {
      throw new Error(`the device is lost: ${reason} ${message}`);
    });
    // It is told to whoever waits for a lane.
    this.#lost.catch(() => {});
  }

  static async open(): Promise<Session> {
    return new Session(await Gpu.open(), await Digits.load());
  }

  facts(): Pick<Settings, "adapter" | "network"> {
    return { adapter: { name: adapterName(this.gpu), software: this.gpu.adapter.software }, network: { ...NETWORK, testDigits: TEST_DIGITS } };
  }

  /** Makes the lane that the next calls are about, in place of the last one. @returns its learning rate */
  async start({ norm, batch, seed }: Job): Promise<number> {
    this.end();
    this.#lane = await this.#held(openLane({ gpu: this.gpu, norm, batch, seed, digits: this.#digits }));
    return this.#lane.learningRate;
  }

  /** Losses of the next steps; it ends early after one that is not finite, given as null. */
  async advance(steps: number): Promise<(number | null)[]> {
    const losses: (number | null)[] = [];
    while (losses.length < steps && losses.at(-1) !== null) {
      const loss = await this.#held(this.#own().step());
      losses.push(Number.isFinite(loss) ? loss : null);
    }
    return losses;
  }

  accuracy(digits: number): Promise<number> {
    return this.#held(this.#own().accuracy(digits));
  }

  end(): void {
    this.#lane?.destroy();
    this.#lane = null;
  }

  #own(): Lane {
    if (this.#lane) return this.#lane;
    throw new Error("claim: no lane was started");
  }

  /** A lost device must not leave anybody waiting. It also fails whatever waits for a buffer, with words that say little, a moment before it is known to be lost. */
  async #held<Value>(work: Promise<Value>): Promise<Value> {
    try {
      return await Promise.race([work, this.#lost]);
    } catch (error) {
      await Promise.race([this.#lost, new Promise((resolve) => setTimeout(resolve, LOSS_MS))]);
      throw error;
    }
  }
}
