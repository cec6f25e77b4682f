import { sameShape, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";

/** A tensor that a call writes before it reads it, so that all calls of one shape can share it. */
export class Between {
  #held: { readonly tensor: Tensor; isDeferred: boolean } | null = null;

  tensor(gpu: Gpu, shape: Shape, { encoder, pass }: Recording): Tensor {
    const isDeferred = encoder !== undefined || pass !== undefined;
    const held = this.#held;
    if (held && !held.tensor.destroyed && sameShape(held.tensor.shape, shape)) {
      held.isDeferred ||= isDeferred;
      return held.tensor;
    }
    this.destroy();
    const tensor = gpu.empty(shape);
    // It outlives a `tidy` around the call.
    gpu.keep(tensor);
    this.#held = { tensor, isDeferred };
    return tensor;
  }

  /** Commands of a caller's encoder may still name the buffer: then it is dropped, not destroyed. */
  destroy(): void {
    if (this.#held && !this.#held.isDeferred) this.#held.tensor.destroy();
    this.#held = null;
  }
}
