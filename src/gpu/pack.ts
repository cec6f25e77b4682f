import { OptionError, ShapeError, TensorError, UnsupportedError } from "../core/errors.ts";
import { checkShape, formatShape, sameShape, sizeOf, type Shape } from "../core/shape.ts";
import type { PackedPart, PackedShape } from "../plan/packed-plan.ts";
import type { Gpu } from "./device.ts";
import { Tensor } from "./tensor.ts";

/** A tensor that is to be copied, or values and a shape; without values, zeros. */
export type PackPart = Tensor | { readonly shape: Shape; readonly values?: ArrayLike<number> };

/** Each tensor starts where a binding may start, so that other kernels can bind it as it lies. */
const START_BYTES = 256;
const COPY_SRC = 4;

/**
 * Where the rows of a pack are, on the GPU: for each a start, a length, a step from value to value, and the index of its parameter, as u32. Where there are several kinds of rows, the indices of all
 * rows follow, kind by kind.
 */
export interface PackedRows extends PackedShape {
  readonly table: Tensor;
  readonly rows: number;
}

/** What packs of the same shapes share. */
interface PackLayout {
  readonly shapes: readonly Shape[];
  /** Where each tensor starts, in values. */
  readonly starts: readonly number[];
  readonly size: number;
  readonly tables: Map<string, PackedRows>;
  users: number;
}

/** Many tensors in one buffer, so that one dispatch can go through all of them. Made by `gpu.pack`. */
export class Pack {
  readonly gpu: Gpu;
  /** The tensors, each a view of the buffer with its own shape; usable wherever a tensor is. */
  readonly tensors: readonly Tensor[];
  /** The whole buffer as one tensor, with the gaps between the tensors. */
  readonly whole: Tensor;
  readonly #layout: PackLayout;
  #destroyed = false;

  private constructor(gpu: Gpu, layout: PackLayout) {
    this.gpu = gpu;
    this.#layout = layout;
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
    const pack = new Pack(gpu, { shapes: parts.map(({ shape }) => Object.freeze([...shape])), starts, size, tables: new Map(), users: 0 });
    fill(gpu, pack, parts);
    return pack;
  }

  /** A pack of tensors of the same shapes, zeros, in a buffer of its own. */
  like(): Pack {
    this.gpu.check("Pack.like", { pack: this.whole });
    return new Pack(this.gpu, this.#layout);
  }

  /** True where the other pack has tensors of the same shapes. */
  fits(other: Pack): boolean {
    const { shapes } = other.#layout;
    return this.#layout === other.#layout || (shapes.length === this.tensors.length && shapes.every((shape, i) => sameShape(shape, this.tensors[i]!.shape)));
  }

  /**
   * The rows of all tensors in turn: the index of a row is counted through the pack.
   * @param dims for each tensor the axis whose indices are its rows, the first or the last; null: the whole tensor is a row
   * @param parameters tensors with a value for each row; by default row r has parameter r
   * @throws UnsupportedError for an axis between others
   */
  rows(dims: readonly (number | null)[], parameters: Pack | null = null, call = "Pack.rows"): PackedRows {
    const places = parameters ? parameters.#layout.starts : null;
    const key = JSON.stringify([dims, places]);
    const known = this.#layout.tables.get(key);
    if (known && !known.table.destroyed) return known;
    const lines = this.tensors.map((tensor, i) => rowsOf(tensor.shape, dims[i]!, `${call}: weights[${i}]`));
    const made = makeTable(this.gpu, lines, this.#layout.starts, places);
    this.#layout.tables.set(key, made);
    return made;
  }

  get destroyed(): boolean {
    return this.whole.destroyed;
  }

  /** Frees the buffer, and with it the tensors. Twice is fine. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.whole.destroy();
    if (--this.#layout.users > 0) return;
    for (const { table } of this.#layout.tables.values()) table.destroy();
    this.#layout.tables.clear();
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

interface TensorRows {
  readonly count: number;
  readonly length: number;
  /** Values from row to row, and from value to value of a row. */
  readonly stride: number;
  readonly step: number;
}

function rowsOf(shape: Shape, dim: number | null, what: string): TensorRows {
  if (dim === null) return { count: 1, length: sizeOf(shape), stride: 0, step: 1 };
  const count = shape[dim]!;
  const outer = sizeOf(shape.slice(0, dim));
  const inner = sizeOf(shape.slice(dim + 1));
  if (outer === 1) return { count, length: inner, stride: inner, step: 1 };
  if (inner === 1) return { count, length: outer, stride: 1, step: count };
  throw new UnsupportedError(`${what} is ${formatShape(shape)}; in a pack the axis that keeps its statistics must be the first or the last, not axis ${dim}`);
}

function makeTable(gpu: Gpu, lines: readonly TensorRows[], starts: readonly number[], parameterStarts: readonly number[] | null): PackedRows {
  const rows = lines.reduce((sum, { count }) => sum + count, 0);
  const { parts, order } = partsOf(lines);
  const table = new Uint32Array(rows * 4 + (parts.length > 1 ? Math.ceil(rows / 4) * 4 : 0));
  let row = 0;
  lines.forEach(({ count, length, stride, step }, i) => {
    for (let index = 0; index < count; index++, row++) {
      table.set([starts[i]! + index * stride, length, step, parameterStarts ? parameterStarts[i]! + index : row], row * 4);
    }
  });
  if (parts.length > 1) table.set(order, rows * 4);
  // A tensor of f32 takes the bits as they are.
  const bits = gpu.tensor(new Float32Array(table.buffer), [table.length / 4, 4]);
  // Packs keep it: it outlives a `tidy` around the call.
  gpu.keep(bits);
  return { table: bits, rows, parts };
}

/** The kinds of rows, four values a lane first, and the indices of all rows in that order. Rows without a value are of the first kind. */
function partsOf(lines: readonly TensorRows[]): { parts: PackedPart[]; order: number[] } {
  const kinds = [true, false].flatMap((contiguous) =>
    [true, false].map((whole) => ({ part: { rows: 0, values: 0, contiguous, whole }, indices: [] as number[] })),
  );
  let row = 0;
  for (const { count, length, step } of lines) {
    const contiguous = step === 1 || length <= 1;
    // Columns are read one value at a time, whatever their length.
    const whole = contiguous && length % 4 === 0;
    const { part, indices } = kinds.find((kind) => kind.part.contiguous === contiguous && kind.part.whole === whole)!;
    part.rows += count;
    part.values += count * length;
    for (let index = 0; index < count; index++) indices.push(row++);
  }
  const present = kinds.filter(({ part }) => part.rows > 0);
  return { parts: present.map(({ part }) => part), order: present.flatMap(({ indices }) => indices) };
}
