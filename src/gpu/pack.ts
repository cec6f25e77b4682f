import { OptionError, ShapeError, TensorError, UnsupportedError } from "../core/errors.ts";
import { checkShape, formatShape, sameShape, sizeOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "./device.ts";
import { Tensor } from "./tensor.ts";

/** A tensor that is to be copied, or values and a shape; without values, zeros. */
export type PackPart = Tensor | { readonly shape: Shape; readonly values?: ArrayLike<number> };

/** Each tensor starts where a binding may start, so that other kernels can bind it as it lies. */
const START_BYTES = 256;
const COPY_SRC = 4;

/** What packs of the same shapes share. */
export interface PackLayout {
  readonly shapes: readonly Shape[];
  /** Where each tensor starts, in values. */
  readonly starts: readonly number[];
  readonly size: number;
  /** Tensors that are made once for these shapes, by what they hold. */
  readonly kept: Map<string, { readonly table: Tensor }>;
  users: number;
}

/** Many tensors in one buffer, so that one dispatch can go through all of them. Made by `gpu.pack`. */
export class Pack {
  readonly gpu: Gpu;
  /** The tensors, each a view of the buffer with its own shape; usable wherever a tensor is. */
  readonly tensors: readonly Tensor[];
  /** The whole buffer as one tensor, with the gaps between the tensors. */
  readonly whole: Tensor;
  /** @internal */ readonly layout: PackLayout;
  #destroyed = false;

  private constructor(gpu: Gpu, layout: PackLayout) {
    this.gpu = gpu;
    this.layout = layout;
    this.whole = gpu.empty([layout.size]);
    this.tensors = layout.shapes.map((shape, i) => this.whole.view(layout.starts[i]! * 4, shape));
    layout.users++;
  }

  /** @internal Use `gpu.pack`. */
  static of(gpu: Gpu, parts: readonly PackPart[]): Pack {
    const call = "Gpu.pack";
    if (!Array.isArray(parts)) throw new OptionError(`${call}: parts is ${typeof parts}; wanted a list of tensors, or of { shape, values }`);
    parts.forEach((part, i) => checkPart(gpu, call, part, i));
    const starts: number[] = [];
    let size = 0;
    for (const { shape } of parts) {
      starts.push(size);
      size += Math.ceil((sizeOf(shape) * 4) / START_BYTES) * (START_BYTES / 4);
    }
    gpu.checkBytes(size * 4, "the packed buffer", call);
    const pack = new Pack(gpu, { shapes: parts.map(({ shape }) => Object.freeze([...shape])), starts, size, kept: new Map(), users: 0 });
    fill(gpu, pack, parts);
    return pack;
  }

  /** A pack of tensors of the same shapes, zeros, in a buffer of its own. */
  like(): Pack {
    this.gpu.check("Pack.like", { pack: this.whole });
    return new Pack(this.gpu, this.layout);
  }

  /** True where the other pack has tensors of the same shapes. */
  fits(other: Pack): boolean {
    const { shapes } = other.layout;
    return this.layout === other.layout || (shapes.length === this.tensors.length && shapes.every((shape, i) => sameShape(shape, this.tensors[i]!.shape)));
  }

  get destroyed(): boolean {
    return this.whole.destroyed;
  }

  /** Frees the buffer, and with it the tensors. Twice is fine. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.whole.destroy();
    if (--this.layout.users > 0) return;
    for (const { table } of this.layout.kept.values()) table.destroy();
    this.layout.kept.clear();
  }
}

function checkPart(gpu: Gpu, call: string, part: PackPart, i: number): void {
  if (typeof part !== "object" || part === null) throw new OptionError(`${call}: part ${i} is ${String(part)}; wanted a Tensor or { shape, values }`);
  if (!(part instanceof Tensor)) {
    checkShape(part.shape, `${call}: part ${i}`);
    if (part.values && part.values.length !== sizeOf(part.shape))
      throw new ShapeError(`${call}: part ${i} has ${part.values.length} values; ${formatShape(part.shape)} holds ${sizeOf(part.shape)}`);
    return;
  }
  gpu.check(call, { [`part ${i}`]: part });
  if (part.dtype !== "f32") throw new UnsupportedError(`${call}: part ${i} is ${part.dtype}; a pack holds f32`);
  const { usage } = part.buffer as GPUBuffer;
  if ((usage & COPY_SRC) === 0) throw new TensorError(`${call}: part ${i}: the buffer's usage (${usage}) lacks COPY_SRC (4)`);
}

/** Copies what is on the GPU by one submit, and uploads the rest. */
function fill(gpu: Gpu, pack: Pack, parts: readonly PackPart[]): void {
  const copies = parts.flatMap((part, i) => (part instanceof Tensor && part.size ? [{ from: part, to: pack.tensors[i]! }] : []));
  // What was recorded before may be what is copied.
  gpu.flush();
  parts.forEach((part, i) => {
    if (!(part instanceof Tensor) && part.values) pack.tensors[i]!.write(part.values);
  });
  if (copies.length === 0) return;
  const device = gpu.device as GPUDevice;
  const encoder = device.createCommandEncoder({ label: "normgpu pack" });
  for (const { from, to } of copies) encoder.copyBufferToBuffer(from.buffer as GPUBuffer, from.offset, to.buffer as GPUBuffer, to.offset, from.byteLength);
  device.queue.submit([encoder.finish()]);
}
