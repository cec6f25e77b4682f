import { expect } from "vitest";
import { BatchNorm, Gpu, GroupNorm, InstanceNorm, LayerNorm, LimitError, RMSNorm } from "../../src/index.ts";
import { batchNormForward, groupNormForward, instanceNormForward, layerNormForward, rmsNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";

async function deviceWith(descriptor: GPUDeviceDescriptor): Promise<GPUDevice> {
  const adapter = (await navigator.gpu.requestAdapter())!;
  return adapter.requestDevice(descriptor);
}

gpuTest("Gpu.from a device that asked for nothing: default limits, no features, every layer", async () => {
  const device = await deviceWith({});
  const errors: string[] = [];
  device.addEventListener("uncapturederror", (event) => errors.push(event.error.message));
  const gpu = Gpu.from(device);
  expect(gpu.capabilities).toMatchObject({ subgroups: false, timestamps: false, f16: false, maxBindingBytes: 134217728, maxWorkgroupsPerDimension: 65535 });
  const shape = [3, 4, 70, 5];
  const data = normal(3 * 4 * 70 * 5, 1, 2);
  const x = gpu.tensor(data, shape);
  const residual = gpu.tensor(new Float32Array(data.length), shape);
  const input = { data, shape };
  expectWithin(await new LayerNorm(gpu, { shape: [70, 5] }).forward(x, { residual }).y.read(), layerNormForward(input, { axes: [2, 3] }).y);
  expectWithin(await new RMSNorm(gpu, { shape: 5 }).forward(x, { residual }).y.read(), rmsNormForward(input).y);
  expectWithin(await new GroupNorm(gpu, { groups: 2, channels: 4 }).forward(x, { residual }).y.read(), groupNormForward(input, { groups: 2 }).y);
  expectWithin(await new InstanceNorm(gpu, { channels: 4, affine: true }).forward(x, { residual }).y.read(), instanceNormForward(input).y);
  expectWithin(await new BatchNorm(gpu, { channels: 4 }).forward(x, { residual }).y.read(), batchNormForward(input, { training: true }).y);
  expect(errors).toEqual([]);
  gpu.destroy();
  device.destroy();
});

gpuTest("at the binding limit, and one value over it", async () => {
  // The least that a device may be asked for is the default.
  const device = await deviceWith({});
  const gpu = Gpu.from(device);
  const most = gpu.capabilities.maxBindingBytes / 4;
  const x = gpu.empty([most]);
  expect(x.byteLength).toBe(gpu.capabilities.maxBindingBytes);
  x.destroy();
  const error = (() => {
    try {
      return gpu.empty([most + 1]);
    } catch (found) {
      return found;
    }
  })();
  expect(error).toBeInstanceOf(LimitError);
  const bytes = most * 4 + 4;
  expect((error as Error).message).toBe(
    `Gpu.empty: a tensor of [${most + 1}] takes ${bytes} bytes; this device's maxStorageBufferBindingSize is ${most * 4} (ask for more: requiredLimits: { maxStorageBufferBindingSize: ${bytes} })`,
  );
  expect(() => gpu.tensor({ length: most + 1 } as ArrayLike<number>)).toThrow(LimitError);
  const buffer = device.createBuffer({ size: most * 4 + 256, usage: GPUBufferUsage.STORAGE });
  expect(() => gpu.wrap(buffer, [most])).not.toThrow();
  expect(() => gpu.wrap(buffer, [most], { offset: 256 })).not.toThrow();
  expect(() => gpu.wrap(buffer, [most], { offset: 4 }), "bound from 0, so 4 bytes longer").toThrow(LimitError);
  device.destroy();
});

gpuTest("the device of Gpu.open has the adapter's own limits and its features", async ({ gpu }) => {
  const adapter = (await navigator.gpu.requestAdapter())!;
  expect(gpu.capabilities.maxBindingBytes).toBe(adapter.limits.maxStorageBufferBindingSize);
  expect(gpu.capabilities.maxBufferBytes).toBe(adapter.limits.maxBufferSize);
  expect(gpu.capabilities.subgroups).toBe(adapter.features.has("subgroups"));
  expect(gpu.capabilities.f16).toBe(adapter.features.has("shader-f16"));
  expect(gpu.adapter.vendor).toBe(adapter.info.vendor);
});
