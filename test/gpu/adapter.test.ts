import { expect, test } from "vitest";
import { DeviceLostError, UnsupportedError } from "../../src/core/errors.ts";
import { capabilitiesOf, classifyAdapter, requestDevice } from "../../src/gpu/adapter.ts";

test.each([
  [{ vendor: "google", architecture: "swiftshader" }, "software"],
  [{ vendor: "mesa", architecture: "", description: "llvmpipe (LLVM 15.0.6, 256 bits)" }, "software"],
  [{ vendor: "microsoft", description: "Microsoft Basic Render Driver" }, "software"],
  [{ vendor: "nvidia", architecture: "hopper", isFallbackAdapter: true }, "software"],
  [{ vendor: "nvidia", architecture: "lovelace" }, "discrete"],
  [{ vendor: "amd", architecture: "rdna-3" }, "discrete"],
  [{ vendor: "intel", architecture: "gen-12lp" }, "integrated"],
  [{ vendor: "apple", architecture: "metal-3" }, "integrated"],
  [{ vendor: "arm", architecture: "valhall" }, "mobile"],
  [{ vendor: "qualcomm", architecture: "adreno-7xx" }, "mobile"],
  [{ vendor: "img-tec", architecture: "d-series" }, "mobile"],
  [{ vendor: "samsung", architecture: "xclipse-900" }, "mobile"],
  [{ vendor: "", architecture: "" }, "unknown"],
  [{}, "unknown"],
] as const)("%j is %s", (names, wanted) => {
  expect(classifyAdapter(names)).toBe(wanted);
});

const LIMITS = {
  maxStorageBufferBindingSize: 1,
  maxBufferSize: 2,
  maxComputeWorkgroupStorageSize: 3,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupsPerDimension: 65535,
  maxStorageBuffersPerShaderStage: 8,
};

function fakeDevice(...features: string[]): GPUDevice {
  return { features: new Set(features), limits: LIMITS } as unknown as GPUDevice;
}

test("capabilities are what the device has, not what the adapter might", () => {
  const found = capabilitiesOf(fakeDevice("subgroups", "timestamp-query"), { vendor: "nvidia", subgroupMinSize: 32, subgroupMaxSize: 32 });
  expect(found).toMatchObject({ subgroups: true, timestamps: true, f16: false, subgroupMinSize: 32, subgroupMaxSize: 32, adapterClass: "discrete" });
  expect(found).toMatchObject({ maxBindingBytes: 1, maxBufferBytes: 2, maxWorkgroupStorageBytes: 3, maxInvocationsPerWorkgroup: 256 });
});

test("subgroup sizes that are missing or 0, as some adapters report, become the widest range", () => {
  expect(capabilitiesOf(fakeDevice("subgroups"), {})).toMatchObject({ subgroupMinSize: 4, subgroupMaxSize: 128 });
  expect(capabilitiesOf(fakeDevice("subgroups"), { subgroupMinSize: 0, subgroupMaxSize: 0 })).toMatchObject({ subgroupMinSize: 4, subgroupMaxSize: 128 });
});

/** An adapter that keeps what it was asked for. */
function fakeEntry(features: string[], refusal?: Error): { gpu: { requestAdapter(): Promise<GPUAdapter> }; asked: () => GPUDeviceDescriptor } {
  let asked: GPUDeviceDescriptor = {};
  const adapter = {
    features: new Set(features),
    limits: LIMITS,
    info: { vendor: "none" },
    async requestDevice(descriptor: GPUDeviceDescriptor) {
      asked = descriptor;
      if (refusal) throw refusal;
      return fakeDevice(...features);
    },
  } as unknown as GPUAdapter;
  return { gpu: { requestAdapter: async () => adapter }, asked: () => asked };
}

test("a device is asked for with the features that help where the adapter has them, and with the adapter's own limits", async () => {
  const some = fakeEntry(["subgroups", "depth-clip-control"]);
  await requestDevice({ gpu: some.gpu });
  expect(some.asked()).toEqual({ requiredFeatures: ["subgroups"], requiredLimits: LIMITS });
  const all = fakeEntry(["timestamp-query", "shader-f16", "subgroups"]);
  await requestDevice({ gpu: all.gpu });
  expect([...all.asked().requiredFeatures!].toSorted()).toEqual(["shader-f16", "subgroups", "timestamp-query"]);
});

test("without WebGPU the error says what is missing", async () => {
  const missing = await requestDevice({}).catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(UnsupportedError);
  expect((missing as Error).message).toContain("navigator.gpu is missing");
  Object.defineProperty(globalThis, "isSecureContext", { value: false, configurable: true });
  try {
    await expect(requestDevice({})).rejects.toThrow("not a secure context");
  } finally {
    Reflect.deleteProperty(globalThis, "isSecureContext");
  }
  await expect(requestDevice({ gpu: { requestAdapter: async () => null } })).rejects.toThrow("no adapter");
});

test("an adapter that gives no device", async () => {
  const cause = new Error("out of devices");
  const error = await requestDevice({ gpu: fakeEntry([], cause).gpu }).catch((found: unknown) => found);
  expect(error).toBeInstanceOf(DeviceLostError);
  expect((error as Error).message).toContain("out of devices");
  expect((error as Error).cause).toBe(cause);
});
