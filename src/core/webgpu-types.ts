/**
 * WebGPU's types where the program that uses this library has them (@webgpu/types, or TypeScript's DOM library), else `object`: nobody is forced to install them.
 */
type GlobalType<Name extends string> = typeof globalThis extends Record<Name, { prototype: infer Type }> ? Type : object;

export type WebGpuDevice = GlobalType<"GPUDevice">;
export type WebGpuBuffer = GlobalType<"GPUBuffer">;
export type WebGpuEncoder = GlobalType<"GPUCommandEncoder">;
export type WebGpuPass = GlobalType<"GPUComputePassEncoder">;
export type WebGpuPipeline = GlobalType<"GPUComputePipeline">;
export type WebGpuAdapter = GlobalType<"GPUAdapter">;

/** The four names of an adapter, as WebGPU tells them. */
export interface AdapterNames {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
}

/** What `navigator.gpu`, or Dawn's `create([])`, is to us. */
export interface WebGpuEntry {
  requestAdapter(options?: { powerPreference?: "low-power" | "high-performance" }): Promise<WebGpuAdapter | null>;
}
