import type { Dtype } from "../core/dtype.ts";
import { halfToFloat, toHalves } from "../core/half.ts";
import type { Plan } from "../plan/plan.ts";
import { planNarrow } from "../plan/storage.ts";
import type { Gpu } from "./device.ts";
import { run } from "./run.ts";
import type { Tensor } from "./tensor.ts";

/** Puts as many values as a tensor has into its buffer. `owns`: nothing else lies in that buffer. */
export function upload(tensor: Tensor, values: ArrayLike<number>, owns: boolean): void {
  const data = encode(values, tensor.dtype);
  const isWhole = data.byteLength % 4 === 0;
  if (isWhole) return put(tensor, data, data.length);
  if (owns) return put(tensor, padded(data), data.length + 1);
  // A write has whole words, and the other half of the last one may belong to somebody else.
  put(tensor, data, data.length - 1);
  putLastHalf(tensor, data.at(-1)!);
}

function put({ gpu, buffer, offset }: Tensor, data: Float32Array | Uint16Array, count: number): void {
  if (count === 0) return;
  (gpu.device as GPUDevice).queue.writeBuffer(buffer as GPUBuffer, offset, data.buffer as ArrayBuffer, data.byteOffset, count * data.BYTES_PER_ELEMENT);
}

const plans = new WeakMap<Gpu, Plan>();

function putLastHalf(tensor: Tensor, half: number): void {
  const { gpu, size } = tensor;
  let plan = plans.get(gpu);
  if (!plan) plans.set(gpu, (plan = planNarrow(1, gpu.capabilities)));
  const wide = gpu.tensor([halfToFloat(half)]);
  run(gpu, plan, { wide, narrowed: tensor.view((size - 1) * 2, [1]) }, {}, "Tensor.write");
  wide.destroy();
}

/** Values as a buffer holds them. Halves in a Uint16Array, or in a Float16Array where the engine has one, go as they are. */
function encode(values: ArrayLike<number>, dtype: Dtype): Float32Array | Uint16Array {
  if (dtype === "f32") return values instanceof Float32Array ? values : Float32Array.from(values);
  if (values instanceof Uint16Array) return values;
  const engine = Reflect.get(globalThis, "Float16Array") as (new () => ArrayBufferView & ArrayLike<number>) | undefined;
  if (engine && values instanceof engine) return new Uint16Array(values.buffer, values.byteOffset, values.length);
  return toHalves(values);
}

function padded(halves: ArrayLike<number>): Uint16Array {
  const whole = new Uint16Array(halves.length + 1);
  whole.set(halves);
  return whole;
}
