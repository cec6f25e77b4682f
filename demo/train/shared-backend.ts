import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import type { Gpu, Tensor } from "../../src/index.ts";

/** What is used of the backend beside its public interface. */
interface Internals {
  readonly commandEncoder: GPUCommandEncoder | null;
  readonly tensorMap: { get(id: object): { readonly resource?: GPUBuffer } };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(id: object): void;
}

/** Products of matrices in large tiles have the fewest barriers, which are what costs time where a CPU runs the shaders: half of a step. Else TensorFlow.js chooses. */
const FLAGS = [
  ["WEBGPU_MATMUL_PROGRAM_TYPE", 3, -1],
  ["WEBGPU_CONV_SEPARATE_IM2COL_SHADER", true, false],
] as const;

const opened = new WeakMap<Gpu, Promise<SharedBackend>>();
let made = 0;

/**
 * TensorFlow.js on this library's device. Tensors pass between the two as buffers, without copies, and calls of both are recorded into one command encoder, so that they run in the
 * order in which they were made.
 */
export class SharedBackend {
  readonly gpu: Gpu;
  readonly #name = `normgpu-${++made}`;
  readonly #internals: Internals;
  readonly #wrapped = new WeakMap<GPUBuffer, Tensor[]>();

  private constructor(gpu: Gpu) {
    const device = gpu.device as GPUDevice;
    const backend = new WebGPUBackend(device, device.adapterInfo);
    this.gpu = gpu;
    this.#internals = backend as unknown as Internals;
    tf.registerBackend(this.#name, () => backend);
    tf.copyRegisteredKernels("webgpu", this.#name);
    void gpu.lost.then(() => this.#close());
  }

  /** The one of this device, made that of all calls of TensorFlow.js. */
  static async open(gpu: Gpu): Promise<SharedBackend> {
    let shared = opened.get(gpu);
    if (!shared) opened.set(gpu, (shared = Promise.resolve(new SharedBackend(gpu))));
    const own = await shared;
    await tf.setBackend(own.#name);
    const { software } = gpu.adapter;
    for (const [flag, onSoftware, otherwise] of FLAGS) tf.env().set(flag, software ? onSoftware : otherwise);
    return own;
  }

  /** A backend whose device is gone keeps nothing. */
  #close(): void {
    opened.delete(this.gpu);
    tf.removeBackend(this.#name);
  }

  /** Refuses to compute where another device has become that of TensorFlow.js. */
  check(): void {
    if (tf.getBackend() !== this.#name) throw new Error("TensorFlow.js computes on another device");
  }

  /** A tensor of TensorFlow.js for this library: over the same buffer, which lives as long as the tensor does. */
  toLibrary({ dataId, shape }: tf.Tensor): Tensor {
    // A small tensor may still be on the CPU.
    this.#internals.uploadToGPU(dataId);
    const buffer = this.#internals.tensorMap.get(dataId).resource!;
    let known = this.#wrapped.get(buffer);
    if (!known) this.#wrapped.set(buffer, (known = []));
    // The same object again for the same buffer, so that this library knows the call again.
    let tensor = known.find((one) => one.shape.length === shape.length && one.shape.every((extent, axis) => extent === shape[axis]));
    if (!tensor) known.push((tensor = this.gpu.wrap(buffer, shape)));
    return tensor;
  }

  /** A tensor of this library for TensorFlow.js: over the same buffer, which stays this library's. */
  toTensorFlow(tensor: Tensor): tf.Tensor {
    return tf.tensor({ buffer: tensor.buffer as GPUBuffer, zeroCopy: true }, [...tensor.shape]);
  }

  /** Where calls of this library go: behind the calls of TensorFlow.js that are recorded and not yet submitted. */
  get recording(): { readonly encoder: GPUCommandEncoder } {
    this.#internals.ensureCommandEncoderReady();
    this.#internals.endComputePassEncoder();
    return { encoder: this.#internals.commandEncoder! };
  }

  /** Submits what is recorded; before a buffer that it names is destroyed or written otherwise. */
  flush(): void {
    if (!this.#internals.commandEncoder) return;
    this.#internals.endComputePassEncoder();
    this.#internals.submitQueue();
  }
}
