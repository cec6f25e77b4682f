import { TensorError, type NormgpuError } from "../core/errors.ts";
import type { ParamField } from "../core/wgsl.d.ts";
import type { Dispatch, Plan } from "../plan/plan.ts";
import type { CompiledKernel } from "./pipelines.ts";
import type { Gpu } from "./device.ts";
import type { Recording } from "./recorder.ts";
import type { Tensor } from "./tensor.ts";

export type { Recording };

/** One binding of a dispatch, as it is bound. */
interface Bound {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

type Trie = WeakMap<GPUBuffer, unknown>;

/** What a dispatch needs at every call, kept as long as its plan. */
interface Prepared {
  readonly compiled: CompiledKernel;
  readonly roles: readonly (string | undefined)[];
  /** Bytes of an element of each storage binding: what `<binding>_offset` counts. */
  readonly elements: readonly number[];
  readonly uniforms: Map<string, GPUBuffer>;
  /** Bind groups, keyed by their buffers in turn: they live no longer than the buffers do. */
  readonly groups: Trie;
}

const prepared = new WeakMap<Gpu, WeakMap<Dispatch, Prepared>>();

/**
 * Queues a plan: binds by name, encodes all dispatches in one pass, submits once where nobody else will.
 * @throws TensorError where one buffer would be read and written by the same dispatch; DeviceLostError
 */
export function run(gpu: Gpu, plan: Plan, tensors: Readonly<Record<string, Tensor>>, recording: Recording, call: string): void {
  gpu.check(call, {});
  if (plan.dispatches.length === 0) return;
  const scratch = scratchOf(gpu, plan, gpu.recorder.isDeferred(recording));
  const faults: Promise<NormgpuError | null>[] = [];
  const ready = plan.dispatches.map((dispatch) => {
    const own = prepare(gpu, dispatch);
    if (own.compiled.fault) faults.push(own.compiled.fault);
    return { own, group: bindGroup(gpu, dispatch, own, tensors, scratch, call, faults), grid: dispatch.grid };
  });
  const isNew = faults.length > 0;
  const device = gpu.device as GPUDevice;
  if (isNew) device.pushErrorScope("validation");
  gpu.recorder.record(recording, call, (pass) => {
    for (const { own, group, grid } of ready) {
      pass.setPipeline(own.compiled.pipeline as GPUComputePipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...grid);
    }
  });
  if (!isNew) return;
  faults.push(scopeFault(device, call));
  const fault = Promise.all(faults).then((found) => found.find((error) => error !== null) ?? null);
  for (const tensor of writtenBy(plan, tensors)) tensor.mark(fault);
}

function scopeFault(device: GPUDevice, call: string): Promise<NormgpuError | null> {
  return device.popErrorScope().then(
    (error) => (error ? new TensorError(`${call}: the device refused the call: ${error.message}`, { cause: error }) : null),
    () => null,
  );
}

function writtenBy(plan: Plan, tensors: Readonly<Record<string, Tensor>>): Set<Tensor> {
  const read = new Set(["x", "residual", "residual_bias", "gamma", "beta", "mean", "variance"]);
  const roles = new Set(plan.dispatches.flatMap((dispatch) => Object.values(dispatch.bindings)));
  return new Set([...roles].filter((role) => !read.has(role) && tensors[role]).map((role) => tensors[role]!));
}

function scratchOf(gpu: Gpu, plan: Plan, deferred: boolean): Map<string, Bound> {
  const found = new Map<string, Bound>();
  let slot = 0;
  for (const [role, bytes] of Object.entries(plan.scratch)) {
    gpu.checkBytes(bytes, `scratch ${role}`, "plan");
    found.set(role, { buffer: gpu.scratch.slot(slot++, bytes, deferred), offset: 0, size: bytes });
  }
  return found;
}

function prepare(gpu: Gpu, dispatch: Dispatch): Prepared {
  let own = prepared.get(gpu);
  if (!own) prepared.set(gpu, (own = new WeakMap()));
  let found = own.get(dispatch);
  if (!found) {
    const compiled = gpu.pipelines.get(dispatch);
    const wide = { f32: 4, vec4f: 16, Lane: 4 * dispatch.variant.lane, Parameter: dispatch.variant.parameter === "lane" ? 4 * dispatch.variant.lane : 4 };
    found = {
      compiled,
      roles: compiled.storage.map((binding) => dispatch.bindings[binding.name]),
      elements: compiled.storage.map((binding) => wide[binding.element as keyof typeof wide]),
      uniforms: new Map(),
      groups: new WeakMap(),
    };
    own.set(dispatch, found);
  }
  return found;
}

/** A storage binding starts at a multiple of 256; the rest is added in the shader. */
function bound(tensor: Tensor): Bound {
  const offset = Math.floor(tensor.offset / 256) * 256;
  return { buffer: tensor.buffer as GPUBuffer, offset, size: tensor.offset - offset + tensor.byteLength };
}

function bindGroup(
  gpu: Gpu,
  dispatch: Dispatch,
  own: Prepared,
  tensors: Readonly<Record<string, Tensor>>,
  scratch: ReadonlyMap<string, Bound>,
  call: string,
  faults: Promise<NormgpuError | null>[],
): GPUBindGroup {
  const entries: (Bound | null)[] = own.roles.map((role) => (role === undefined ? null : scratch.get(role) ?? bound(tensors[role]!)));
  let trie = own.groups;
  let signature = "";
  let starts = "";
  let last: GPUBuffer | null = null;
  entries.forEach((entry, place) => {
    if (!entry) return;
    const rest = scratch.has(own.roles[place]!) ? 0 : (tensors[own.roles[place]!]!.offset - entry.offset) / own.elements[place]!;
    signature += `${entry.offset},${entry.size};`;
    starts += `${rest},`;
    if (last) trie = descend(trie, last);
    last = entry.buffer;
  });
  const leaf = (trie.get(last!) as Map<string, GPUBindGroup> | undefined) ?? new Map<string, GPUBindGroup>();
  trie.set(last!, leaf);
  const key = `${signature}|${starts}`;
  const known = leaf.get(key);
  if (known) return known;
  checkAliases(dispatch, own, entries, call);
  const device = gpu.device as GPUDevice;
  device.pushErrorScope("validation");
  const group = device.createBindGroup({
    label: `normgpu ${dispatch.kernel}`,
    layout: own.compiled.layout,
    entries: [
      { binding: 0, resource: { buffer: uniform(device, dispatch, own, starts) } },
      ...own.compiled.storage.map(({ binding }, place) => ({ binding, resource: entries[place] ?? { buffer: gpu.scratch.dummy(binding) } })),
    ],
  });
  faults.push(scopeFault(device, call));
  leaf.set(key, group);
  return group;
}

function descend(trie: Trie, buffer: GPUBuffer): Trie {
  const known = trie.get(buffer);
  if (known) return known as Trie;
  const next: Trie = new WeakMap();
  trie.set(buffer, next);
  return next;
}

/** WebGPU refuses a buffer that one dispatch reads and writes, even where the ranges are apart. */
function checkAliases(dispatch: Dispatch, own: Prepared, entries: readonly (Bound | null)[], call: string): void {
  own.compiled.storage.forEach((written, place) => {
    const target = entries[place];
    if (written.kind !== "read_write" || !target) return;
    entries.forEach((entry, other) => {
      if (other === place || entry?.buffer !== target.buffer) return;
      const [output, input] = [own.roles[place], own.roles[other]];
      throw new TensorError(`${call}: ${output} and ${input} lie in the same GPUBuffer; a buffer cannot be read and written by one dispatch (${dispatch.kernel})`);
    });
  });
}

/** The params of a dispatch whose bindings start at these elements, in a buffer that is never written again. */
function uniform(device: GPUDevice, dispatch: Dispatch, own: Prepared, starts: string): GPUBuffer {
  const known = own.uniforms.get(starts);
  if (known) return known;
  const { params } = own.compiled.kernel;
  const size = Math.ceil(params!.size / 16) * 16;
  const buffer = device.createBuffer({ size, usage: 64 /* UNIFORM */, mappedAtCreation: true, label: `normgpu ${dispatch.kernel} params` });
  const view = new DataView(buffer.getMappedRange());
  packParams(view, params!.fields, dispatch.params);
  const rest = starts.split(",").values();
  own.compiled.storage.forEach((binding, place) => {
    if (own.roles[place] === undefined) return;
    const field = params!.fields[`${binding.name}_offset`];
    const start = Number(rest.next().value);
    if (field) view.setUint32(field.offset, start, true);
    else if (start !== 0) throw new Error(`${dispatch.kernel} has no ${binding.name}_offset`);
  });
  buffer.unmap();
  own.uniforms.set(starts, buffer);
  return buffer;
}

/** Writes params where reflection found their fields. A field without a value stays 0; a value without a field is a mistake in the plan. */
export function packParams(view: DataView, fields: Readonly<Record<string, ParamField>>, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    const field = fields[name];
    if (!field) throw new Error(`params has no field ${name}`);
    if (field.type === "f32") view.setFloat32(field.offset, value, true);
    else view.setUint32(field.offset, value, true);
  }
}
