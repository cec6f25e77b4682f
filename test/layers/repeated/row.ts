import type { Dtype, Gpu, Tensor } from "../../../src/index.ts";
import { normal } from "../../data.ts";

/** Makes tensors of plain values: `large` in the storage type of the run, as x, dy and residuals are, `small` in f32, as parameters are. */
export interface Make {
  readonly dtype: Dtype;
  readonly large: (...shape: number[]) => Tensor;
  readonly small: (...shape: number[]) => Tensor;
}

/** A call that is repeated. `prepare` makes its inputs and calls it without `out`; what it gives calls it again, with every output named. */
export interface RepeatedCall {
  /** The export whose call it is, and the method of a class. */
  readonly of: string;
  readonly what?: string;
  /** False: what it takes is always f32. */
  readonly halves?: false;
  readonly prepare: (gpu: Gpu, make: Make) => () => void;
}

export function makeOf(gpu: Gpu, dtype: Dtype): Make {
  let seed = 1;
  const tensor = (shape: readonly number[], as: Dtype): Tensor => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return gpu.tensor(normal(size, seed++, 0.1), shape, { dtype: as });
  };
  return { dtype, large: (...shape) => tensor(shape, dtype), small: (...shape) => tensor(shape, "f32") };
}
