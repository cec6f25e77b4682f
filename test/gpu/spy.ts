import type { Gpu } from "../../src/index.ts";

/** Whatever makes an object, opens a scope, submits or writes. */
const DEVICE_METHODS = [
  "createBuffer",
  "createBindGroup",
  "createShaderModule",
  "createComputePipeline",
  "createComputePipelineAsync",
  "createRenderPipeline",
  "createRenderPipelineAsync",
  "createBindGroupLayout",
  "createPipelineLayout",
  "createTexture",
  "createSampler",
  "createQuerySet",
  "createRenderBundleEncoder",
  "createCommandEncoder",
  "pushErrorScope",
  "popErrorScope",
];
const QUEUE_METHODS = ["submit", "writeBuffer", "writeTexture"];

/** How often each of a device's methods that make an object, open a scope, submit, open a pass or dispatch is called while `work` runs. A method that is not called is not there. */
export function countAll(gpu: Gpu, work: () => void): Record<string, number> {
  const counts: Record<string, number> = {};
  const restores: (() => void)[] = [];
  const spy = (owner: object, name: string, then: (result: unknown) => void = () => {}): void => {
    const original = Reflect.get(owner, name) as ((...args: unknown[]) => unknown) | undefined;
    if (!original) return;
    const wasOwn = Object.hasOwn(owner, name);
    Reflect.set(owner, name, (...args: unknown[]) => {
      counts[name] = (counts[name] ?? 0) + 1;
      const result = original.apply(owner, args);
      then(result);
      return result;
    });
    restores.push(wasOwn ? () => Reflect.set(owner, name, original) : () => Reflect.deleteProperty(owner, name));
  };
  const { device } = gpu as { device: GPUDevice };
  const onPass = (pass: unknown): void => spy(pass as object, "dispatchWorkgroups");
  const onEncoder = (encoder: unknown): void => {
    spy(encoder as object, "beginComputePass", onPass);
    for (const name of ["copyBufferToBuffer", "clearBuffer", "writeTimestamp"]) spy(encoder as object, name);
  };
  for (const name of DEVICE_METHODS) spy(device, name, name === "createCommandEncoder" ? onEncoder : undefined);
  for (const name of QUEUE_METHODS) spy(device.queue, name);
  try {
    work();
  } finally {
    for (const restore of restores) restore();
  }
  return counts;
}

/** What every call has: one encoder, one pass and its dispatches are no news. */
const EXPECTED = new Set(["createCommandEncoder", "beginComputePass", "dispatchWorkgroups", "popErrorScope"]);

/** Likewise, without what every call has. */
export function countCalls(gpu: Gpu, work: () => void): Record<string, number> {
  return Object.fromEntries(Object.entries(countAll(gpu, work)).filter(([name]) => !EXPECTED.has(name)));
}
