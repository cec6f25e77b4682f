import { OptionError, ShapeError } from "../core/errors.ts";
import { checkWord } from "../core/options.ts";
import { formatShape } from "../core/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { LayerTensors } from "./forward.ts";

/** How running statistics move in training. */
export interface RunningOptions {
  /** Default 0.1. null: the running statistics are the plain average of all batches so far. */
  momentum?: number | null;
  /** `update` (default, PyTorch): momentum is the weight of the new value. `retain` (ONNX, Keras, Flax): the weight of the old one. */
  momentumConvention?: "update" | "retain";
  /** `unbiased` (default, PyTorch): the running variance takes the variance of n values times n / (n - 1). `biased`: as it is (ONNX, Keras, Flax). */
  runningVariance?: "unbiased" | "biased";
}

/** Refuses conventions that are none. @throws OptionError */
export function checkRunning(options: RunningOptions, call: string): void {
  const { momentum = 0.1, momentumConvention = "update" } = options;
  checkWord(call, "momentumConvention", momentumConvention, ["update", "retain"]);
  if (momentum !== null) checkMomentum(momentum, call);
  isUnbiased(options, call);
}

/** The weight of the new value. @throws OptionError */
export function checkMomentum(momentum: number, call: string): number {
  if (!(momentum >= 0 && momentum <= 1))
    throw new OptionError(`${call}: momentum is ${String(momentum)}; wanted a number from 0 to 1, or null for a cumulative average`);
  return momentum;
}

/** Whether the running variance is the unbiased one. @throws OptionError */
export function isUnbiased({ runningVariance = "unbiased" }: RunningOptions, call: string): boolean {
  return checkWord(call, "runningVariance", runningVariance, ["unbiased", "biased"]) === "unbiased";
}

/** The weight of the new value after so many batches. */
export function weightOfNew({ momentum = 0.1, momentumConvention }: RunningOptions, batches: number): number {
  if (momentum === null) return 1 / (batches + 1);
  return momentumConvention === "retain" ? 1 - momentum : momentum;
}

/** Running statistics under the names that the kernels know them by: those that are moved, or those that x is normalized with. */
export function boundStatistics(moves: boolean, mean: Tensor | null | undefined, variance: Tensor | null | undefined): LayerTensors {
  if (!mean || !variance) return {};
  return moves ? { running_mean: mean, running_variance: variance } : { mean, variance };
}

/** Refuses running statistics of a stateless call that do not come together, are missing, or are not one value a channel. @throws OptionError, ShapeError */
export function checkGiven(call: string, training: boolean, given: { mean?: Tensor | null; variance?: Tensor | null }, channels: number | null): void {
  const { mean, variance } = given;
  if (Boolean(mean) !== Boolean(variance)) throw new OptionError(`${call}: ${mean ? "variance" : "mean"} is missing; mean and variance come together`);
  if (!training && !mean) throw new OptionError(`${call}: training is false; mean and variance are needed`);
  for (const [name, tensor] of Object.entries({ mean, variance })) {
    if (!tensor || channels === null || tensor.size === channels) continue;
    throw new ShapeError(`${call}: ${name} is ${formatShape(tensor.shape)}; wanted one value for each of ${channels} channels`);
  }
}
