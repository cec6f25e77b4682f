import { OptionError, ShapeError } from "../core/errors.ts";
import { checkSame, formatShape, sizeOf } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { Memory } from "../gpu/memory.ts";
import { run, type Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { planCopy } from "../plan/synchronized-plan.ts";
import { Between } from "./between.ts";

/** The tensors that lists are copied into, by shape: every call writes what it reads. */
const stacks = new WeakMap<Gpu, Memory<Between>>();
const MOST_STACKS = 64;

/**
 * Gives `use` the partials of several devices as one tensor [devices, channels, values]. A list is first copied into one, in the same pass where the pass is ours.
 * @throws ShapeError, OptionError, TensorError
 */
export function withStack<Result>(
  gpu: Gpu,
  partials: Tensor | readonly Tensor[],
  values: number,
  recording: Recording,
  call: string,
  use: (stack: Tensor) => Result,
): Result {
  if (!Array.isArray(partials)) return use(checkStack(gpu, partials as Tensor, values, call));
  const shape = checkList(gpu, partials, values, call);
  if (recording.encoder || recording.pass) return use(stacked(gpu, partials, shape, recording, call));
  return gpu.batch(() => use(stacked(gpu, partials, shape, {}, call)));
}

function checkStack(gpu: Gpu, partials: Tensor, values: number, call: string): Tensor {
  gpu.check(call, { partials });
  const [devices, channels] = partials.shape;
  if (partials.shape.length !== 3 || partials.shape[2] !== values || !devices || !channels) {
    throw new ShapeError(`${call}: partials is ${formatShape(partials.shape)}; wanted [devices, channels, ${values}]`);
  }
  return partials;
}

function checkList(gpu: Gpu, partials: readonly Tensor[], values: number, call: string): [number, number] {
  const [first] = partials;
  if (!first) throw new OptionError(`${call}: partials is an empty list; wanted one tensor [channels, ${values}] of each device`);
  gpu.check(call, Object.fromEntries(partials.map((tensor, device) => [`partials[${device}]`, tensor])));
  const shape: [number, number] = [first.shape[0]!, values];
  for (const [device, tensor] of partials.entries()) {
    checkSame(call, `partials[${device}]`, tensor, shape);
  }
  return shape;
}

function stacked(gpu: Gpu, partials: readonly Tensor[], shape: readonly number[], recording: Recording, call: string): Tensor {
  const stack = stackFor(gpu, [partials.length, ...shape], recording);
  const plan = gpu.plans.remember(JSON.stringify(["copy", sizeOf(shape)]), (capabilities) => planCopy(sizeOf(shape), capabilities));
  const { encoder, pass } = recording;
  for (const [device, source] of partials.entries()) {
    run(gpu, plan, { source, gathered: stack.view(device * source.byteLength, shape) }, { encoder, pass }, call);
  }
  return stack;
}

function stackFor(gpu: Gpu, shape: readonly number[], recording: Recording): Tensor {
  let own = stacks.get(gpu);
  if (!own) stacks.set(gpu, (own = new Memory(MOST_STACKS)));
  return own.remember(shape.join(), () => new Between()).tensor(gpu, shape, recording);
}
