/** A copy kernel: vec4 values an invocation moves, invocations a workgroup, and what an index is held against: the length of the array, or the same as a number in the shader. */
export interface CopyKernel {
  readonly items: number;
  readonly workgroup: number;
  readonly bound: "array" | "number";
}

/** Which of them is the fastest depends on adapter and size: all are tried, and the fastest is the yardstick. */
export const COPY_KERNELS: readonly CopyKernel[] = [
  ...[1, 4].flatMap((items) => [32, 64, 256].map((workgroup) => ({ items, workgroup, bound: "array" }) as const)),
  // What most people write. A compiler that knows an index to be within the array need not hold it there once more; of this it does not know it.
  { items: 4, workgroup: 256, bound: "number" },
];

/** A copy kernel in a few words. */
export function copyName({ items, workgroup, bound }: CopyKernel): string {
  return `${items} × ${workgroup}${bound === "number" ? ", bound by a number" : ""}`;
}

/** A plain vec4 copy of a number of bytes: the speed that nothing can beat. */
export class Copy {
  readonly #device: GPUDevice;
  readonly #pipeline: GPUComputePipeline;
  readonly #owned: GPUBuffer[];
  readonly #group: GPUBindGroup;
  readonly #grid: [number, number];

  /** Copies `bytes` once: reads them and writes them. `between`: buffers of so many bytes to copy from and to, in place of ones of its own. */
  constructor(device: GPUDevice, bytes: number, kernel: CopyKernel, between?: readonly [GPUBuffer, GPUBuffer]) {
    this.#device = device;
    const lanes = Math.max(1, Math.ceil(bytes / 16));
    const workgroups = Math.ceil(lanes / (kernel.items * kernel.workgroup));
    const rows = Math.ceil(workgroups / 65535);
    this.#grid = [Math.ceil(workgroups / rows), rows];
    this.#pipeline = pipelineOf(device, kernel, lanes);
    this.#owned = between ? [] : [0, 1].map(() => device.createBuffer({ size: lanes * 16, usage: GPUBufferUsage.STORAGE, label: "copy" }));
    this.#group = device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: (between ?? this.#owned).map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  /** Queues one copy. */
  run(): void {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group);
    pass.dispatchWorkgroups(...this.#grid);
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }

  destroy(): void {
    for (const buffer of this.#owned) buffer.destroy();
  }
}

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

function pipelineOf(device: GPUDevice, kernel: CopyKernel, lanes: number): GPUComputePipeline {
  let known = pipelines.get(device);
  if (!known) pipelines.set(device, (known = new Map()));
  const code = textOf(kernel, lanes);
  let pipeline = known.get(code);
  if (!pipeline) {
    const module = device.createShaderModule({ code, label: "copy" });
    pipeline = device.createComputePipeline({ layout: "auto", compute: { module }, label: "copy" });
    known.set(code, pipeline);
  }
  return pipeline;
}

function textOf({ items, workgroup, bound }: CopyKernel, lanes: number): string {
  const count = bound === "number" ? `${lanes}u` : "arrayLength(&source)";
  const moves = Array.from({ length: items }, (_, item) => {
    const i = `first + ${item * workgroup}u`;
    return `if (${i} < ${count}) { copied[${i}] = source[${i}]; }`;
  });
  return `
    @group(0) @binding(0) var<storage, read> source: array<vec4f>;
    @group(0) @binding(1) var<storage, read_write> copied: array<vec4f>;
    @compute @workgroup_size(${workgroup})
    fn copy(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) index: u32) {
      let first = (group.y * groups.x + group.x) * ${items * workgroup}u + index;
      ${moves.join("\n      ")}
    }`;
}
