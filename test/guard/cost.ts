import { callOf, type Call } from "../../bench/call.ts";
import { idOf, type Case } from "../../bench/cases.ts";
import { inputsOf, type Inputs, type Values } from "../../bench/inputs.ts";
import type { Gpu } from "../../src/index.ts";
import { countAll } from "../gpu/spy.ts";

/** What a call costs that no noise can change. */
export interface Cost {
  /** Of a repeated call whose `out` names every output. */
  readonly dispatches: number;
  readonly submits: number;
  /** Bytes that the plan moves, and bytes of its scratch memory. */
  readonly moved: number;
  readonly scratch: number;
  /** GPU objects, and error scopes, until the first call is queued: those of the layer and its tensors too. */
  readonly made: number;
  /** Likewise of a repeated call: its encoder. */
  readonly remade: number;
}

export const NAMES = ["dispatches", "submits", "moved", "scratch", "made", "remade"] as const satisfies readonly (keyof Cost)[];

let zeros = new Float32Array(0);
const known = new WeakMap<Case, Inputs>();

/** The inputs of a case with zeros in what is as large as x: what a call costs does not depend on values. */
function zerosFor(one: Case): Inputs {
  const own = known.get(one) ?? makeZeros(one);
  known.set(one, own);
  return own;
}

function makeZeros(one: Case): Inputs {
  const size = one.shape.reduce((product, extent) => product * extent, 1);
  if (zeros.length < size) zeros = new Float32Array(size);
  const filled = Object.entries(inputsOf(one, new Float32Array(0))).map(([name, values]: [string, Values]) => [
    name,
    values.data.length ? values : { ...values, data: zeros.subarray(0, size) },
  ]);
  return Object.fromEntries(filled) as unknown as Inputs;
}

const objectsIn = (counts: Readonly<Record<string, number>>): number =>
  Object.entries(counts)
    .filter(([name]) => name.startsWith("create") || name === "pushErrorScope")
    .reduce((sum, [, count]) => sum + count, 0);

/** Counts a case's first call and a repeated one, on a Gpu that has made nothing yet. */
export async function costOf(gpu: Gpu, one: Case): Promise<Cost> {
  const calls = new Map<string, Call>();
  const cases = one.parts.length ? one.parts : [one];
  const made = countAll(gpu, () => {
    for (const part of cases) if (!calls.has(idOf(part))) calls.set(idOf(part), callOf(gpu, part, zerosFor(part)));
  });
  const own = cases.map((part) => calls.get(idOf(part))!);
  const run = (): void => {
    for (const call of own) call.run();
  };
  const whole = one.parts.length ? (): void => gpu.batch(run) : run;
  whole();
  // What is new is watched until its first result has been seen.
  const device = gpu.device as GPUDevice;
  await device.queue.onSubmittedWorkDone();
  device.pushErrorScope("validation");
  await device.popErrorScope();
  const again = countAll(gpu, whole);
  const plans = own.map(({ plan }) => plan);
  const planned = plans.reduce((sum, plan) => sum + plan.dispatches.length, 0);
  const dispatches = again["dispatchWorkgroups"] ?? 0;
  if (planned !== dispatches) throw new Error(`${idOf(one)}: the plan has ${planned} dispatches; ${dispatches} were encoded`);
  for (const call of calls.values()) call.destroy();
  return {
    dispatches,
    submits: again["submit"] ?? 0,
    moved: plans.reduce((sum, plan) => sum + plan.bytesMoved, 0),
    scratch: Math.max(...plans.map((plan) => Object.values(plan.scratch).reduce((sum, bytes) => sum + bytes, 0))),
    made: objectsIn(made),
    remade: objectsIn(again),
  };
}
