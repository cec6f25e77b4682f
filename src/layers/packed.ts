import { OptionError, ShapeError } from "../core/errors.ts";
import { formatShape, sameShape, sizeOf } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { Pack } from "../gpu/pack.ts";
import { orFree, run, type Recording } from "../gpu/run.ts";
import { Tensor } from "../gpu/tensor.ts";
import { planPacked, type PackedRequest } from "../plan/packed-plan.ts";
import type { PackedRows } from "./pack-rows.ts";

/** A factor for each row of a pack: a pack of one tensor for each weight, or one tensor of [rows]. */
export type RowFactors = Pack | Tensor;

/** Outputs of an earlier call, written again. */
export interface PackOut<Saved> {
  w?: Pack;
  saved?: Saved;
}

/** What a forward call on a pack takes. */
export interface PackForwardOptions<Saved> extends Recording {
  /** False: nothing is kept for a backward call. */
  saved?: boolean;
  out?: PackOut<Saved>;
}

/** What a backward call on a pack takes; `out` names its outputs. */
export interface PackBackwardOptions<Out> extends Recording {
  /** Gradients are added to what stands in the tensors of `out`. */
  accumulate?: boolean;
  out?: Out;
}

/** The pack as an argument, where it is one, alive and of this Gpu. @throws OptionError, TensorError */
export function checkPack(gpu: Gpu, call: string, name: string, pack: Pack | undefined, like: Pack | null = null): void {
  if (!(pack instanceof Pack)) throw new OptionError(`${call}: ${name} is ${Array.isArray(pack) ? "a list" : typeof pack}; wanted a Pack (gpu.pack)`);
  gpu.check(call, { [name]: pack.whole });
  if (like && !like.fits(pack)) throw new ShapeError(`${call}: ${name} holds other shapes than v`);
}

/** The factors' tensor; refused where they do not have a value for each row. @throws ShapeError, TensorError, OptionError */
export function checkFactors(gpu: Gpu, call: string, name: string, factors: RowFactors, counts: readonly number[]): Tensor {
  const whole = factors instanceof Pack ? factors.whole : factors;
  gpu.check(call, { [name]: whole });
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (factors instanceof Tensor) {
    if (!sameShape(factors.shape, [rows]))
      throw new ShapeError(`${call}: ${name} is ${formatShape(factors.shape)}; wanted [${rows}], a value for each row of the pack`);
    return whole;
  }
  const sizes = factors.tensors.map(({ size }) => size);
  if (!sameShape(sizes, counts)) {
    const i = counts.findIndex((count, place) => count !== sizes[place]);
    const found = i < 0 ? `${sizes.length} tensors` : `${sizes[i] ?? "no"} values for weights[${i}]`;
    throw new ShapeError(`${call}: ${name} has ${found}; wanted ${i < 0 ? counts.length : counts[i]}`);
  }
  return whole;
}

/** Refuses a place for the factors' gradient that is not what the factors are. @throws ShapeError, TensorError, OptionError */
export function checkGradientOut(
  gpu: Gpu,
  call: string,
  name: string,
  out: RowFactors | undefined,
  factors: RowFactors | null,
  counts: readonly number[],
): void {
  if (!out) return;
  if (!factors) throw new OptionError(`${call}: out.${name} is given; the forward call had no ${name.slice(1)}`);
  if (out instanceof Pack !== factors instanceof Pack) throw new OptionError(`${call}: out.${name} and ${name.slice(1)} must both be a Pack, or both a Tensor`);
  checkFactors(gpu, call, `out.${name}`, out, counts);
}

/** Rows of each tensor of a pack whose rows lie along these axes. */
export function rowCounts(pack: Pack, dims: readonly (number | null)[]): number[] {
  return pack.tensors.map(({ shape }, i) => (dims[i] === null ? 1 : shape[dims[i]!]!));
}

/** Factors of the same kind as these, zeros: a place for their gradient. */
export function likeFactors(gpu: Gpu, factors: RowFactors): RowFactors {
  return factors instanceof Pack ? factors.like() : gpu.empty(factors.shape);
}

/** Plans and queues a call on all rows of a pack. `made` is destroyed where the call is refused. */
export function runPacked(
  gpu: Gpu,
  call: string,
  rows: PackedRows,
  asked: Pick<PackedRequest, "kernel" | "overrides" | "params">,
  given: Readonly<Record<string, Tensor | null | undefined>>,
  recording: Recording,
  made: Parameters<typeof orFree>[0],
): void {
  const tensors = { table: rows.table, ...given };
  const roles = Object.entries(tensors).flatMap(([role, tensor]) => (tensor ? [role] : []));
  const request: PackedRequest = { ...asked, parts: rows.parts, roles };
  orFree(made, () => {
    const plan = gpu.plans.remember(JSON.stringify(["packed", request]), (capabilities) => planPacked(request, capabilities));
    run(gpu, plan, tensors, recording, call);
  });
}

/** Values of a weight that share a mean or a norm. */
export function rowLength(shape: readonly number[], dim: number): number {
  return sizeOf(shape.filter((_, axis) => axis !== dim));
}
