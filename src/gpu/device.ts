import { DeviceLostError, LimitError, OptionError, ShapeError, TensorError } from "../core/errors.ts";
import { bytesOf, checkDtype, type Dtype } from "../core/dtype.ts";
import { checkShape, formatShape, sizeOf, type Shape } from "../core/shape.ts";
import type { AdapterNames, WebGpuBuffer, WebGpuDevice } from "../core/webgpu-types.ts";
import type { Capabilities } from "../plan/capabilities.ts";
import type { Dispatch } from "../plan/plan.ts";
import { capabilitiesOf, requestDevice, type OpenOptions, type PlanOptions } from "./adapter.ts";
import { Pack, type PackPart } from "./pack.ts";
import { Pipelines } from "./pipelines.ts";
import { Plans } from "./plans.ts";
import { Recorder } from "./recorder.ts";
import { Scratch } from "./scratch.ts";
import { Tensor } from "./tensor.ts";

const STORAGE = 128;
const OWN_USAGE = STORAGE | 4 /* COPY_SRC */ | 8; /* COPY_DST */

/** Why a device was lost: `destroyed` by somebody's call, or `unknown`. */
export interface LostInfo {
  readonly reason: string;
  readonly message: string;
}

/** A GPUDevice and what this library keeps for it: pipelines, scratch memory, plans. */
export class Gpu {
  readonly device: WebGpuDevice;
  /** The adapter's names; `software` where a CPU runs the shaders. */
  readonly adapter: AdapterNames & { readonly software: boolean };
  /** Resolves when the device is lost. */
  readonly lost: Promise<LostInfo>;
  /** @internal */ readonly pipelines: Pipelines;
  /** @internal */ readonly recorder: Recorder;
  /** @internal */ readonly scratch: Scratch;
  /** @internal */ readonly plans = new Plans(this);
  readonly #ownsDevice: boolean;
  readonly #alive = new Set<WeakRef<GPUBuffer>>();
  readonly #collected = new FinalizationRegistry<WeakRef<GPUBuffer>>((reference) => this.#alive.delete(reference));
  readonly #references = new WeakMap<object, WeakRef<GPUBuffer>>();
  #scope: Set<Tensor> | null = null;
  #lostInfo: LostInfo | null = null;
  #capabilities: Capabilities;
  #destroyed = false;

  private constructor(device: WebGpuDevice, names: AdapterNames, ownsDevice: boolean, options: PlanOptions) {
    this.device = device;
    this.#capabilities = capabilitiesOf(device, names, options);
    const { vendor = "", architecture = "", device: model = "", description = "", isFallbackAdapter = false } = names;
    this.adapter = { vendor, architecture, device: model, description, isFallbackAdapter, software: this.capabilities.adapterClass === "software" };
    this.#ownsDevice = ownsDevice;
    this.pipelines = new Pipelines(device);
    this.recorder = new Recorder(device as GPUDevice);
    this.scratch = new Scratch(device as GPUDevice);
    this.lost = (device as GPUDevice).lost.then(({ reason, message }) => (this.#lostInfo = { reason, message }));
  }

  /**
   * Opens a device of its own, with the features and limits that help.
   * @throws UnsupportedError that says what is missing: navigator.gpu, a secure context or an adapter
   */
  static async open(options: OpenOptions = {}): Promise<Gpu> {
    const { device, names } = await requestDevice(options);
    return new Gpu(device, names, true, options);
  }

  /** Works on a device that another library made. It is never destroyed here. */
  static from(device: WebGpuDevice, options: PlanOptions & { adapterInfo?: AdapterNames } = {}): Gpu {
    if (!device || !(device as GPUDevice).queue) throw new OptionError(`Gpu.from: device is ${String(device)}; wanted a GPUDevice`);
    return new Gpu(device, options.adapterInfo ?? (device as GPUDevice).adapterInfo ?? {}, false, options);
  }

  /** What plans know of the device. */
  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  /** @internal The verdict of the self-test of subgroups. */
  judgeSubgroups(passed: boolean): void {
    this.#capabilities = { ...this.#capabilities, subgroups: passed, subgroupTest: passed ? "passed" : "failed" };
  }

  /** True once the device is lost: from then on every call throws DeviceLostError. */
  get isLost(): boolean {
    return this.#lostInfo !== null;
  }

  /** @internal The error of a call that finds the device lost. */
  lostError(call: string, cause?: unknown): DeviceLostError {
    const { reason, message } = this.#lostInfo!;
    return new DeviceLostError(`${call}: the device is lost: ${`${reason} ${message}`.trim()}`, { cause });
  }

  /** @internal Waits so long for a loss that may be on its way. */
  async settled(milliseconds: number): Promise<void> {
    await Promise.race([this.lost, new Promise((resolve) => setTimeout(resolve, milliseconds))]);
  }

  /** @internal Refuses a lost device, and tensors that are destroyed or of another device. */
  check(call: string, tensors: Readonly<Record<string, Tensor | null | undefined>>, prefix = ""): void {
    if (this.#destroyed) throw new TensorError(`${call}: this Gpu was destroyed`);
    if (this.#lostInfo) throw this.lostError(call);
    for (const name in tensors) {
      const tensor = tensors[name];
      if (tensor === null || tensor === undefined) continue;
      if (!(tensor instanceof Tensor))
        throw new TensorError(`${call}: ${prefix}${name} is ${typeof tensor}; wanted a Tensor (gpu.tensor, gpu.empty or gpu.wrap)`);
      if (tensor.gpu !== this) throw new TensorError(`${call}: ${prefix}${name} belongs to another Gpu`);
      if (tensor.destroyed) throw new TensorError(`${call}: ${prefix}${name} was destroyed`);
    }
  }

  /** @internal Likewise, and tensors that are missing. */
  need(call: string, tensors: Readonly<Record<string, Tensor | null | undefined>>): void {
    this.check(call, tensors);
    for (const name in tensors) {
      const tensor = tensors[name];
      if (!tensor) throw new TensorError(`${call}: ${name} is ${String(tensor)}; wanted a Tensor (gpu.tensor, gpu.empty or gpu.wrap)`);
    }
  }

  /** @internal Refuses what the device cannot hold or bind. */
  checkBytes(bytes: number, what: string, call: string): void {
    const { maxBindingBytes, maxBufferBytes } = this.capabilities;
    for (const [limit, name] of [
      [maxBindingBytes, "maxStorageBufferBindingSize"],
      [maxBufferBytes, "maxBufferSize"],
    ] as const) {
      if (bytes > limit)
        throw new LimitError(`${call}: ${what} takes ${bytes} bytes; this device's ${name} is ${limit} (ask for more: requiredLimits: { ${name}: ${bytes} })`);
    }
  }

  /**
   * A tensor with these values. With dtype f16 numbers are rounded to the nearest half, ties to even, and a Uint16Array holds halves as their bits.
   * @throws ShapeError, OptionError, LimitError, DeviceLostError
   */
  tensor(values: ArrayLike<number>, shape: Shape = [values.length], options: { dtype?: Dtype } = {}): Tensor {
    this.check("Gpu.tensor", {});
    checkShape(shape, "Gpu.tensor");
    if (values.length !== sizeOf(shape)) throw new ShapeError(`Gpu.tensor: values has ${values.length} values; ${formatShape(shape)} holds ${sizeOf(shape)}`);
    const tensor = this.#create(shape, checkDtype("Gpu.tensor", options.dtype), "Gpu.tensor");
    if (tensor.size) tensor.fill(values);
    return tensor;
  }

  /** A tensor of zeros. @throws ShapeError, OptionError, LimitError, DeviceLostError */
  empty(shape: Shape, options: { dtype?: Dtype } = {}): Tensor {
    this.check("Gpu.empty", {});
    checkShape(shape, "Gpu.empty");
    return this.#create(shape, checkDtype("Gpu.empty", options.dtype), "Gpu.empty");
  }

  #create(shape: Shape, dtype: Dtype, call: string): Tensor {
    const bytes = sizeOf(shape) * bytesOf(dtype);
    this.checkBytes(bytes, `a tensor of ${formatShape(shape)}`, call);
    const buffer = (this.device as GPUDevice).createBuffer({
      size: Math.max(16, Math.ceil(bytes / 16) * 16),
      usage: OWN_USAGE,
      label: `normgpu tensor ${formatShape(shape)}`,
    });
    const reference = new WeakRef(buffer);
    this.#alive.add(reference);
    this.#references.set(buffer, reference);
    this.#collected.register(buffer, reference);
    const tensor = new Tensor(this, buffer, 0, shape, dtype, true);
    this.#scope?.add(tensor);
    return tensor;
  }

  /**
   * A tensor over a GPUBuffer that somebody else made, without a copy; destroying it leaves the buffer alone.
   * @param options.dtype f32 by default. The values of f16 end at a multiple of 4 bytes: where their count is odd, the half that follows is kept but must exist
   * @param options.offset where the values start, in bytes: a multiple of 4
   * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
   */
  wrap(buffer: WebGpuBuffer, shape: Shape, options: { dtype?: Dtype; offset?: number } = {}): Tensor {
    this.check("Gpu.wrap", {});
    checkShape(shape, "Gpu.wrap");
    if (typeof (buffer as GPUBuffer | null)?.usage !== "number") throw new TensorError(`Gpu.wrap: buffer is ${String(buffer)}; wanted a GPUBuffer`);
    const { size, usage } = buffer as GPUBuffer;
    const { offset = 0 } = options;
    const dtype = checkDtype("Gpu.wrap", options.dtype);
    const bytes = Math.ceil((sizeOf(shape) * bytesOf(dtype)) / 4) * 4;
    if (!Number.isSafeInteger(offset) || offset < 0 || offset % 4) throw new OptionError(`Gpu.wrap: offset is ${offset}; wanted a multiple of 4 bytes from 0`);
    if ((usage & STORAGE) === 0) throw new TensorError(`Gpu.wrap: the buffer's usage (${usage}) lacks STORAGE (128)`);
    if (offset + bytes > size)
      throw new ShapeError(`Gpu.wrap: ${formatShape(shape)} at offset ${offset} ends at byte ${offset + bytes}; the buffer has ${size}`);
    this.checkBytes(bytes + (offset % 256), `a tensor of ${formatShape(shape)}`, "Gpu.wrap");
    return new Tensor(this, buffer, offset, shape, dtype, false);
  }

  /**
   * Many tensors copied, once, into one buffer: a network's weights can then be standardized or normalized in one dispatch. f32.
   * @throws ShapeError, OptionError, TensorError, UnsupportedError, LimitError, DeviceLostError
   */
  pack(parts: readonly PackPart[]): Pack {
    this.check("Gpu.pack", {});
    return Pack.of(this, parts);
  }

  /** Records every call of `work` into one compute pass and one submit. A read or write inside submits what came before. @throws OptionError for an async function */
  batch<Result>(work: () => Result): Result {
    this.check("Gpu.batch", {});
    return this.recorder.batch(work);
  }

  /** @internal */
  flush(): void {
    this.recorder.flush();
  }

  /** Destroys the tensors that `work` makes, but for those in what it returns (itself, in an array, or as values of an object, two levels deep). */
  tidy<Result>(work: () => Result): Result {
    this.check("Gpu.tidy", {});
    const outer = this.#scope;
    const inner = (this.#scope = new Set<Tensor>());
    try {
      const result = work();
      if (result instanceof Promise) throw new OptionError("Gpu.tidy: the function returned a promise; tidy is synchronous");
      for (const { root } of tensorsIn(result, 3)) if (inner.delete(root)) outer?.add(root);
      return result;
    } finally {
      this.#scope = outer;
      for (const tensor of inner) tensor.destroy();
    }
  }

  /** @internal A tensor that outlives the `tidy` around its making. */
  keep(tensor: Tensor): void {
    this.#scope?.delete(tensor);
  }

  /** @internal A tensor that frees its own buffer. */
  forget(tensor: Tensor): void {
    this.#scope?.delete(tensor);
    const reference = this.#references.get(tensor.buffer);
    if (reference) this.#alive.delete(reference);
  }

  /**
   * Compiles the pipelines of these dispatches off the main thread. A function is asked for them once more after the self-test of subgroups that they may have started.
   * @throws ShaderError, DeviceLostError
   */
  async prepare(dispatches: readonly Dispatch[] | (() => readonly Dispatch[]), call = "Gpu.prepare"): Promise<void> {
    const wanted = typeof dispatches === "function" ? dispatches : (): readonly Dispatch[] => dispatches;
    this.check(call, {});
    wanted();
    await this.plans.settled();
    this.check(call, {});
    try {
      await Promise.all(wanted().map((dispatch) => this.pipelines.prepare(dispatch)));
    } catch (error) {
      await this.settled(50);
      this.check(call, {});
      throw error;
    }
    this.check(call, {});
  }

  /** Frees what this library made here, the device too where `Gpu.open` made it. Later calls throw. Twice is fine. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.scratch.destroy();
    for (const reference of this.#alive) reference.deref()?.destroy();
    this.#alive.clear();
    if (this.#ownsDevice) (this.device as GPUDevice).destroy();
  }
}

function tensorsIn(value: unknown, depth: number): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (depth === 0 || typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((part) => tensorsIn(part, depth - 1));
}
