import { bytesOf, type Dtype } from "../core/dtype.ts";
import { sizeOf } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { CallShape } from "../layers/norm.ts";
import type { Tunable } from "../plan/choice.ts";
import type { Plan } from "../plan/plan.ts";
import { statisticsStride, STATISTICS_PLANES } from "../plan/request.ts";

/** Values that a tensor with these strides over `shape` has. */
function reach(shape: readonly number[], strides: readonly number[]): number {
  return strides.reduce((most, stride, axis) => most + (shape[axis]! - 1) * stride, 1);
}

/** Values of each role that a plan of this request may bind. */
function sizesOf({ direction, request }: Tunable): Record<string, number> {
  const { shape, view, parameters } = request;
  const whole = sizeOf(shape);
  const sizes: Record<string, number> = { statistics: statisticsStride(view.statistics) * STATISTICS_PLANES };
  for (const role of ["x", "y", "sum", "dy", "dx", "dsum"]) sizes[role] = whole;
  for (const role of ["mean", "variance", "running_mean", "running_variance", "dmean", "dvariance"]) sizes[role] = view.statistics;
  for (const [role, strides] of Object.entries(parameters)) sizes[role] = sizes[`d${role}`] = reach(shape, strides);
  if (direction === "forward" && request.residual) sizes["residual"] = reach(shape, request.residual);
  if (direction === "backward") for (const [role, strides] of Object.entries(request.added ?? {})) sizes[role] = reach(shape, strides);
  return sizes;
}

function dtypeOf(role: string, { dtype = "f32", dtypes = {} }: CallShape): Dtype {
  if (role === "x" || role === "dy" || role === "dx") return dtype;
  if (role === "y" || role === "residual") return dtypes[role] ?? dtype;
  if (role === "sum" || role === "dsum") return dtypes.sum ?? dtypes.y ?? dtype;
  return dtypes[role === "residual_bias" ? "residualBias" : (role as "gamma" | "beta")] ?? "f32";
}

/** Values about 1 that differ from one to the next: fit to be a variance, too. */
function pattern(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => 0.5 + ((i * 2_654_435_761) % 4093) / 4093);
}

/** A tensor for each role that one of the plans binds, and that no caller sees. */
export function scratchTensors(gpu: Gpu, asked: Tunable, plans: readonly Plan[], given: CallShape): Record<string, Tensor> {
  const sizes = sizesOf(asked);
  const roles = new Set<string>();
  for (const { dispatches, scratch } of plans) {
    for (const { bindings } of dispatches) for (const role of Object.values(bindings)) if (!(role in scratch)) roles.add(role);
  }
  const wanted = [...roles].map((role) => {
    const size = sizes[role];
    if (size === undefined) throw new Error(`tune: no size is known of ${role}`);
    return { role, size, dtype: dtypeOf(role, given) };
  });
  // All of them, before values are made that no memory might hold.
  for (const { role, size, dtype } of wanted) gpu.checkBytes(size * bytesOf(dtype), `${role} of ${size} values`, "tune");
  const made: Record<string, Tensor> = {};
  try {
    for (const { role, size, dtype } of wanted) made[role] = gpu.tensor(pattern(size), [size], { dtype });
  } catch (error) {
    for (const tensor of Object.values(made)) tensor.destroy();
    throw error;
  }
  return made;
}
