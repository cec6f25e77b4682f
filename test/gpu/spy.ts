import type { Gpu } from "../../src/index.ts";

const DEVICE_METHODS = [
  "createBuffer",
  "createBindGroup",
  "createShaderModule",
  "createComputePipeline",
  "createComputePipelineAsync",
  "createBindGroupLayout",
  "pushErrorScope",
];
const QUEUE_METHODS = ["submit", "writeBuffer"];

/** How often each of a device's methods that make an object, open a scope or submit is called while `work` runs. */
export function countCalls(gpu: Gpu, work: () => void): Record<string, number> {
  const counts: Record<string, number> = {};
  const device = gpu.device as GPUDevice;
  const spied = [
    [device, DEVICE_METHODS],
    [device.queue, QUEUE_METHODS],
  ] as unknown as [Record<string, unknown>, string[]][];
  for (const [owner, names] of spied) {
    for (const name of names) {
      const original = owner[name] as (...args: unknown[]) => unknown;
      owner[name] = (...args: unknown[]) => {
        counts[name] = (counts[name] ?? 0) + 1;
        return original.apply(owner, args);
      };
    }
  }
  try {
    work();
  } finally {
    for (const [owner, names] of spied) for (const name of names) Reflect.deleteProperty(owner, name);
  }
  return counts;
}
