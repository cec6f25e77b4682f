import { DeviceLostError, UnsupportedError } from "../core/errors.ts";
import type { AdapterNames, WebGpuDevice, WebGpuEntry } from "../core/webgpu-types.ts";
import type { AdapterClass, Capabilities } from "../plan/capabilities.ts";

/** Features that are used where the adapter has them. */
const FEATURES = ["subgroups", "shader-f16", "timestamp-query"] as const;

/** Limits that are raised to the adapter's own. */
const LIMITS = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
] as const;

/** Options of how calls are planned, of `Gpu.open` and `Gpu.from`. */
export interface PlanOptions {
  /**
   * True: the kernels of a row (LayerNorm, RMSNorm, GroupNorm, ... forward, and dx) are chosen by its length alone. The bits of a row then do not depend on how many rows stand beside it. Few
   * rows are slower for it. Default false.
   */
  batchInvariant?: boolean;
}

/** Options of `Gpu.open`. */
export interface OpenOptions extends PlanOptions {
  /** Another entry point than `navigator.gpu`, such as Dawn's for Node. */
  gpu?: WebGpuEntry;
  powerPreference?: "low-power" | "high-performance";
}

/** A device with the features and limits that help. @throws UnsupportedError that says what is missing */
export async function requestDevice(options: OpenOptions): Promise<{ device: WebGpuDevice; names: AdapterNames }> {
  const scope = globalThis as { navigator?: { gpu?: WebGpuEntry }; isSecureContext?: boolean };
  const entry = options.gpu ?? scope.navigator?.gpu;
  if (!entry) {
    const insecure = scope.isSecureContext === false;
    throw new UnsupportedError(
      insecure
        ? "Gpu.open: this page is not a secure context, so navigator.gpu is missing; serve it from https or localhost"
        : "Gpu.open: navigator.gpu is missing; WebGPU needs a browser that has it (or Gpu.open({ gpu }) with another implementation)",
    );
  }
  const adapter = (await entry.requestAdapter({ powerPreference: options.powerPreference ?? "high-performance" })) as GPUAdapter | null;
  if (!adapter)
    throw new UnsupportedError("Gpu.open: requestAdapter found no adapter; this machine's GPU or driver is not supported, or WebGPU is switched off");
  const requiredFeatures = FEATURES.filter((feature) => adapter.features.has(feature));
  const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  try {
    const device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
    return { device, names: adapter.info };
  } catch (cause) {
    throw new DeviceLostError(`Gpu.open: the adapter gave no device: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp\b/i;
// Apple names no model: its phones and its laptops have the same GPUs, in other numbers.
const INTEGRATED = /intel|apple/i;
const MOBILE = /\barm\b|qualcomm|adreno|mali|powervr|img-?tec|imagination|samsung|xclipse/i;
const DISCRETE = /nvidia|amd|radeon|geforce/i;

/** What kind of machine an adapter is, by its names. */
export function classifyAdapter(names: AdapterNames): AdapterClass {
  const all = [names.vendor, names.architecture, names.device, names.description].join(" ");
  if (names.isFallbackAdapter || SOFTWARE.test(all)) return "software";
  if (DISCRETE.test(all)) return "discrete";
  if (MOBILE.test(all)) return "mobile";
  return INTEGRATED.test(all) ? "integrated" : "unknown";
}

/** A device's features and limits as the planner takes them. */
export function capabilitiesOf(device: WebGpuDevice, names: AdapterNames, options: PlanOptions = {}): Capabilities {
  const { features, limits } = device as GPUDevice;
  return {
    adapterClass: classifyAdapter(names),
    subgroups: features.has("subgroups"),
    subgroupTest: "untested",
    subgroupMinSize: names.subgroupMinSize || 4,
    subgroupMaxSize: names.subgroupMaxSize || 128,
    f16: features.has("shader-f16"),
    timestamps: features.has("timestamp-query"),
    maxWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    maxInvocationsPerWorkgroup: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
    maxWorkgroupStorageBytes: limits.maxComputeWorkgroupStorageSize,
    maxBindingBytes: limits.maxStorageBufferBindingSize,
    maxBufferBytes: limits.maxBufferSize,
    batchInvariant: options.batchInvariant === true,
  };
}
