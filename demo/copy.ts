/** A plain vec4 copy of a number of bytes on the same device: the speed that nothing can beat. */
export class Copy {
  readonly #device: GPUDevice;
  readonly #pipeline: GPUComputePipeline;
  readonly #buffers: GPUBuffer[];
  readonly #group: GPUBindGroup;
  readonly #grid: [number, number];

  /** Copies `bytes` once: reads them and writes them. */
  constructor(device: GPUDevice, bytes: number) {
    this.#device = device;
    const lanes = Math.max(1, Math.ceil(bytes / 16));
    const workgroups = Math.ceil(lanes / 1024);
    const rows = Math.ceil(workgroups / 65535);
    this.#grid = [Math.ceil(workgroups / rows), rows];
    this.#pipeline = pipelineOf(device);
    this.#buffers = [0, 1].map(() => device.createBuffer({ size: lanes * 16, usage: GPUBufferUsage.STORAGE, label: "copy" }));
    this.#group = device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: this.#buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
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
    for (const buffer of this.#buffers) buffer.destroy();
  }
}

const pipelines = new WeakMap<GPUDevice, GPUComputePipeline>();

function pipelineOf(device: GPUDevice): GPUComputePipeline {
  let pipeline = pipelines.get(device);
  if (!pipeline) {
    const code = `
      @group(0) @binding(0) var<storage, read> source: array<vec4f>;
      @group(0) @binding(1) var<storage, read_write> copied: array<vec4f>;
      @compute @workgroup_size(256)
      fn copy(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) index: u32) {
        let first = (group.y * groups.x + group.x) * 1024u + index;
        for (var i = first; i < first + 1024u; i += 256u) {
          if (i < arrayLength(&source)) { copied[i] = source[i]; }
        }
      }`;
    const module = device.createShaderModule({ code, label: "copy" });
    pipeline = device.createComputePipeline({ layout: "auto", compute: { module }, label: "copy" });
    pipelines.set(device, pipeline);
  }
  return pipeline;
}
