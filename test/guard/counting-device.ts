import { Gpu, type Capabilities } from "../../src/index.ts";

/** A device that makes nothing and runs nothing: enough of WebGPU for this library to encode calls, so that what it would make, submit and dispatch can be counted without a GPU. */
function countingDevice({ maxBufferBytes }: Capabilities): GPUDevice {
  const nothing = (): void => {};
  const buffer = ({ size, usage }: GPUBufferDescriptor): object => ({
    size,
    usage,
    destroy: nothing,
    getMappedRange: () => new ArrayBuffer(size),
    unmap: nothing,
  });
  const pass = (): object => ({ setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing });
  const device = {
    features: new Set<string>(),
    limits: { maxBufferSize: maxBufferBytes },
    adapterInfo: {},
    lost: new Promise(nothing),
    queue: { submit: nothing, writeBuffer: nothing, onSubmittedWorkDone: async () => {} },
    createBuffer: buffer,
    createBindGroup: () => ({}),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({}),
    createComputePipeline: () => ({}),
    createCommandEncoder: () => ({ beginComputePass: pass, finish: () => ({}) }),
    pushErrorScope: nothing,
    popErrorScope: async () => null,
  };
  return device as unknown as GPUDevice;
}

/** A Gpu that plans for a device with these capabilities and runs nothing. */
export function countingGpu(capabilities: Capabilities): Gpu {
  const gpu = Gpu.from(countingDevice(capabilities));
  Object.defineProperty(gpu, "capabilities", { value: capabilities });
  return gpu;
}
