import { expect } from "vitest";
import {
  BatchNorm,
  batchNorm,
  DeviceLostError,
  Gpu,
  GroupNorm,
  groupNorm,
  InstanceNorm,
  instanceNorm,
  LayerNorm,
  layerNorm,
  RMSNorm,
  rmsNorm,
  TensorError,
} from "../../src/index.ts";
import { gpuTest } from "../gpu-test.ts";

const SHAPE = [2, 4, 3];

async function lostGpu(): Promise<Gpu> {
  const gpu = await Gpu.open();
  (gpu.device as GPUDevice).destroy();
  await gpu.lost;
  return gpu;
}

gpuTest("a device that is lost before Gpu.open returns", async ({ gpu: shared }) => {
  const real = navigator.gpu;
  const entry = {
    async requestAdapter(): Promise<GPUAdapter | null> {
      const adapter = (await real.requestAdapter())!;
      const requestDevice = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => {
        const device = await requestDevice(descriptor);
        device.destroy();
        return device;
      };
      return adapter;
    },
  };
  const gpu = await Gpu.open({ gpu: entry });
  expect((await gpu.lost).reason).toBe("destroyed");
  expect(() => gpu.empty([1])).toThrow(DeviceLostError);
  expect(shared.isLost, "other devices are not touched").toBe(false);
});

gpuTest("every call after the loss throws or rejects DeviceLostError and names itself", async () => {
  const gpu = await Gpu.open();
  const x = gpu.empty(SHAPE);
  const layers = {
    BatchNorm: new BatchNorm(gpu, { channels: 4 }),
    LayerNorm: new LayerNorm(gpu, { shape: 3 }),
    RMSNorm: new RMSNorm(gpu, { shape: 3 }),
    GroupNorm: new GroupNorm(gpu, { groups: 2, channels: 4 }),
    InstanceNorm: new InstanceNorm(gpu, { channels: 4 }),
  };
  const buffer = (gpu.device as GPUDevice).createBuffer({ size: 64, usage: GPUBufferUsage.STORAGE });
  (gpu.device as GPUDevice).destroy();
  await gpu.lost;
  const sync: Record<string, () => unknown> = {
    "Gpu.tensor": () => gpu.tensor([1]),
    "Gpu.empty": () => gpu.empty([1]),
    "Gpu.wrap": () => gpu.wrap(buffer, [1]),
    "Gpu.batch": () => gpu.batch(() => 1),
    "Gpu.tidy": () => gpu.tidy(() => 1),
    "Tensor.write": () => x.write(new Float32Array(24)),
    batchNorm: () => batchNorm(gpu, x, { training: true }),
    layerNorm: () => layerNorm(gpu, x),
    rmsNorm: () => rmsNorm(gpu, x),
    groupNorm: () => groupNorm(gpu, x, { groups: 2 }),
    instanceNorm: () => instanceNorm(gpu, x),
  };
  for (const [name, layer] of Object.entries(layers)) sync[`${name}.forward`] = () => layer.forward(x);
  for (const [name, call] of Object.entries(sync)) {
    expect(call, name).toThrow(DeviceLostError);
    expect(call, name).toThrow(`${name}: the device is lost`);
  }
  const asynchronous: Record<string, () => Promise<unknown>> = { "Tensor.read": () => x.read() };
  for (const [name, layer] of Object.entries(layers)) asynchronous[`${name}.prepare`] = () => layer.prepare(SHAPE);
  for (const [name, call] of Object.entries(asynchronous)) {
    await expect(call(), name).rejects.toThrow(DeviceLostError);
    await expect(call(), name).rejects.toThrow(`${name}: the device is lost`);
  }
});

/** What waits for the device when it is destroyed, and is told of it. */
const PENDING: Readonly<Record<string, (gpu: Gpu) => Promise<unknown>>> = {
  "a read of uploaded values": (gpu) => gpu.tensor([1, 2, 3]).read(),
  "a read of a first call's output": (gpu) => layerNorm(gpu, gpu.empty(SHAPE)).y.read(),
  "a prepare": (gpu) => new GroupNorm(gpu, { groups: 2, channels: 4 }).prepare([2, 4, 9, 9]),
  "a read of what a batch wrote": (gpu) => gpu.batch(() => rmsNorm(gpu, gpu.empty(SHAPE)).y).read(),
};

for (const [what, start] of Object.entries(PENDING)) {
  gpuTest(`a loss while ${what} is pending: at once, and one, two and three turns later`, async () => {
    for (let turns = 0; turns < 4; turns++) {
      const gpu = await Gpu.open();
      const pending = start(gpu).then(
        () => null,
        (error: unknown) => error,
      );
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      (gpu.device as GPUDevice).destroy();
      const hung = new Promise((resolve) => setTimeout(() => resolve("hung"), 5000));
      expect(await Promise.race([pending, hung])).toBeInstanceOf(DeviceLostError);
    }
  });
}

gpuTest("a loss in the middle of a batch", async () => {
  const gpu = await Gpu.open();
  const y = gpu.batch(() => {
    const first = layerNorm(gpu, gpu.empty(SHAPE)).y;
    (gpu.device as GPUDevice).destroy();
    return layerNorm(gpu, first).y;
  });
  await expect(y.read()).rejects.toBeInstanceOf(DeviceLostError);
});

gpuTest("Gpu.destroy while a read is pending, twice, and the destruction of what it made", async () => {
  const gpu = await Gpu.open();
  const x = gpu.tensor([1, 2, 3]);
  const pending = expect(x.read()).rejects.toBeInstanceOf(DeviceLostError);
  gpu.destroy();
  gpu.destroy();
  await pending;
  expect((await gpu.lost).reason).toBe("destroyed");
  expect(() => gpu.empty([1])).toThrow(TensorError);
  x.destroy();
});

gpuTest("nothing can be destroyed twice to anyone's harm after a loss", async () => {
  const gpu = await lostGpu();
  expect(gpu.isLost).toBe(true);
  gpu.destroy();
  gpu.destroy();
  expect(() => gpu.tensor([1])).toThrow("this Gpu was destroyed");
});

gpuTest("the loss of one Gpu is the loss of every Gpu on its device, and the handler of the page stays the page's", async () => {
  const gpu = await Gpu.open();
  const device = gpu.device as GPUDevice;
  expect(device.onuncapturederror).toBeNull();
  const other = Gpu.from(device);
  device.destroy();
  await gpu.lost;
  await other.lost;
  expect(() => other.empty([1])).toThrow(DeviceLostError);
});

gpuTest("a loss that shows as the failure of a compilation", async () => {
  const gpu = await Gpu.open();
  const device = gpu.device as GPUDevice;
  device.createComputePipelineAsync = async () => {
    device.destroy();
    throw new Error("no such device");
  };
  await expect(new LayerNorm(gpu, { shape: 4 }).prepare([2, 4])).rejects.toBeInstanceOf(DeviceLostError);
});

gpuTest("a loss that shows as a failed mapping, and one that comes while a mapping succeeds", async () => {
  const { mapAsync } = GPUBuffer.prototype;
  const faults: ((device: GPUDevice) => Promise<void>)[] = [
    async (device) => {
      device.destroy();
      throw new DOMException("aborted", "AbortError");
    },
    async (device) => {
      device.destroy();
      await device.lost;
    },
  ];
  for (const fault of faults) {
    const gpu = await Gpu.open();
    GPUBuffer.prototype.mapAsync = async function (...args) {
      await mapAsync.apply(this, args);
      await fault(gpu.device as GPUDevice);
    };
    try {
      await expect(gpu.tensor([1, 2]).read()).rejects.toBeInstanceOf(DeviceLostError);
    } finally {
      GPUBuffer.prototype.mapAsync = mapAsync;
    }
  }
});
