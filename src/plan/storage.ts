import narrow from "../../shaders/narrow.wgsl";
import widen from "../../shaders/widen.wgsl";
import { TensorError } from "../core/errors.ts";
import { bindingsIn, type KernelBinding } from "../core/shader-interface.ts";
import type { Capabilities } from "./capabilities.ts";
import { dispatchOf } from "./dispatch.ts";
import type { Dispatch, Plan, Storage } from "./plan.ts";
import { invocationTeams } from "./teams.ts";
import { kernelOf } from "./kernels.ts";

/** A tensor of a call that is stored as f16. */
export interface HalfTensor {
  /** Its values. */
  readonly count: number;
  /** It starts where a lane of four values may start. */
  readonly aligned: boolean;
}

/** What a lowering knows of its surroundings. */
export interface StorageContext {
  /** The tensors stored as f16, by role; all others are f32. */
  readonly halves: Readonly<Record<string, HalfTensor>>;
  readonly capabilities: Capabilities;
  /** The call, as errors name it. */
  readonly call: string;
}

/**
 * The same plan for tensors of which some are stored as f16. A kernel that reads all of its `Source`s, or writes all of its `Result`s, as f16 does so itself. What it cannot
 * say (inputs of both types, parameters and statistics in f16, packed results that share a word, packed planes that are held in registers) goes through f32 scratch: `widen` before the dispatch, `narrow` after it.
 * @throws TensorError where a tensor that kernels write in f32 alone (a running statistic, a parameter's gradient) is f16
 */
export function lowerStorage(plan: Plan, context: StorageContext): Plan {
  if (Object.keys(context.halves).length === 0) return plan;
  const lowering = new Lowering(plan, context);
  for (const dispatch of plan.dispatches) lowering.add(dispatch);
  return lowering.plan();
}

class Lowering {
  readonly #plan: Plan;
  readonly #context: StorageContext;
  readonly #half: Storage;
  readonly #dispatches: Dispatch[] = [];
  readonly #scratch: Record<string, number> = {};
  /** Roles whose f32 copy is up to date. */
  readonly #widened = new Set<string>();
  /** Values of the largest tensor: only what is as large counts as moved. */
  readonly #largest: number;
  #bytes: number;

  constructor(plan: Plan, context: StorageContext) {
    this.#plan = plan;
    this.#context = context;
    this.#half = context.capabilities.f16 ? "f16" : "packed";
    this.#bytes = plan.bytesMoved;
    this.#largest = Math.max(...Object.values(context.halves).map(({ count }) => count));
  }

  plan(): Plan {
    return { ...this.#plan, dispatches: this.#dispatches, scratch: { ...this.#plan.scratch, ...this.#scratch }, bytesMoved: this.#bytes };
  }

  add(dispatch: Dispatch): void {
    const found = bindingsIn(kernelOf(dispatch.kernel).code).filter(({ name }) => dispatch.bindings[name] !== undefined);
    const of = (element: string): KernelBinding[] => found.filter((binding) => binding.element === element);
    const source = this.#storageOf(dispatch, of("Source"));
    const shared = this.#storageOf(dispatch, of("Result"));
    // Two values that lie in one word may belong to two invocations.
    const result = shared === "packed" && dispatch.variant.lane === 1 ? "f32" : shared;
    const bindings = { ...dispatch.bindings };
    const narrowed: string[] = [];
    for (const { name, kind, element } of found) {
      const role = dispatch.bindings[name]!;
      const half = this.#halfOf(role);
      if (!half) continue;
      if ((element === "Source" && source !== "f32") || (element === "Result" && result !== "f32")) {
        this.#move(half, -2);
        continue;
      }
      // Words are read and written as they are.
      if (element === "u32") continue;
      if (kind === "read_write" && element !== "Result") throw new TensorError(`${this.#context.call}: ${role} is f16; wanted f32`);
      bindings[name] = copyOf(role);
      this.#scratch[copyOf(role)] = half.count * 4;
      // What is added to is read too.
      if (kind === "read" || dispatch.overrides["ACCUMULATES"]) this.#widen(role, half);
      if (kind !== "read") narrowed.push(role);
    }
    this.#dispatches.push({ ...dispatch, bindings, variant: { ...dispatch.variant, source, result } });
    for (const { name, kind } of found) if (kind === "read_write") this.#widened.delete(dispatch.bindings[name]!);
    for (const role of narrowed) this.#narrow(role, dispatch.overrides["SATURATES"] ?? 1);
  }

  #halfOf(role: string): HalfTensor | undefined {
    return role in this.#plan.scratch ? undefined : this.#context.halves[role];
  }

  #storageOf(dispatch: Dispatch, bindings: readonly KernelBinding[]): Storage {
    // The words' conversion in integers, once for each lane that is held, would take seconds to compile.
    if (this.#half === "packed" && dispatch.overrides["HELD"]) return "f32";
    const halves = bindings.filter(({ name }) => this.#halfOf(dispatch.bindings[name]!));
    return bindings.length > 0 && halves.length === bindings.length ? this.#half : "f32";
  }

  #move({ count }: HalfTensor, bytes: number): void {
    if (count === this.#largest) this.#bytes += count * bytes;
  }

  #widen(role: string, { count, aligned }: HalfTensor): void {
    if (this.#widened.has(role)) return;
    this.#widened.add(role);
    const lane = aligned && count % 4 === 0 ? 4 : 1;
    this.#move({ count, aligned }, 6);
    const made = dispatchOf(widen, invocationTeams(count / lane, this.#context.capabilities), {
      lane,
      params: { count: count / lane },
      bindings: { source: role, widened: copyOf(role) },
    });
    this.#dispatches.push({ ...made, variant: { ...made.variant, source: this.#half } });
  }

  #narrow(role: string, saturates: number): void {
    const half = this.#context.halves[role]!;
    this.#move(half, 6);
    this.#dispatches.push(narrowDispatch(copyOf(role), role, half.count, saturates, this.#context.capabilities));
  }
}

function narrowDispatch(wide: string, narrowed: string, count: number, saturates: number, capabilities: Capabilities): Dispatch {
  const teams = invocationTeams(Math.ceil(count / 2), capabilities);
  return dispatchOf(narrow, teams, { flags: { SATURATES: saturates }, params: { count }, bindings: { wide, narrowed } });
}

/** f32 values of the tensor `wide` to halves in `narrowed`; past the largest half they become infinite. */
export function planNarrow(count: number, capabilities: Capabilities): Plan {
  return { walk: "none", team: "invocation", dispatches: [narrowDispatch("wide", "narrowed", count, 0, capabilities)], scratch: {}, bytesMoved: count * 6 };
}

function copyOf(role: string): string {
  return `${role}_f32`;
}
