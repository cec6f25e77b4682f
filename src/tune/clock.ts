import type { Gpu } from "../gpu/device.ts";
import { run } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { Plan } from "../plan/plan.ts";

/** What is timed: a plan and the tensors that it is run with. */
export interface Timed {
  readonly plan: Plan;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

const CALL = "tune";
const STAMP_GRAIN = 0.1;
const FENCE_GRAIN = 1.1;

/** Times calls of a plan, in milliseconds: by the GPU's own clock where it tells the time, else from submit to fence. */
export class Clock {
  readonly #gpu: Gpu;
  #stamps: Stamps | null;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    this.#stamps = gpu.capabilities.timestamps ? new Stamps(gpu.device as GPUDevice) : null;
  }

  /** Milliseconds that this clock cannot tell apart: browsers round a GPU's times to 0.1, and see a fence at steps of about 1.1. */
  get grain(): number {
    return this.#stamps ? STAMP_GRAIN : FENCE_GRAIN;
  }

  /** Milliseconds that `calls` calls take, one after the other in one pass. */
  async time({ plan, tensors }: Timed, calls: number): Promise<number> {
    const device = this.#gpu.device as GPUDevice;
    const encoder = device.createCommandEncoder({ label: "normgpu tune" });
    const pass = encoder.beginComputePass({ label: "normgpu tune", ...(this.#stamps && { timestampWrites: this.#stamps.writes }) });
    for (let i = 0; i < calls; i++) run(this.#gpu, plan, tensors, { pass }, CALL);
    pass.end();
    this.#stamps?.resolve(encoder);
    await device.queue.onSubmittedWorkDone();
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    const fence = performance.now() - start;
    const stamped = await this.#stamps?.read();
    if (stamped === undefined) return fence;
    // A clock that stands still, runs backwards or is longer than the fence tells nothing.
    if (stamped > 0 && stamped <= fence * 1.5 + 1) return stamped;
    this.#stamps?.destroy();
    this.#stamps = null;
    return fence;
  }

  destroy(): void {
    this.#stamps?.destroy();
  }
}

const BYTES = 16;

/** The times at which a pass begins and ends. */
class Stamps {
  readonly writes: GPUComputePassTimestampWrites;
  readonly #set: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;

  constructor(device: GPUDevice) {
    this.#set = device.createQuerySet({ type: "timestamp", count: 2 });
    this.writes = { querySet: this.#set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    this.#resolved = device.createBuffer({ size: BYTES, usage: 0x200 /* QUERY_RESOLVE */ | 4 /* COPY_SRC */, label: "normgpu tune" });
    this.#staging = device.createBuffer({ size: BYTES, usage: 8 /* COPY_DST */ | 1 /* MAP_READ */, label: "normgpu tune" });
  }

  resolve(encoder: GPUCommandEncoder): void {
    encoder.resolveQuerySet(this.#set, 0, 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, BYTES);
  }

  async read(): Promise<number> {
    await this.#staging.mapAsync(1);
    const [begin, end] = new BigUint64Array(this.#staging.getMappedRange());
    this.#staging.unmap();
    return Number(end! - begin!) / 1e6;
  }

  destroy(): void {
    this.#set.destroy();
    this.#resolved.destroy();
    this.#staging.destroy();
  }
}
