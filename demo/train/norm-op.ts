import * as tf from "@tensorflow/tfjs-core";
import {
  weightNorm,
  weightNormBackward,
  type BackwardResult,
  type ForwardResult,
  type GroupNorm,
  type Tensor,
  type WeightForwardResult,
  type WeightGradients,
  type WeightNormGradients,
  type WeightNormResult,
  type WeightStandardization,
} from "../../src/index.ts";
import type { SharedBackend } from "./shared-backend.ts";

type Recording = SharedBackend["recording"];

/** A layer of this library between tensors. It writes into tensors of its own, the same for the same shape of its first input: use what it gave before the next call. */
export interface Layer {
  /** @param inputs what is normalized, then parameters */
  forward(inputs: readonly Tensor[], recording: Recording): Tensor;
  /** Gradients of the inputs of the forward call before, in their order. */
  backward(dy: Tensor, inputs: readonly Tensor[], recording: Recording): readonly Tensor[];
  /** Frees those tensors, once the calls that name them are submitted. */
  destroy(): void;
}

/** A layer as an operation of TensorFlow.js that it can differentiate, without copies of tensors in or out. */
export function differentiable(shared: SharedBackend, layer: Layer): (...inputs: tf.Tensor[]) => tf.Tensor {
  return tf.customGrad((...given) => {
    const save = given.pop() as (tensors: tf.Tensor[]) => void;
    const inputs = given as tf.Tensor[];
    // Keeps their buffers until the gradients are there.
    save(inputs);
    const own = inputs.map((input) => shared.toLibrary(input));
    const value = shared.toTensorFlow(layer.forward(own, shared.recording));
    return { value, gradFunc: (dy: tf.Tensor) => layer.backward(shared.toLibrary(dy), own, shared.recording).map((one) => shared.toTensorFlow(one)) };
  });
}

/** The calls of a layer: what a forward call gives beside `saved`, and what a backward call gives, named as the library names it. */
interface Calls<Result extends { saved?: unknown }, Gradients extends object> {
  forward(inputs: readonly Tensor[], options: Recording & { out: Partial<Result> }): Result;
  output(result: Result): Tensor;
  backward(dy: Tensor, saved: Result["saved"], inputs: readonly Tensor[], options: Recording & { out: Partial<Gradients> }): Gradients;
  gradients(found: Gradients): readonly Tensor[];
}

function layerOf<Result extends { saved?: unknown }, Gradients extends object>(calls: Calls<Result, Gradients>): Layer {
  /** Results by the shape of the first input: each call writes those of the call before again. */
  const kept = new Map<string, { result: Result; gradients?: Gradients }>();
  const of = (inputs: readonly Tensor[]): string => inputs[0]!.shape.join();
  return {
    forward(inputs, recording) {
      const key = of(inputs);
      const before = kept.get(key);
      const result = calls.forward(inputs, { ...recording, out: before?.result ?? {} });
      kept.set(key, { ...before, result });
      return calls.output(result);
    },
    backward(dy, inputs, recording) {
      const own = kept.get(of(inputs))!;
      own.gradients = calls.backward(dy, own.result.saved, inputs, { ...recording, out: own.gradients ?? {} });
      return calls.gradients(own.gradients);
    },
    destroy() {
      for (const { result, gradients } of kept.values()) {
        for (const part of [...Object.values(result), ...Object.values(gradients ?? {})] as { destroy(): void }[]) part.destroy();
      }
      kept.clear();
    },
  };
}

/** A layer with gamma and beta: inputs are x, gamma and beta. Those of the layer itself stay unused. */
export function normLayer(norm: Pick<GroupNorm, "forward" | "backward">): Layer {
  return layerOf<ForwardResult, BackwardResult>({
    forward: ([x, gamma, beta], options) => norm.forward(x!, { gamma, beta, ...options }),
    output: ({ y }) => y,
    backward: (dy, saved, [, gamma, beta], options) => norm.backward(dy, saved, { gamma, beta, ...options }),
    gradients: ({ dx, dgamma, dbeta }) => [dx, dgamma!, dbeta!],
  });
}

/** Weight Standardization of a filter. */
export function standardizationLayer(norm: WeightStandardization): Layer {
  return layerOf<WeightForwardResult, WeightGradients>({
    forward: ([v], options) => norm.forward(v!, options),
    output: ({ w }) => w,
    backward: (dw, saved, _, options) => norm.backward(dw, saved, options),
    gradients: ({ dv }) => [dv],
  });
}

/** Weight Norm of a filter whose last axis has the output channels: inputs are the direction v and the lengths g. */
export function weightNormLayer(): Layer {
  return layerOf<WeightNormResult, WeightNormGradients>({
    forward: ([v, g], options) => weightNorm(v!.gpu, v!, { g, dim: -1, ...options }),
    output: ({ w }) => w,
    backward: (dw, saved, _, options) => weightNormBackward(dw.gpu, dw, saved, options),
    gradients: ({ dv, dg }) => [dv, dg!],
  });
}
