import type { Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { Memory } from "../gpu/memory.ts";
import type { Tensor } from "../gpu/tensor.ts";

/** Calls that are remembered of each meaning. */
const MOST_CALLS = 64;

/** What was found out about a call: it holds as long as plans do. */
interface Kept {
  /** `gpu.plans.epoch` when it was planned. */
  readonly epoch: number;
}

const calls = new WeakMap<object, Memory<Kept>>();

/**
 * What a layer means, by the shape that it was given (a tensor's own, which never changes), so that a repeated call need not find it again. A layer's options never change, and `state` says the
 * rest of what it depends on.
 */
export class KeptSpecs<Spec extends object> {
  readonly #known = new WeakMap<Shape, { readonly state: number | string; readonly spec: Spec }>();

  of(shape: Shape, state: number | string, make: () => Spec): Spec {
    const known = this.#known.get(shape);
    if (known?.state === state) return known.spec;
    const spec = make();
    calls.set(spec, new Memory(MOST_CALLS));
    this.#known.set(shape, { state, spec });
    return spec;
  }
}

/**
 * What was found out about a call with this meaning and key, found out again where that is not known, does not hold any more or does not fit. Nothing is kept without a key, or of a meaning that
 * no layer keeps.
 */
export function remembered<Call extends Kept>(gpu: Gpu, spec: object, key: string | null, fits: (call: Call) => boolean, find: () => Call): Call {
  const own = key === null ? undefined : (calls.get(spec) as Memory<Call> | undefined);
  if (!own) return find();
  const known = own.get(key!);
  if (known && known.epoch === gpu.plans.epoch && fits(known)) return known;
  const found = find();
  own.set(key!, found);
  return found;
}

/** Tensors as a part of a key: they never change, so that the same ones need no second look at shape, type or place. */
export function idsOf(...tensors: readonly (Tensor | null | undefined)[]): string {
  let key = "";
  for (let i = 0; i < tensors.length; i++) key += `${tensors[i]?.id ?? ""},`;
  return key;
}

/** Options as a layer keeps them: its own, and never changed. */
export function ownOptions<Options extends object>(options: Options): Readonly<Options> {
  const entries = Object.entries(options).map(([name, value]) => [name, Array.isArray(value) ? Object.freeze([...(value as unknown[])]) : value]);
  return Object.freeze(Object.fromEntries(entries)) as Readonly<Options>;
}
