import type { Gpu } from "../../src/index.ts";
import type { Pace } from "../../bench/contest.ts";
import type { Presence } from "./presence.ts";

/** Why a run ended before its last case. */
export class Ended extends Error {}

/** Keeps a run fair and the page answering: lets it paint between two runs, waits while nobody can look, and ends where it is stopped or the device is lost. */
export class Pacer implements Pace {
  readonly #gpu: Gpu;
  readonly #signal: AbortSignal;
  readonly #presence: Presence;
  readonly #tell: (absence: string | null) => void;
  #isDisturbed = false;
  /** How often it waited. */
  pauses = 0;

  /** @param tell is told why it waits, and null when it goes on */
  constructor(gpu: Gpu, signal: AbortSignal, presence: Presence, tell: (absence: string | null) => void) {
    this.#gpu = gpu;
    this.#signal = signal;
    this.#presence = presence;
    this.#tell = tell;
    presence.addEventListener("change", () => (this.#isDisturbed = true), { signal });
  }

  /** @throws Ended */
  readonly ready = async (): Promise<void> => {
    this.#check();
    await new Promise((resolve) => setTimeout(resolve));
    const { absence } = this.#presence;
    if (absence) {
      this.pauses++;
      this.#tell(absence);
      await this.#present();
      this.#tell(null);
    }
    this.#check();
    this.#isDisturbed = false;
  };

  readonly isDisturbed = (): boolean => this.#isDisturbed;

  #check(): void {
    if (this.#signal.aborted) throw new Ended("stopped");
    if (this.#gpu.isLost) throw new Ended("the device was lost");
  }

  #present(): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#presence.absence && !this.#signal.aborted) return;
        this.#presence.removeEventListener("change", look);
        this.#signal.removeEventListener("abort", look);
        resolve();
      };
      this.#presence.addEventListener("change", look);
      this.#signal.addEventListener("abort", look);
    });
  }
}
