import type { Gpu, Layout, Tensor } from "../../../src/index.ts";
import type { NdArray } from "../../../src/reference/index.ts";

export type Arrays = Readonly<Record<string, NdArray>>;
export type Tensors = Readonly<Record<string, Tensor>>;
export type Answers = Readonly<Record<string, ArrayLike<number>>>;

/** One way to call a layer: shapes of its inputs, the call on the GPU, forward and backward, and what float64 says. Outputs go by the same names in both. */
export interface Sample {
  readonly what: string;
  /** In NCHW order where there are channels. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly channels?: { readonly layout: Layout };
  readonly gpu: (gpu: Gpu, tensors: Tensors) => Record<string, Tensor>;
  readonly reference: (arrays: Arrays) => Answers;
}

/** One row for each layer. */
export interface LayerRow {
  readonly layer: string;
  readonly samples: readonly Sample[];
  /** Why the row is not tried with every family of data, where it is not. */
  readonly plainDataOnly?: string;
}

/** Inputs that are as large as x: stored in f16 where the dtype is f16. Parameters stay in f32. */
export const LARGE: ReadonlySet<string> = new Set(["x", "residual", "dy", "weight", "v", "dw"]);
