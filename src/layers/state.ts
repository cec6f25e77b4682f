import { FormatError } from "../core/errors.ts";
import { entriesOf, type Named } from "../core/safetensors.ts";
import { formatShape, sameShape, sizeOf, type Shape } from "../core/shape.ts";
import { dtypeOf, nameOf, toNumbers, type GivenTensor, type StoredDtype, type StoredTensor } from "../core/stored-tensor.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";

/** A layer's state by PyTorch's keys. */
export type StateDict = Record<string, StoredTensor>;

/** How a state is loaded. */
export interface LoadOptions {
  /** True (default): a missing or unexpected key is an error. False: what is there is loaded. A wrong shape is an error either way. */
  strict?: boolean;
  /** Only keys that begin with this are looked at, without it: "layer1.0.bn1.". */
  prefix?: string;
}

/** Keys that a load with `strict: false` passed over. */
export interface LoadResult {
  readonly missing: string[];
  readonly unexpected: string[];
}

/** One thing that a layer saves and loads. */
export interface StateEntry {
  readonly key: string;
  /** Other keys that it may be loaded from. */
  readonly aliases?: readonly string[];
  readonly shape: Shape;
  /** Other shapes that it may be loaded in. */
  readonly fits?: (shape: Shape) => boolean;
  /** What is read of or written to the GPU. */
  readonly tensor: Tensor | null;
  readonly read: () => Promise<Omit<StoredTensor, "shape">>;
  /** Why these values cannot be taken, or null. */
  readonly refuses?: (values: ArrayLike<number>) => string | null;
  readonly write: (values: ArrayLike<number>) => void;
}

/** A tensor under a key; `shape` where it is saved in another one than the tensor's own. */
export function tensorEntry(key: string, tensor: Tensor, more: Pick<Partial<StateEntry>, "shape" | "aliases" | "fits"> = {}): StateEntry {
  const read = async (): Promise<Omit<StoredTensor, "shape">> =>
    tensor.dtype === "f16" ? { dtype: "f16", data: await tensor.read({ raw: true }) } : { dtype: "f32", data: await tensor.read() };
  return { key, shape: tensor.shape, tensor, read, write: (values) => tensor.write(values), ...more };
}

/** A count that the layer keeps itself: PyTorch's int64 scalar. */
export function countEntry(key: string, get: () => number, set: (count: number) => void): StateEntry {
  return {
    key,
    shape: [],
    tensor: null,
    read: async () => ({ dtype: "i64", data: BigInt64Array.of(BigInt(get())) }),
    refuses: (values) => (Number.isSafeInteger(values[0]) && values[0]! >= 0 ? null : `is ${values[0]}; wanted a whole number from 0`),
    write: (values) => set(values[0]!),
  };
}

/** The state as it is once everything queued so far is done. @throws TensorError, DeviceLostError */
export async function readState(gpu: Gpu, call: string, entries: readonly StateEntry[], prefix = ""): Promise<StateDict> {
  gpu.check(call, tensorsOf(entries));
  // Every read is queued before anything is awaited: they all show the same moment.
  const found = await Promise.all(entries.map(async ({ key, shape, read }): Promise<[string, StoredTensor]> => [prefix + key, { shape, ...(await read()) }]));
  return Object.fromEntries(found);
}

interface Loaded {
  readonly entry: StateEntry;
  readonly values: ArrayLike<number>;
}

/**
 * Takes the state over, all of it or, where anything is wrong, nothing.
 * @throws FormatError that names every missing, unexpected and unfit key; TensorError, DeviceLostError
 */
export function loadState(gpu: Gpu, call: string, entries: readonly StateEntry[], dict: Named<GivenTensor>, options: LoadOptions = {}): LoadResult {
  const { strict = true, prefix = "" } = options;
  gpu.check(call, tensorsOf(entries));
  if (typeof dict !== "object" || dict === null) throw new FormatError(`${call}: the state is ${nameOf(dict)}; wanted an object or a Map of tensors by key`);
  const given = new Map(entriesOf(dict).flatMap(([key, tensor]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), tensor]] : [])));
  const missing: string[] = [];
  const unfit: string[] = [];
  const loaded: Loaded[] = [];
  for (const entry of entries) {
    const key = [entry.key, ...(entry.aliases ?? [])].find((name) => given.has(name));
    if (key === undefined) {
      missing.push(prefix + entry.key);
      continue;
    }
    const found = fit(entry, given.get(key)!);
    if (typeof found === "string") unfit.push(`${prefix}${key} ${found}`);
    else loaded.push({ entry, values: found });
    given.delete(key);
  }
  const unexpected = [...given.keys()].map((key) => prefix + key);
  const faults = [
    ...(strict && missing.length ? [`missing ${missing.join(", ")}`] : []),
    ...(strict && unexpected.length ? [`unexpected ${unexpected.join(", ")}`] : []),
    ...unfit,
  ];
  if (faults.length) throw new FormatError(`${call}: ${faults.join("; ")}`);
  for (const { entry, values } of loaded) entry.write(values);
  return { missing, unexpected };
}

/** The values of a key, or what is wrong with them. */
function fit(entry: StateEntry, given: GivenTensor): ArrayLike<number> | string {
  if (typeof given !== "object" || given === null || !Array.isArray(given.shape) || !given.data) return `is ${nameOf(given)}; wanted { shape, dtype, data }`;
  const { shape, data } = given;
  // PyTorch of before 0.4 had no scalars: their files have [1].
  const isScalar = entry.shape.length === 0 && shape.length === 1 && shape[0] === 1;
  if (!sameShape(shape, entry.shape) && !isScalar && !entry.fits?.(shape)) return `is [${shape.join(", ")}]; wanted ${formatShape(entry.shape)}`;
  const dtype = dtypeOf(given);
  if (!dtype) return `has dtype ${String(given.dtype)}; wanted one that safetensors knows`;
  const values = numbersOf(dtype, data);
  if (typeof values === "string") return values;
  if (values.length !== sizeOf(entry.shape)) return `has ${values.length} values; ${formatShape(entry.shape)} holds ${sizeOf(entry.shape)}`;
  return entry.refuses?.(values) ?? values;
}

function numbersOf(dtype: StoredDtype, data: GivenTensor["data"]): ArrayLike<number> | string {
  try {
    return toNumbers({ dtype, data }, "data");
  } catch (error) {
    if (error instanceof FormatError) return `cannot be taken: ${error.message}`;
    throw error;
  }
}

function tensorsOf(entries: readonly StateEntry[]): Record<string, Tensor | null> {
  return Object.fromEntries(entries.map(({ key, tensor }) => [key, tensor]));
}
