import { UnsupportedError } from "../core/errors.ts";
import { formatShape, sizeOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Pack } from "../gpu/pack.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { PackedPart, PackedShape } from "../plan/packed-plan.ts";

/**
 * Where the rows of a pack are, on the GPU: for each a start, a length, a step from value to value, and the index of its parameter, as u32. Where there are several kinds of rows, the indices of all
 * rows follow, kind by kind.
 */
export interface PackedRows extends PackedShape {
  readonly table: Tensor;
  readonly rows: number;
}

/**
 * The rows of all tensors of a pack in turn: the index of a row is counted through the pack. They are kept as long as packs of these shapes are.
 * @param dims for each tensor the axis whose indices are its rows, the first or the last; null: the whole tensor is a row
 * @param parameters tensors with a value for each row; by default row r has parameter r
 * @throws UnsupportedError for an axis between others
 */
export function packRows(pack: Pack, dims: readonly (number | null)[], parameters: Pack | null, call: string): PackedRows {
  const { gpu, layout, tensors } = pack;
  const places = parameters ? parameters.layout.starts : null;
  const key = JSON.stringify([dims, places]);
  const known = layout.kept.get(key) as PackedRows | undefined;
  if (known && !known.table.destroyed) return known;
  const lines = tensors.map((tensor, i) => rowsOf(tensor.shape, dims[i]!, `${call}: weights[${i}]`));
  const made = makeTable(gpu, lines, layout.starts, places);
  layout.kept.set(key, made);
  return made;
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
