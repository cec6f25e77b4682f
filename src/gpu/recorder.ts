import { OptionError, TensorError, type NormgpuError } from "../core/errors.ts";
import type { Recording } from "./recording.ts";

/** An error that may come to light later; null where there is none. It never rejects. */
export type Fault = Promise<NormgpuError | null>;

interface Batch {
  readonly encoder: GPUCommandEncoder;
  readonly pass: GPUComputePassEncoder;
  /** Buffers to destroy once the commands that may name them are submitted. */
  readonly released: GPUBuffer[];
  isEmpty: boolean;
  /** The error of the submit, where a call asked to hear of it. */
  watched: { readonly fault: Fault; readonly settle: (fault: NormgpuError | null) => void } | null;
}

/** Opens and submits passes: one for each call, or one for a whole batch. */
export class Recorder {
  readonly #device: GPUDevice;
  #batch: Batch | null = null;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** True where what is recorded is submitted later than the call returns. */
  isDeferred(recording: Recording): boolean {
    return this.#batch !== null || recording.encoder !== undefined || recording.pass !== undefined;
  }

  /** Records into the pass that the call asked for; submits where nobody else will. With `isWatched`, gives the error that the device finds in what is submitted here. */
  record(recording: Recording, label: string, isWatched: boolean, write: (pass: GPUComputePassEncoder) => void): Fault | null {
    if (recording.pass) {
      write(recording.pass as GPUComputePassEncoder);
      return null;
    }
    if (recording.encoder) {
      const pass = (recording.encoder as GPUCommandEncoder).beginComputePass({ label });
      write(pass);
      pass.end();
      return null;
    }
    if (this.#batch) {
      this.#batch.isEmpty = false;
      write(this.#batch.pass);
      return isWatched ? (this.#batch.watched ??= pending()).fault : null;
    }
    if (isWatched) this.#device.pushErrorScope("validation");
    const encoder = this.#device.createCommandEncoder({ label });
    const pass = encoder.beginComputePass({ label });
    write(pass);
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
    return isWatched ? scopeFault(this.#device, label) : null;
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
    if (!this.#batch || this.#batch.isEmpty) return;
    this.#close(true);
    this.#open();
  }

  /** Destroys a buffer, but not before a batch that may name it is submitted. */
  release(buffer: GPUBuffer): void {
    if (this.#batch) this.#batch.released.push(buffer);
    else buffer.destroy();
  }

  #open(): void {
    const encoder = this.#device.createCommandEncoder({ label: "normgpu batch" });
    this.#batch = { encoder, pass: encoder.beginComputePass({ label: "normgpu batch" }), released: [], isEmpty: true, watched: null };
  }

  #close(isWanted: boolean): void {
    const { encoder, pass, released, isEmpty, watched } = this.#batch!;
    this.#batch = null;
    pass.end();
    if (isWanted && !isEmpty) {
      if (watched) this.#device.pushErrorScope("validation");
      this.#device.queue.submit([encoder.finish()]);
      if (watched) void scopeFault(this.#device, "Gpu.batch").then(watched.settle);
    } else watched?.settle(null);
    for (const buffer of released) buffer.destroy();
  }
}

/** Closes the innermost error scope; what it caught is the fault of `call`. */
export function scopeFault(device: GPUDevice, call: string): Fault {
  return device.popErrorScope().then(
    (error) => (error ? new TensorError(`${call}: the device refused the call: ${error.message}`, { cause: error }) : null),
    () => null,
  );
}

function pending(): NonNullable<Batch["watched"]> {
  let settle!: (fault: NormgpuError | null) => void;
  const fault = new Promise<NormgpuError | null>((resolve) => (settle = resolve));
  return { fault, settle };
}
