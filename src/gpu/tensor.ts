import { DeviceLostError, NormgpuError, ShapeError, TensorError } from "../core/errors.ts";
import { bytesOf, type Dtype } from "../core/dtype.ts";
import { fromHalves } from "../core/half.ts";
import { formatShape, sizeOf, type Shape } from "../core/shape.ts";
import type { WebGpuBuffer } from "../core/webgpu-types.ts";
import type { Gpu } from "./device.ts";
import { scopeFault, type Fault } from "./recorder.ts";
import { upload } from "./upload.ts";

const COPY_SRC = 4;
const COPY_DST = 8;
const MAP_READ = 1;

let made = 0;

/** A shape over a range of a GPUBuffer. Made by `gpu.tensor`, `gpu.empty` and `gpu.wrap`. */
export class Tensor {
  /** @internal No other tensor has it: what is remembered of a call goes by these, and keeps no tensor alive. */
  readonly id = ++made;
  readonly gpu: Gpu;
  readonly buffer: WebGpuBuffer;
  /** Where the values start in the buffer, in bytes. */
  readonly offset: number;
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** Count of values. */
  readonly size: number;
  readonly #owns: boolean;
  readonly #parent: Tensor | null;
  #destroyed = false;
  #faults: Fault[] = [];

  /** @internal Use `gpu.tensor`, `gpu.empty` or `gpu.wrap`. */
  constructor(gpu: Gpu, buffer: WebGpuBuffer, offset: number, shape: Shape, dtype: Dtype, owns: boolean, parent: Tensor | null = null) {
    this.gpu = gpu;
    this.buffer = buffer;
    this.offset = offset;
    this.shape = Object.freeze([...shape]);
    this.dtype = dtype;
    this.size = sizeOf(shape);
    this.#owns = owns;
    this.#parent = parent;
  }

  get destroyed(): boolean {
    return this.#destroyed || this.#parent?.destroyed === true;
  }

  /** Bytes that the values take. */
  get byteLength(): number {
    return this.size * bytesOf(this.dtype);
  }

  /** @internal Bytes of the 4-byte words that hold the values: what copies and bindings take. */
  get wordBytes(): number {
    return Math.ceil(this.byteLength / 4) * 4;
  }

  /** @internal A lane of four values may start where this tensor does. */
  get aligned(): boolean {
    return this.offset % (4 * bytesOf(this.dtype)) === 0;
  }

  /** @internal The tensor that this one is a part of, or itself. */
  get root(): Tensor {
    return this.#parent ?? this;
  }

  /** @internal A part of this tensor, `bytes` after its start. It is destroyed with it. */
  view(bytes: number, shape: Shape): Tensor {
    return new Tensor(this.gpu, this.buffer, this.offset + bytes, shape, this.dtype, false, this.root);
  }

  /** @internal An error that may come to light later and then belongs to this tensor's values. */
  mark(fault: Fault): void {
    const owner = this.root;
    owner.#faults = [...owner.#faults.slice(-15), fault];
  }

  /**
   * The values as they are once everything queued before this call is done; what is queued, written or destroyed after it changes nothing.
   * @param options.raw true: a f16 tensor's halves as their bits, in a Uint16Array; else f32 whatever the tensor is stored as
   * @throws TensorError, DeviceLostError, and the error of the call that wrote the values where it could not be seen earlier
   */
  read(options?: { raw?: false }): Promise<Float32Array>;
  read(options: { raw: true }): Promise<Uint16Array>;
  async read(options: { raw?: boolean } = {}): Promise<Float32Array | Uint16Array> {
    const { gpu } = this;
    gpu.check("Tensor.read", { tensor: this });
    if (options.raw && this.dtype !== "f16") throw new TensorError(`Tensor.read: raw is true; the tensor is ${this.dtype}, wanted f16`);
    const buffer = this.buffer as GPUBuffer;
    if ((buffer.usage & COPY_SRC) === 0) throw new TensorError(`Tensor.read: the buffer's usage (${buffer.usage}) lacks COPY_SRC (4)`);
    gpu.flush();
    const owner = this.root;
    const faults = owner.#faults;
    owner.#faults = [];
    // Nothing is awaited before the copy is queued: the caller may reuse the tensor at once.
    const copy = this.size === 0 ? null : this.#copy();
    try {
      const found = (await Promise.all(copy ? [...faults, copy.fault] : faults)).find((error) => error !== null);
      if (found) throw found;
      if (!copy) return options.raw ? new Uint16Array(0) : new Float32Array(0);
      const failed = await copy.mapped;
      if (failed) throw failed.cause;
      if (gpu.isLost) throw gpu.lostError("Tensor.read");
      return this.#valuesIn(copy.staging.getMappedRange(), options.raw === true);
    } catch (cause) {
      if (cause instanceof DeviceLostError) throw cause;
      const isOurs = cause instanceof NormgpuError;
      // A loss shows as another error first: give it time to be reported.
      await gpu.settled(isOurs ? 50 : 1000);
      if (gpu.isLost) throw gpu.lostError("Tensor.read", cause);
      if (isOurs) throw cause;
      throw new TensorError(`Tensor.read: the values could not be mapped: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    } finally {
      copy?.staging.destroy();
    }
  }

  #valuesIn(mapped: ArrayBuffer, raw: boolean): Float32Array | Uint16Array {
    if (this.dtype === "f32") return new Float32Array(mapped.slice(0));
    const halves = new Uint16Array(mapped, 0, this.size);
    return raw ? halves.slice() : fromHalves(halves);
  }

  /** `mapped`: null once the copy can be read, or why it cannot; it never rejects. It is asked for at once: one way to the device and back for all that a read waits for. */
  #copy(): { staging: GPUBuffer; fault: Fault; mapped: Promise<{ cause: unknown } | null> } {
    const device = this.gpu.device as GPUDevice;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    const staging = device.createBuffer({ size: this.wordBytes, usage: COPY_DST | MAP_READ, label: "normgpu read" });
    const encoder = device.createCommandEncoder({ label: "normgpu read" });
    encoder.copyBufferToBuffer(this.buffer as GPUBuffer, this.offset, staging, 0, this.wordBytes);
    device.queue.submit([encoder.finish()]);
    const mapped = staging.mapAsync(MAP_READ).then(
      () => null,
      (cause: unknown) => ({ cause }),
    );
    const faults = [scopeFault(device, "Tensor.read"), scopeFault(device, "Tensor.read")];
    return { staging, fault: Promise.all(faults).then(([invalid, memory]) => memory ?? invalid ?? null), mapped };
  }

  /**
   * Replaces the values; queued after what was queued before. A f16 tensor takes numbers, each rounded to the nearest half, or halves as their bits in a Uint16Array.
   * @throws ShapeError, TensorError, DeviceLostError
   */
  write(values: ArrayLike<number>): void {
    this.gpu.check("Tensor.write", { tensor: this });
    if (values.length !== this.size) throw new ShapeError(`Tensor.write: values has ${values.length} values; ${formatShape(this.shape)} holds ${this.size}`);
    const buffer = this.buffer as GPUBuffer;
    if ((buffer.usage & COPY_DST) === 0) throw new TensorError(`Tensor.write: the buffer's usage (${buffer.usage}) lacks COPY_DST (8)`);
    this.gpu.flush();
    if (this.size === 0) return;
    this.fill(values);
  }

  /** @internal Puts as many values as the tensor has into its buffer. */
  fill(values: ArrayLike<number>): void {
    upload(this, values, this.#owns);
  }

  /** Frees the buffer where this tensor made it (in a batch, once the batch is submitted); a wrapped buffer stays. Twice is fine. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.gpu.forget(this);
    if (this.#owns) this.gpu.recorder.release(this.buffer as GPUBuffer);
  }
}

declare global {
  /** For programs whose TypeScript library does not have it yet. */
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/** `using x = gpu.tensor(...)`, where the engine knows it. */
export interface Tensor {
  [Symbol.dispose](): void;
}
if (Symbol.dispose) {
  Object.defineProperty(Tensor.prototype, Symbol.dispose, {
    value(this: Tensor) {
      this.destroy();
    },
  });
}
