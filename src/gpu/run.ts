import { TensorError } from "../core/errors.ts";
import type { Dtype } from "../core/dtype.ts";
import type { Plan } from "../plan/plan.ts";
import { lowerStorage, type HalfTensor } from "../plan/storage.ts";
import { boundRange, groupOf, prepareDispatch, type Bound, type Group, type Prepared } from "./bind-groups.ts";
import type { Gpu } from "./device.ts";
import { Memory } from "./memory.ts";
import type { Fault } from "./recorder.ts";
import type { Recording } from "./recording.ts";
import type { Tensor } from "./tensor.ts";

export type { Recording };

/** Tensors of a call by their roles; those that it does not have may stand there as nothing. */
export type RoleTensors = Readonly<Record<string, Tensor | null | undefined>>;

/** What a plan needs at every call. */
interface PreparedPlan {
  readonly plan: Plan;
  readonly dispatches: readonly Prepared[];
  /** Roles of tensors that some dispatch reads only, and those that some dispatch may write. */
  readonly read: ReadonlySet<string>;
  readonly written: ReadonlySet<string>;
}

/** What a plan depends on beside shapes. */
export interface StoredAs {
  readonly dtype: Dtype;
  /** Count of values. */
  readonly size: number;
  /** A lane of four values may start where it does. */
  readonly aligned: boolean;
}

/** A call of which nothing is left to be watched. Its bind groups live as long as the buffers that they bind. */
interface Encoded {
  readonly own: PreparedPlan;
  readonly groups: readonly WeakRef<Group>[];
  /** Scratch buffers that it uses, and the version of scratch memory that they are of. */
  readonly slots: number;
  readonly scratch: number;
}

/** What is known of a plan on one device. */
interface KnownPlan {
  /** Roles of tensors, in the order of a key. */
  readonly roles: readonly string[];
  /** Calls, by the tensors that they were given. */
  readonly encoded: Memory<Encoded>;
  /** The plan as it runs where some tensors are f16, by which those are. */
  readonly lowered: Map<string, Plan>;
  prepared: PreparedPlan | null;
}

const plans = new WeakMap<Gpu, WeakMap<Plan, KnownPlan>>();
const MOST_CALLS = 256;
const NOTHING = {};

/** What a call makes for itself; what the caller brought is not there. */
type Made = readonly ({ destroy(): void } | null | undefined | false)[];

/** Does a part of a call, and destroys what was made for the call where it is refused: it must not linger. */
export function orFree(made: Made, work: () => void): void {
  try {
    work();
  } catch (error) {
    for (const output of made) if (output) output.destroy();
    throw error;
  }
}

/**
 * Runs a plan like {@link run}, and destroys what was made for the call where it is refused.
 * @throws TensorError, DeviceLostError
 */
export function runOrFree(gpu: Gpu, plan: Plan, tensors: RoleTensors, recording: Recording, call: string, made: Made): void {
  orFree(made, () => run(gpu, plan, tensors, recording, call));
}

/**
 * Queues a plan: binds by name, encodes all dispatches in one pass, submits once where nobody else will. Tensors may be f16, whatever they were planned as.
 * @throws TensorError where a tensor that is written lies in a buffer that is also read, or written by another role, or is f16 where only f32 can be; DeviceLostError
 */
export function run(gpu: Gpu, asked: Plan, tensors: RoleTensors, recording: Recording, call: string): void {
  gpu.check(call, NOTHING);
  if (asked.dispatches.length === 0) return;
  const calls = knownPlan(gpu, asked);
  const key = keyOf(calls.roles, tensors);
  const known = calls.encoded.get(key);
  const again = known && groupsAgain(gpu, known);
  if (again) {
    if (known.slots > 0 && gpu.recorder.isDeferred(recording)) gpu.scratch.defer(known.slots);
    gpu.recorder.record(recording, call, false, (pass) => encode(pass, known.own, again));
    return;
  }
  const plan = planFor(gpu, asked, tensors, call);
  const own = preparePlan(gpu, plan);
  checkAliases(own, tensors, call);
  const scratch = scratchOf(gpu, plan, gpu.recorder.isDeferred(recording), call);
  const groups = plan.dispatches.map((dispatch, i) => groupOf(gpu, dispatch, own.dispatches[i]!, tensors as Readonly<Record<string, Tensor>>, scratch, call));
  const faults = newFaults(own, groups);
  const found = gpu.recorder.record(recording, call, faults.length > 0, (pass) => encode(pass, own, groups));
  if (faults.length === 0) {
    const kept = groups.map((group) => new WeakRef(group));
    calls.encoded.set(key, { own, groups: kept, slots: scratch.size, scratch: gpu.scratch.version });
    return;
  }
  if (found) faults.push(found);
  const fault = firstOf(faults);
  for (const role of own.written) tensors[role]?.mark(fault);
  // A call that failed is watched again the next time, so that its error is never an uncaptured one.
  void fault.then((error) => {
    if (error) for (const group of groups) group.isNew = true;
  });
}

function encode(pass: GPUComputePassEncoder, { plan, dispatches }: PreparedPlan, groups: readonly Group[]): void {
  for (let i = 0; i < groups.length; i++) {
    const [x, y, z] = plan.dispatches[i]!.grid;
    pass.setPipeline(dispatches[i]!.compiled.pipeline as GPUComputePipeline);
    pass.setBindGroup(0, groups[i]!.bindGroup);
    pass.dispatchWorkgroups(x, y, z);
  }
}

function knownPlan(gpu: Gpu, plan: Plan): KnownPlan {
  let own = plans.get(gpu);
  if (!own) plans.set(gpu, (own = new WeakMap()));
  let known = own.get(plan);
  if (!known) {
    const roles = new Set(plan.dispatches.flatMap(({ bindings }) => Object.values(bindings)));
    known = { roles: [...roles].filter((role) => !(role in plan.scratch)), encoded: new Memory(MOST_CALLS), lowered: new Map(), prepared: null };
    own.set(plan, known);
  }
  return known;
}

/** A tensor is never changed: a call with the same ones binds the same ranges, in the same types, and was checked before. */
function keyOf(roles: readonly string[], tensors: RoleTensors): string {
  let key = "";
  for (let i = 0; i < roles.length; i++) key += `${tensors[roles[i]!]!.id},`;
  return key;
}

/** The bind groups of a call that was encoded before; null where one is gone or to be watched, or where scratch memory has moved. */
function groupsAgain(gpu: Gpu, { groups, slots, scratch }: Encoded): Group[] | null {
  if (slots > 0 && scratch !== gpu.scratch.version) return null;
  const found: Group[] = [];
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!.deref();
    if (!group || group.isNew) return null;
    found.push(group);
  }
  return found;
}

/** The plan as it runs with these tensors, of which some may be f16. @throws TensorError where one is f16 that must be f32 */
export function planFor(gpu: Gpu, plan: Plan, tensors: Readonly<Record<string, StoredAs | null | undefined>>, call: string): Plan {
  const halves: Record<string, HalfTensor> = {};
  let key = "";
  for (const role in tensors) {
    const tensor = tensors[role];
    if (tensor?.dtype !== "f16") continue;
    halves[role] = { count: tensor.size, aligned: tensor.aligned };
    key += `${role} ${tensor.size} ${tensor.aligned},`;
  }
  if (!key) return plan;
  const { lowered } = knownPlan(gpu, plan);
  const made = lowered.get(key) ?? lowerStorage(plan, { halves, capabilities: gpu.capabilities, call });
  lowered.set(key, made);
  return made;
}

function preparePlan(gpu: Gpu, plan: Plan): PreparedPlan {
  const known = knownPlan(gpu, plan);
  if (known.prepared) return known.prepared;
  const dispatches = plan.dispatches.map((dispatch) => prepareDispatch(gpu, dispatch));
  const read = new Set<string>();
  const written = new Set<string>();
  for (const { compiled, roles } of dispatches) {
    roles.forEach((role, place) => {
      if (role === undefined || role in plan.scratch) return;
      (compiled.storage[place]!.kind === "read_write" ? written : read).add(role);
    });
  }
  return (known.prepared = { plan, dispatches, read, written });
}

/** What a first use of a pipeline or of a set of buffers may reveal; empty where both were used before. */
function newFaults(own: PreparedPlan, groups: readonly Group[]): Fault[] {
  const faults: Fault[] = [];
  for (const { compiled } of own.dispatches) if (compiled.fault) faults.push(compiled.fault);
  for (const group of groups) {
    if (!group.isNew) continue;
    group.isNew = false;
    faults.push(group.fault ?? Promise.resolve(null));
  }
  return faults;
}

function firstOf(faults: readonly Fault[]): Fault {
  return Promise.all(faults).then((found) => found.find((error) => error !== null) ?? null);
}

function scratchOf(gpu: Gpu, plan: Plan, isDeferred: boolean, call: string): Map<string, Bound> {
  const found = new Map<string, Bound>();
  let slot = 0;
  for (const [role, bytes] of Object.entries(plan.scratch)) {
    gpu.checkBytes(bytes, `scratch memory (${role})`, call);
    found.set(role, { buffer: gpu.scratch.slot(slot++, bytes, isDeferred), offset: 0, size: bytes });
  }
  return found;
}

/** WebGPU refuses a buffer that one dispatch reads and writes, even where the ranges are apart; across dispatches a tensor would change before it is read. */
function checkAliases({ read, written }: PreparedPlan, tensors: RoleTensors, call: string): void {
  for (const role of written) {
    const target = tensors[role]!;
    for (const [other, tensor] of Object.entries(tensors)) {
      if (other === role || tensor?.buffer !== target.buffer) continue;
      const isClash = read.has(other) || (written.has(other) && (read.has(role) || overlap(boundRange(target), boundRange(tensor))));
      if (isClash) throw new TensorError(`${call}: ${role} and ${other} lie in the same GPUBuffer; a call cannot write a buffer that it also uses otherwise`);
    }
  }
}

function overlap(a: Bound, b: Bound): boolean {
  return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}
