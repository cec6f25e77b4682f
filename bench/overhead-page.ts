import {
  BatchChannelNorm,
  BatchNorm,
  Gpu,
  GroupNorm,
  LayerNorm,
  layerNorm,
  layerNormBackward,
  LocalResponseNorm,
  LpNorm,
  RMSNorm,
  WeightStandardization,
  weightStandardizationAll,
  weightStandardizationAllBackward,
  type ForwardResult,
  type Tensor,
} from "../src/index.ts";

/** JavaScript of one kind of call, in microseconds: the median over blocks of calls, and the tenth and ninetieth percentile. */
export interface Overhead {
  readonly name: string;
  readonly dispatches: number;
  /** A call with a pass and a submit of its own. */
  readonly alone: readonly [number, number, number];
  /** A call inside `gpu.batch`, or, bare, inside a pass that is open already. */
  readonly batched: readonly [number, number, number];
}

declare global {
  interface Window {
    measureOverhead(calls: number): Promise<{ adapter: string; isolated: boolean; rows: Overhead[] }>;
  }
}

/** Calls under one fence. */
const BLOCK = 100;

interface Call {
  readonly name: string;
  readonly dispatches: number;
  readonly call: () => void;
}

interface Layer<Output extends object, Gradient extends object> {
  forward(x: Tensor, options?: object): Output;
  backward(dy: Tensor, saved: never, options?: object): Gradient;
}

/** Forward and backward of a layer over a tiny tensor; `out` names every output. */
function pair<Output extends { saved?: unknown }, Gradient extends object>(
  gpu: Gpu,
  name: string,
  shape: readonly number[],
  layer: Layer<Output, Gradient>,
  dispatches: readonly [number, number],
): Call[] {
  const values = Float32Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, (_, i) => Math.sin(i));
  const [x, dy] = [gpu.tensor(values, shape), gpu.tensor(values.toReversed(), shape)];
  const out = layer.forward(x);
  const gradients = layer.backward(dy, out.saved as never);
  return [
    { name, dispatches: dispatches[0], call: () => layer.forward(x, { out }) },
    { name: `${name} backward`, dispatches: dispatches[1], call: () => layer.backward(dy, out.saved as never, { out: gradients }) },
  ];
}

function layerCalls(gpu: Gpu): Call[] {
  const [rows, images, weight] = [
    [8, 64],
    [2, 8, 8, 8],
    [8, 4, 3, 3],
  ] as const;
  const count = (plan: { dispatches: readonly unknown[] }): number => plan.dispatches.length;
  const ofRows = new LayerNorm(gpu, { shape: 64 });
  const rmsNorm = new RMSNorm(gpu, { shape: 64 });
  const batchNorm = new BatchNorm(gpu, { channels: 8 });
  const groupNorm = new GroupNorm(gpu, { groups: 4, channels: 8 });
  const standardization = new WeightStandardization(gpu, {});
  const lpNorm = new LpNorm(gpu);
  const localResponse = new LocalResponseNorm(gpu, { size: 3 });
  const batchChannel = new BatchChannelNorm(gpu, { channels: 8, groups: 4 });
  const both = batchChannel.plan(images).reduce((sum, plan) => sum + count(plan), 0);
  return [
    ...pair(gpu, "LayerNorm", rows, ofRows, [count(ofRows.plan(rows)), count(ofRows.planBackward(rows))]),
    ...pair(gpu, "RMSNorm", rows, rmsNorm, [count(rmsNorm.plan(rows)), count(rmsNorm.planBackward(rows))]),
    ...pair(gpu, "BatchNorm training", images, batchNorm, [count(batchNorm.plan(images)), count(batchNorm.planBackward(images))]),
    ...pair(gpu, "GroupNorm", images, groupNorm, [count(groupNorm.plan(images)), count(groupNorm.planBackward(images))]),
    ...pair(gpu, "WeightStandardization", weight, standardization, [count(standardization.plan(weight)), 2]),
    ...pair(gpu, "LpNorm", rows, lpNorm, [count(lpNorm.plan(rows)), count(lpNorm.plan(rows, "backward"))]),
    ...pair(gpu, "LocalResponseNorm", images, localResponse, [count(localResponse.plan(images)), count(localResponse.plan(images, "backward"))]),
    ...pair(gpu, "BatchChannelNorm", images, batchChannel, [both, both + 1]),
    ...functionCalls(gpu),
  ];
}

/** Outputs that nobody keeps: what a program without `out` pays for, the freeing included. */
function destroyed({ y, saved }: ForwardResult): void {
  y.destroy();
  saved!.destroy();
}

/** Calls whose options come anew each time: stateless functions, and a pack. */
function functionCalls(gpu: Gpu): Call[] {
  const values = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i));
  const [x, dy] = [gpu.tensor(values, [8, 64]), gpu.tensor(values.toReversed(), [8, 64])];
  const [gamma, beta] = [gpu.tensor(new Float32Array(64).fill(1)), gpu.tensor(new Float32Array(64))];
  const out = layerNorm(gpu, x, { gamma, beta });
  const gradients = layerNormBackward(gpu, dy, out.saved, { gamma, beta });
  const pack = gpu.pack([x, dy]);
  const packed = weightStandardizationAll(gpu, pack);
  const packedGradients = weightStandardizationAllBackward(gpu, pack, packed.saved!);
  return [
    { name: "layerNorm, a function", dispatches: 1, call: () => layerNorm(gpu, x, { gamma, beta, out }) },
    { name: "layerNorm, outputs of its own", dispatches: 1, call: () => destroyed(layerNorm(gpu, x, { gamma, beta })) },
    { name: "layerNormBackward, a function", dispatches: 2, call: () => layerNormBackward(gpu, dy, out.saved, { gamma, beta, out: gradients }) },
    { name: "weightStandardizationAll", dispatches: 1, call: () => weightStandardizationAll(gpu, pack, { out: packed }) },
    {
      name: "weightStandardizationAllBackward",
      dispatches: 1,
      call: () => weightStandardizationAllBackward(gpu, pack, packed.saved!, { out: packedGradients }),
    },
  ];
}

/** The same count of dispatches by the bare API, with everything made ahead. */
function bare(device: GPUDevice): (pass: GPUComputePassEncoder, dispatches: number) => void {
  const code =
    "@group(0) @binding(0) var<storage, read_write> y: array<f32>; @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) i: vec3u) { y[i.x] = 1; }";
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module: device.createShaderModule({ code }) } });
  const buffer = device.createBuffer({ size: 256, usage: GPUBufferUsage.STORAGE });
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer } }] });
  return (pass, dispatches) => {
    for (let i = 0; i < dispatches; i++) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(1, 1, 1);
    }
  };
}

async function blocks(device: GPUDevice, calls: number, block: () => void): Promise<[number, number, number]> {
  const times: number[] = [];
  for (let done = 0; done < calls; done += BLOCK) {
    const start = performance.now();
    block();
    times.push(((performance.now() - start) * 1000) / BLOCK);
    await device.queue.onSubmittedWorkDone();
  }
  times.sort((a, b) => a - b);
  return [times[Math.floor(times.length / 2)]!, times[Math.floor(times.length / 10)]!, times[Math.floor((times.length * 9) / 10)]!];
}

function repeat(call: () => void): void {
  for (let i = 0; i < BLOCK; i++) call();
}

async function ours(gpu: Gpu, { name, dispatches, call }: Call, calls: number): Promise<Overhead> {
  const device = gpu.device as GPUDevice;
  await blocks(device, BLOCK * 5, () => repeat(call));
  const alone = await blocks(device, calls, () => repeat(call));
  const batched = await blocks(device, calls, () => gpu.batch(() => repeat(call)));
  return { name, dispatches, alone, batched };
}

async function theirs(device: GPUDevice, dispatches: number, calls: number): Promise<Overhead> {
  const write = bare(device);
  const single = (): void => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    write(pass, dispatches);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  const together = (): void => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < BLOCK; i++) write(pass, dispatches);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  await blocks(device, BLOCK * 5, () => repeat(single));
  return { name: "bare API", dispatches, alone: await blocks(device, calls, () => repeat(single)), batched: await blocks(device, calls, together) };
}

/** Called by bench/overhead.mjs. */
window.measureOverhead = async (calls) => {
  const gpu = await Gpu.open();
  const device = gpu.device as GPUDevice;
  const own = layerCalls(gpu);
  const rows: Overhead[] = [];
  for (const dispatches of [...new Set(own.map((call) => call.dispatches))].toSorted((a, b) => a - b)) rows.push(await theirs(device, dispatches, calls));
  for (const call of own) rows.push(await ours(gpu, call, calls));
  const { vendor, architecture, device: model, description } = gpu.adapter;
  gpu.destroy();
  return { adapter: [vendor, architecture, model, description].filter(Boolean).join(" "), isolated: crossOriginIsolated, rows };
};
document.body.dataset["ready"] = "true";
