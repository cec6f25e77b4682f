import { NormgpuError, type Gpu } from "../../src/index.ts";
import type { Job, Outcome } from "./engine.ts";
import { computeOnGpu } from "./gpu-engine.ts";

/** A job that was computed. */
export interface Computed {
  readonly job: Job;
  readonly outcome: Outcome;
  /** Distance from the reference; null while it is not known, and where the reference itself computed. */
  readonly error: number | null;
  /** The device that computed; null: the CPU reference. */
  readonly gpu: Gpu | null;
}

/** Milliseconds that settings must rest. */
const REST_MS = 25;

/** Computes what was last asked for, a slice at a time, and never two things at once. */
export class Live {
  readonly #gpu: () => Gpu | null;
  readonly #show: (computed: Computed) => void;
  readonly #fail: (message: string) => void;
  readonly #tellBusy: (isBusy: boolean) => void;
  #wanted: (() => Job) | null = null;
  #works = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(gpu: () => Gpu | null, tell: { show: (computed: Computed) => void; fail: (message: string) => void; busy: (isBusy: boolean) => void }) {
    this.#gpu = gpu;
    this.#show = tell.show;
    this.#fail = tell.fail;
    this.#tellBusy = tell.busy;
  }

  request(make: () => Job): void {
    this.#wanted = make;
    this.#tellBusy(true);
    if (this.#works) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#work(), REST_MS);
  }

  async #work(): Promise<void> {
    if (this.#works) return;
    this.#works = true;
    try {
      while (this.#wanted) {
        const make = this.#wanted;
        this.#wanted = null;
        await this.#compute(make()).catch((error: unknown) => this.#failed(error));
        await pause();
      }
    } finally {
      this.#works = false;
      this.#tellBusy(false);
    }
  }

  async #compute(job: Job): Promise<void> {
    await pause();
    const gpu = this.#gpu();
    if (!gpu) {
      const { computeOnReference } = await import("./reference-engine.ts");
      return this.#show({ job, outcome: computeOnReference(job), error: null, gpu });
    }
    const outcome = await computeOnGpu(gpu, job);
    this.#show({ job, outcome, error: null, gpu });
    await pause();
    // Not needed for a first picture: it loads after it.
    const { computeOnReference, errorOf } = await import("./reference-engine.ts");
    // Where something newer is wanted, its error is the one to look at.
    if (!this.#wanted) this.#show({ job, outcome, error: errorOf(outcome.y, computeOnReference(job).y), gpu });
  }

  #failed(error: unknown): void {
    // A lost device is told by the shell, which asks again with what there is then.
    if (error instanceof NormgpuError && error.code === "device-lost") return;
    this.#fail(error instanceof Error ? error.message : String(error));
  }
}

/** Lets the page paint and answer between two slices. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
