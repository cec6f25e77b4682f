/** `software`: a CPU runs the shaders. `integrated`: a GPU beside a CPU, on its memory. `mobile`: a phone's. `unknown` is planned as a discrete GPU. */
export type AdapterClass = "software" | "integrated" | "discrete" | "mobile" | "unknown";

/** What plans need to know of a device, as plain data, so that a test needs no GPU. */
export interface Capabilities {
  readonly adapterClass: AdapterClass;
  /** The device has subgroup operations, and they were not found faulty. */
  readonly subgroups: boolean;
  /**
   * What the self-test of subgroups found. It runs before the first plan that wants them, never when the device is opened; until it has passed, plans do without. Where it fails, `subgroups`
   * becomes false for good.
   */
  readonly subgroupTest?: "untested" | "passed" | "failed";
  /** Smallest and largest subgroup size that the adapter reports. They size no memory: a shader reads its own. */
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  /** Shaders may use f16. */
  readonly f16: boolean;
  /** Passes can be timed on the GPU. */
  readonly timestamps: boolean;
  readonly maxWorkgroupsPerDimension: number;
  readonly maxInvocationsPerWorkgroup: number;
  readonly maxWorkgroupStorageBytes: number;
  readonly maxBindingBytes: number;
  readonly maxBufferBytes: number;
  /** The user's wish (`Gpu.open({ batchInvariant: true })`): the kernels of a row are chosen by its length alone, so that its bits do not depend on how many rows stand beside it. */
  readonly batchInvariant?: boolean;
}
