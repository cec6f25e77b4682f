import type { ParamField } from "../core/shader-interface.ts";
import type { Dispatch } from "../plan/plan.ts";
import type { Gpu } from "./device.ts";
import { Memory } from "./memory.ts";
import type { CompiledKernel } from "./pipelines.ts";
import { scopeFault, type Fault } from "./recorder.ts";
import type { Tensor } from "./tensor.ts";

/** One binding of a dispatch, as it is bound. */
export interface Bound {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** A bind group, and whether a call with it must still be watched for what only the device can find. */
export interface Group {
  readonly bindGroup: GPUBindGroup;
  /** The error of its making, until a call has reported it. */
  fault: Fault | null;
  isNew: boolean;
}

/** What a dispatch needs at every call, kept as long as its plan. */
export interface Prepared {
  readonly compiled: CompiledKernel;
  readonly roles: readonly (string | undefined)[];
  /** Bytes of an element of each storage binding: what `<binding>_offset` counts. */
  readonly elements: readonly number[];
  readonly uniforms: Memory<GPUBuffer>;
  /** Bind groups, keyed by their buffers in turn: they live no longer than the buffers do. */
  readonly groups: Trie;
}

type Trie = WeakMap<GPUBuffer, unknown>;

/** Sets of starts, or of ranges in the same buffers, that a dispatch remembers: a user may move through an arena buffer in ever new steps. */
const MOST_RANGES = 256;

/** Looks up the pipeline of a dispatch and what its bindings mean. */
export function prepareDispatch(gpu: Gpu, dispatch: Dispatch): Prepared {
  const compiled = gpu.pipelines.get(dispatch);
  const { lane, parameter, source = "f32", result = "f32" } = dispatch.variant;
  // What is not here is a Lane, whatever the build calls it. A packed lane of one value counts halves, though its array holds words.
  const wide: Record<string, number> = {
    f32: 4,
    u32: 4,
    vec4f: 16,
    vec4u: 16,
    Source: (source === "f32" ? 4 : 2) * lane,
    Result: (result === "f32" ? 4 : 2) * lane,
    Parameter: parameter === "lane" ? 4 * lane : 4,
  };
  return {
    compiled,
    roles: compiled.storage.map((binding) => dispatch.bindings[binding.name]),
    elements: compiled.storage.map((binding) => wide[binding.element] ?? 4 * lane),
    uniforms: new Memory(MOST_RANGES),
    groups: new WeakMap(),
  };
}

/** A storage binding starts at a multiple of 256, and the rest is added in the shader; it ends at a multiple of 4, also after an odd count of halves. */
export function boundRange(tensor: Tensor): Bound {
  const offset = Math.floor(tensor.offset / 256) * 256;
  return { buffer: tensor.buffer as GPUBuffer, offset, size: tensor.offset - offset + tensor.wordBytes };
}

/** The bind group of a dispatch for these buffers, remembered. */
export function groupOf(
  gpu: Gpu,
  dispatch: Dispatch,
  own: Prepared,
  tensors: Readonly<Record<string, Tensor>>,
  scratch: ReadonlyMap<string, Bound>,
  call: string,
): Group {
  const entries: (Bound | null)[] = own.roles.map((role) => (role === undefined ? null : (scratch.get(role) ?? boundRange(tensors[role]!))));
  let trie = own.groups;
  let signature = "";
  let starts = "";
  let last: GPUBuffer | null = null;
  entries.forEach((entry, place) => {
    if (!entry) return;
    const role = own.roles[place]!;
    const rest = scratch.has(role) ? 0 : (tensors[role]!.offset - entry.offset) / own.elements[place]!;
    signature += `${entry.offset},${entry.size};`;
    starts += `${rest},`;
    if (last) trie = descend(trie, last);
    last = entry.buffer;
  });
  let leaf = trie.get(last!) as Memory<Group> | undefined;
  if (!leaf) trie.set(last!, (leaf = new Memory<Group>(MOST_RANGES)));
  return leaf.remember(`${signature}|${starts}`, () => makeGroup(gpu, dispatch, own, entries, starts, call));
}

function makeGroup(gpu: Gpu, dispatch: Dispatch, own: Prepared, entries: readonly (Bound | null)[], starts: string, call: string): Group {
  const device = gpu.device as GPUDevice;
  const params = own.uniforms.remember(starts, () => uniform(device, dispatch, own, starts));
  device.pushErrorScope("validation");
  const bindGroup = device.createBindGroup({
    label: `normgpu ${dispatch.kernel}`,
    layout: own.compiled.layout,
    entries: [
      { binding: 0, resource: { buffer: params } },
      ...own.compiled.storage.map(({ binding }, place) => ({ binding, resource: entries[place] ?? { buffer: gpu.scratch.dummy(binding) } })),
    ],
  });
  return { bindGroup, fault: scopeFault(device, call), isNew: true };
}

function descend(trie: Trie, buffer: GPUBuffer): Trie {
  const known = trie.get(buffer);
  if (known) return known as Trie;
  const next: Trie = new WeakMap();
  trie.set(buffer, next);
  return next;
}

/** The params of a dispatch whose bindings start at these elements, in a buffer that is never written again. */
function uniform(device: GPUDevice, dispatch: Dispatch, own: Prepared, starts: string): GPUBuffer {
  const { params } = own.compiled;
  const size = Math.ceil(params.size / 16) * 16;
  const buffer = device.createBuffer({ size, usage: 64 /* UNIFORM */, mappedAtCreation: true, label: `normgpu ${dispatch.kernel} params` });
  const view = new DataView(buffer.getMappedRange());
  packParams(view, params.fields, dispatch.params);
  const rest = starts.split(",").values();
  own.compiled.storage.forEach((binding, place) => {
    if (own.roles[place] === undefined) return;
    const field = params.fields[`${binding.name}_offset`];
    const start = Number(rest.next().value);
    if (field) view.setUint32(field.offset, start, true);
    else if (start !== 0) throw new Error(`${dispatch.kernel} has no ${binding.name}_offset`);
  });
  buffer.unmap();
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
