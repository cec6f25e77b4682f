import type { Gpu } from "../../src/index.ts";
import type { Pace } from "../../bench/contest.ts";

/** Why a run ended before its last case. */
export class Ended extends Error {}

/** Keeps a run fair and answering: lets the page paint between two runs, waits while the tab is hidden, and ends where it is stopped or the device is lost. */
export class Pacer implements Pace {
  readonly #gpu: Gpu;
  readonly #signal: AbortSignal;
  readonly #tell: (isHidden: boolean) => void;
  #isDisturbed = false;
  /** How often the tab was hidden. */
  pauses = 0;

  constructor(gpu: Gpu, signal: AbortSignal, tell: (isHidden: boolean) => void) {
    this.#gpu = gpu;
    this.#signal = signal;
    this.#tell = tell;
    document.addEventListener("visibilitychange", () => (this.#isDisturbed = true), { signal });
  }

  /** @throws Ended */
  readonly ready = async (): Promise<void> => {
    this.#check();
    await new Promise((resolve) => setTimeout(resolve));
    if (document.visibilityState === "hidden") {
      this.pauses++;
      this.#tell(true);
      await this.#shown();
      this.#tell(false);
    }
    this.#check();
    this.#isDisturbed = false;
  };

  readonly isDisturbed = (): boolean => this.#isDisturbed;

  #check(): void {
    if (this.#signal.aborted) throw new Ended("stopped");
    if (this.#gpu.isLost) throw new Ended("the device was lost");
  }

  #shown(): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (document.visibilityState === "hidden" && !this.#signal.aborted) return;
        document.removeEventListener("visibilitychange", look);
        this.#signal.removeEventListener("abort", look);
        resolve();
      };
      document.addEventListener("visibilitychange", look);
      this.#signal.addEventListener("abort", look);
    });
  }
}
