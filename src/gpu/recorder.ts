import { OptionError } from "../core/errors.ts";
import type { WebGpuEncoder, WebGpuPass } from "../core/webgpu-types.ts";

/** Where a call is recorded, when not into a pass and a submit of its own. */
export interface Recording {
  /** A compute pass is opened and ended in this encoder, which the caller submits. */
  encoder?: WebGpuEncoder;
  /** The call is recorded into this compute pass, which the caller ends and submits. */
  pass?: WebGpuPass;
}

/** Opens and submits passes: one for each call, or one for a whole batch. */
export class Recorder {
  readonly #device: GPUDevice;
  #batch: { encoder: GPUCommandEncoder; pass: GPUComputePassEncoder; empty: boolean } | null = null;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** True where what is recorded is submitted later than the call returns. */
  isDeferred(recording: Recording): boolean {
    return this.#batch !== null || recording.encoder !== undefined || recording.pass !== undefined;
  }

  /** Records into the pass that the call asked for; submits where nobody else will. */
  record(recording: Recording, label: string, write: (pass: GPUComputePassEncoder) => void): void {
    if (recording.pass) {
      write(recording.pass as GPUComputePassEncoder);
      return;
    }
    if (recording.encoder) {
      const pass = (recording.encoder as GPUCommandEncoder).beginComputePass({ label });
      write(pass);
      pass.end();
      return;
    }
    if (this.#batch) {
      this.#batch.empty = false;
      write(this.#batch.pass);
      return;
    }
    const encoder = this.#device.createCommandEncoder({ label });
    const pass = encoder.beginComputePass({ label });
    write(pass);
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Everything that `work` records goes into one pass and one submit. An inner batch joins the outer one. */
  batch<Result>(work: () => Result): Result {
    if (this.#batch) return work();
    this.#open();
    let done = false;
    try {
      const result = work();
      if (result instanceof Promise) throw new OptionError("Gpu.batch: the function returned a promise; a batch is recorded synchronously");
      done = true;
      return result;
    } finally {
      this.#close(done);
    }
  }

  /** Submits what a batch has recorded so far, so that a read or a write comes after it. */
  flush(): void {
    if (!this.#batch || this.#batch.empty) return;
    this.#close(true);
    this.#open();
  }

  #open(): void {
    const encoder = this.#device.createCommandEncoder({ label: "normgpu batch" });
    this.#batch = { encoder, pass: encoder.beginComputePass({ label: "normgpu batch" }), empty: true };
  }

  #close(submit: boolean): void {
    const batch = this.#batch!;
    this.#batch = null;
    batch.pass.end();
    const commands = batch.encoder.finish();
    if (submit && !batch.empty) this.#device.queue.submit([commands]);
  }
}
