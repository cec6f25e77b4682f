/** Buffers that calls use between their own dispatches. Every call writes what it reads, in order, so all calls share them. */
export class Scratch {
  readonly #device: GPUDevice;
  readonly #slots: { buffer: GPUBuffer; bytes: number; deferred: boolean }[] = [];
  readonly #dummies: GPUBuffer[] = [];
  #version = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Another number once a buffer that was given out is no longer the slot's. */
  get version(): number {
    return this.#version;
  }

  /** The first `slots` buffers will be in commands that are not submitted yet. */
  defer(slots: number): void {
    for (let i = 0; i < slots; i++) this.#slots[i]!.deferred = true;
  }

  /** The buffer of a slot, at least `bytes` long. `deferred`: it will be in commands that are not submitted yet. */
  slot(index: number, bytes: number, deferred: boolean): GPUBuffer {
    const known = this.#slots[index];
    if (known && known.bytes >= bytes) {
      known.deferred ||= deferred;
      return known.buffer;
    }
    // Commands that wait for their submit may still name the old buffer: then it is dropped, not destroyed.
    if (known && !known.deferred) known.buffer.destroy();
    this.#version++;
    const size = Math.min(roundUp(bytes), this.#device.limits.maxBufferSize);
    const buffer = this.#device.createBuffer({ size, usage: STORAGE, label: `normgpu scratch ${index}` });
    this.#slots[index] = { buffer, bytes: size, deferred };
    return buffer;
  }

  /** A small buffer for a binding that no line of the kernel touches; one for each binding number, because two writable bindings of one buffer clash. */
  dummy(binding: number): GPUBuffer {
    return (this.#dummies[binding] ??= this.#device.createBuffer({ size: 16, usage: STORAGE, label: "normgpu unused binding" }));
  }

  destroy(): void {
    for (const buffer of [...this.#slots.map((slot) => slot?.buffer), ...this.#dummies]) buffer?.destroy();
    this.#slots.length = 0;
    this.#dummies.length = 0;
  }
}

const STORAGE = 128;

/** A quarter more than asked, in steps of 256: few growths, little waste. */
function roundUp(bytes: number): number {
  return Math.ceil((bytes * 1.25) / 256) * 256;
}
