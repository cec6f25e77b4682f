import { expect, test } from "vitest";
import { Gpu, type Capabilities } from "../src/index.ts";

let shared: Promise<Gpu> | null = null;

/** The Gpu that the tests of a page share; a new one after a failure. */
function sharedGpu(): Promise<Gpu> {
  shared ??= Gpu.open();
  return shared;
}

export interface GpuTestContext {
  readonly gpu: Gpu;
}

const SCOPES = ["validation", "internal", "out-of-memory"] as const;

/** What no plan can do without where it makes use of it. */
const FEATURES = ["subgroups", "f16"] as const;

/**
 * A test on the GPU. It fails on its own assertions, and on any validation error, internal error, out-of-memory error, uncaptured error or lost device
 * while it runs. `planAs` makes the planner take the device for another one; a test for a feature that this device lacks is skipped.
 */
export function gpuTest(name: string, body: (context: GpuTestContext) => Promise<void>, planAs?: Partial<Capabilities>): void {
  test(name, async ({ skip }) => {
    for (const feature of FEATURES) skip(planAs?.[feature] === true && !(await sharedGpu()).capabilities[feature], `the adapter has no ${feature}`);
    const gpu = planAs ? await planned(planAs) : await sharedGpu();
    const device = gpu.device as GPUDevice;
    const uncaptured: string[] = [];
    const listen = (event: GPUUncapturedErrorEvent): number => uncaptured.push(event.error.message);
    device.addEventListener("uncapturederror", listen);
    for (const scope of SCOPES) device.pushErrorScope(scope);
    let popped: (GPUError | null)[] = [];
    try {
      await body({ gpu });
    } catch (error) {
      if (!planAs) shared = null;
      throw error;
    } finally {
      popped = await Promise.all(SCOPES.map(() => device.popErrorScope()));
      device.removeEventListener("uncapturederror", listen);
    }
    expect(popped.filter((error) => error !== null).map((error) => error.message)).toEqual([]);
    expect(uncaptured).toEqual([]);
    expect(gpu.isLost).toBe(false);
  });
}

const others = new Map<string, Promise<Gpu>>();

/** A Gpu on the shared device that plans as if the device had these capabilities. */
function planned(capabilities: Partial<Capabilities>): Promise<Gpu> {
  const key = JSON.stringify(capabilities);
  const known = others.get(key);
  if (known) return known;
  const made = (async () => {
    const base = await sharedGpu();
    const gpu = Gpu.from(base.device);
    Object.defineProperty(gpu, "capabilities", { value: { ...base.capabilities, subgroupTest: "passed", ...capabilities } });
    return gpu;
  })();
  others.set(key, made);
  return made;
}

/** The shared device, planned as another one; null where it lacks a feature of that one. */
export async function gpuAs(planAs: Partial<Capabilities>): Promise<Gpu | null> {
  const { capabilities } = await sharedGpu();
  return FEATURES.some((feature) => planAs[feature] === true && !capabilities[feature]) ? null : planned(planAs);
}

/** The devices that plans are made for, whatever runs them: every kernel and team is reached on any adapter. */
export const PLANNED_AS: Readonly<Record<string, Partial<Capabilities>>> = {
  software: { adapterClass: "software" },
  "a GPU with subgroups": { adapterClass: "discrete", subgroups: true },
  "a GPU without subgroups": { adapterClass: "discrete", subgroups: false },
};
