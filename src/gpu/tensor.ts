import { DeviceLostError, ShapeError, TensorError, type NormgpuError } from "../core/errors.ts";
import { formatShape, sizeOf, type Shape } from "../core/shape.ts";
import type { WebGpuBuffer } from "../core/webgpu-types.ts";
import type { Gpu } from "./device.ts";

/** Storage type of a tensor's values. */
export type Dtype = "f32";

const COPY_SRC = 4;
const COPY_DST = 8;
const MAP_READ = 1;

/** A shape over a range of a GPUBuffer. Made by `gpu.tensor`, `gpu.empty` and `gpu.wrap`. */
export class Tensor {
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
  #faults: Promise<NormgpuError | null>[] = [];

  /** @internal Use `gpu.tensor`, `gpu.empty` or `gpu.wrap`. */
  constructor(gpu: Gpu, buffer: WebGpuBuffer, offset: number, shape: Shape, owns: boolean, parent: Tensor | null = null) {
    this.gpu = gpu;
    this.buffer = buffer;
    this.offset = offset;
    this.shape = Object.freeze([...shape]);
    this.dtype = "f32";
    this.size = sizeOf(shape);
    this.#owns = owns;
    this.#parent = parent;
  }

  get destroyed(): boolean {
    return this.#destroyed || this.#parent?.destroyed === true;
  }

  /** Bytes that the values take. */
  get byteLength(): number {
    return this.size * 4;
  }

  /** @internal A part of this tensor, `bytes` after its start. It is destroyed with it. */
  view(bytes: number, shape: Shape): Tensor {
    return new Tensor(this.gpu, this.buffer, this.offset + bytes, shape, false, this);
  }

  /** @internal An error that may come to light later and then belongs to this tensor's values. */
  mark(fault: Promise<NormgpuError | null>): void {
    const owner = this.#parent ?? this;
    owner.#faults = [...owner.#faults.slice(-15), fault];
  }

  /**
   * The values, once everything queued before is done.
   * @throws TensorError, DeviceLostError, and the error of the call that wrote the values where it could not be seen earlier
   */
  async read(): Promise<Float32Array> {
    const { gpu } = this;
    gpu.check("Tensor.read", { tensor: this });
    const buffer = this.buffer as GPUBuffer;
    if ((buffer.usage & COPY_SRC) === 0) throw new TensorError(`Tensor.read: the buffer's usage (${buffer.usage}) lacks COPY_SRC (4)`);
    gpu.flush();
    await this.#rethrow();
    if (this.size === 0) return new Float32Array(0);
    const device = gpu.device as GPUDevice;
    const staging = device.createBuffer({ size: this.byteLength, usage: COPY_DST | MAP_READ, label: "normgpu read" });
    try {
      const encoder = device.createCommandEncoder({ label: "normgpu read" });
      encoder.copyBufferToBuffer(buffer, this.offset, staging, 0, this.byteLength);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(1 /* GPUMapMode.READ */);
      const values = new Float32Array(staging.getMappedRange().slice(0));
      if (gpu.isLost) throw new DeviceLostError(`Tensor.read: the device is lost: ${gpu.lostReason}`);
      return values;
    } catch (cause) {
      if (cause instanceof DeviceLostError) throw cause;
      await gpu.settled();
      if (gpu.isLost) throw new DeviceLostError(`Tensor.read: the device is lost: ${gpu.lostReason}`, { cause });
      throw new TensorError(`Tensor.read: the values could not be mapped: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    } finally {
      staging.destroy();
    }
  }

  async #rethrow(): Promise<void> {
    const owner = this.#parent ?? this;
    const found = (await Promise.all(owner.#faults)).find((error) => error !== null);
    owner.#faults = [];
    if (!found) return;
    if (this.gpu.isLost) throw new DeviceLostError(`Tensor.read: the device is lost: ${this.gpu.lostReason}`, { cause: found });
    throw found;
  }

  /**
   * Replaces the values; queued after what was queued before.
   * @throws ShapeError, TensorError, DeviceLostError
   */
  write(values: ArrayLike<number>): void {
    this.gpu.check("Tensor.write", { tensor: this });
    if (values.length !== this.size) throw new ShapeError(`Tensor.write: values has ${values.length} values; ${formatShape(this.shape)} holds ${this.size}`);
    const buffer = this.buffer as GPUBuffer;
    if ((buffer.usage & COPY_DST) === 0) throw new TensorError(`Tensor.write: the buffer's usage (${buffer.usage}) lacks COPY_DST (8)`);
    this.gpu.flush();
    if (this.size === 0) return;
    const data = values instanceof Float32Array ? values : Float32Array.from(values);
    (this.gpu.device as GPUDevice).queue.writeBuffer(buffer, this.offset, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  }

  /** Frees the buffer where this tensor made it; a wrapped buffer stays. Twice is fine. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.gpu.forget(this);
    if (this.#owns) (this.buffer as GPUBuffer).destroy();
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
