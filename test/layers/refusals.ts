import {
  BatchNorm,
  batchNorm,
  Gpu,
  GroupNorm,
  groupNorm,
  InstanceNorm,
  instanceNorm,
  LayerNorm,
  layerNorm,
  LimitError,
  OptionError,
  RMSNorm,
  rmsNorm,
  ShapeError,
  TensorError,
  type NormgpuError,
} from "../../src/index.ts";

type ErrorClass = new (message: string) => NormgpuError;

export interface Refusal {
  readonly what: string;
  readonly call: (gpu: Gpu) => unknown;
  readonly error: ErrorClass;
  readonly says: string;
}

/** Wrong calls, the error class each must throw, and words that its message must hold: the value found and the value wanted. */
export const REFUSALS: readonly Refusal[] = [
  {
    what: "channel count",
    call: (gpu) => new GroupNorm(gpu, { groups: 4, channels: 64 }).forward(gpu.empty([8, 60, 4, 4])),
    error: ShapeError,
    says: "GroupNorm.forward: x is [8, 60, 4, 4]; channels (60) must equal 64",
  },
  {
    what: "channel count",
    call: (gpu) => new BatchNorm(gpu, { channels: 3 }).forward(gpu.empty([2, 4, 5])),
    error: ShapeError,
    says: "channels (4) must equal 3",
  },
  {
    what: "channel count",
    call: (gpu) => new InstanceNorm(gpu, { channels: 3, layout: "nhwc" }).forward(gpu.empty([2, 3, 5])),
    error: ShapeError,
    says: "channels (5) must equal 3",
  },
  {
    what: "rank",
    call: (gpu) => new GroupNorm(gpu, { groups: 1, channels: 6 }).forward(gpu.empty([6])),
    error: ShapeError,
    says: "x is [6]; it needs a batch axis and a channel axis",
  },
  {
    what: "rank",
    call: (gpu) => new LayerNorm(gpu, { shape: [4, 5] }).forward(gpu.empty([5])),
    error: ShapeError,
    says: "x is [5]; its last axes must be [4, 5]",
  },
  {
    what: "normalized shape",
    call: (gpu) => new RMSNorm(gpu, { shape: 8 }).forward(gpu.empty([2, 9])),
    error: ShapeError,
    says: "x is [2, 9]; its last axes must be [8]",
  },
  {
    what: "group count",
    call: (gpu) => groupNorm(gpu, gpu.empty([2, 6, 4]), { groups: 4 }),
    error: ShapeError,
    says: "its 6 channels must be a multiple of groups (4)",
  },
  {
    what: "group count",
    call: (gpu) => new GroupNorm(gpu, { groups: 4, channels: 6 }),
    error: OptionError,
    says: "channels is 6; it must be a multiple of groups (4)",
  },
  {
    what: "group count",
    call: (gpu) => groupNorm(gpu, gpu.empty([2, 6, 4]), { groups: 0 }),
    error: OptionError,
    says: "groups is 0; wanted a whole number from 1",
  },
  { what: "axis", call: (gpu) => layerNorm(gpu, gpu.empty([2, 3]), { axes: [2] }), error: OptionError, says: "axis is 2; x has rank 2" },
  { what: "axis twice", call: (gpu) => rmsNorm(gpu, gpu.empty([2, 3]), { axes: [1, -1] }), error: OptionError, says: "axes are [1, -1]" },
  { what: "eps", call: (gpu) => layerNorm(gpu, gpu.empty([2, 3]), { eps: -1 }), error: OptionError, says: "eps is -1; wanted a finite number from 0" },
  {
    what: "eps, a word",
    call: (gpu) => rmsNorm(gpu, gpu.empty([2, 3]), { eps: "1" as never }),
    error: OptionError,
    says: "eps is 1; wanted a finite number from 0",
  },
  {
    what: "gammaOffset, a word",
    call: (gpu) => layerNorm(gpu, gpu.empty([2, 3]), { gammaOffset: "1" as never }),
    error: OptionError,
    says: "gammaOffset is 1",
  },
  { what: "gammaOffset, a list", call: (gpu) => new LayerNorm(gpu, { shape: 3, gammaOffset: [1] as never }), error: OptionError, says: "gammaOffset is 1" },
  { what: "gammaOffset, a symbol", call: (gpu) => new RMSNorm(gpu, { shape: 3, gammaOffset: Symbol("s") as never }), error: OptionError, says: "Symbol(s)" },
  { what: "eps NaN", call: (gpu) => new LayerNorm(gpu, { shape: 3, eps: NaN }), error: OptionError, says: "eps is NaN" },
  {
    what: "activation",
    call: (gpu) => layerNorm(gpu, gpu.empty([2, 3]), { activation: "swish" as never }),
    error: OptionError,
    says: 'activation is swish; wanted "none" or "relu" or "silu"',
  },
  {
    what: "layout",
    call: (gpu) => instanceNorm(gpu, gpu.empty([2, 3, 4]), { layout: "nwhc" as never }),
    error: OptionError,
    says: 'layout is nwhc; wanted "nchw" or "nhwc"',
  },
  {
    what: "gamma's shape",
    call: (gpu) => layerNorm(gpu, gpu.empty([2, 3]), { gamma: gpu.empty([2]) }),
    error: ShapeError,
    says: "gamma is [2]; wanted a shape that broadcasts to [2, 3]",
  },
  {
    what: "beta's shape",
    call: (gpu) => groupNorm(gpu, gpu.empty([2, 6, 4]), { groups: 2, beta: gpu.empty([3]) }),
    error: ShapeError,
    says: "beta is [3]; wanted [6]",
  },
  {
    what: "residual's shape",
    call: (gpu) => layerNorm(gpu, gpu.empty([2, 3]), { residual: gpu.empty([3, 3]) }),
    error: ShapeError,
    says: "residual is [3, 3]; it must broadcast to x, which is [2, 3]",
  },
  {
    what: "residualBias' shape",
    call: (gpu) => layerNorm(gpu, gpu.empty([2, 3]), { residualBias: gpu.empty([4]) }),
    error: ShapeError,
    says: "residualBias is [4]",
  },
  { what: "sum of nothing", call: (gpu) => layerNorm(gpu, gpu.empty([2, 3]), { sum: true }), error: OptionError, says: "sum is true; it needs a residual" },
  {
    what: "out.y's shape",
    call: (gpu) => layerNorm(gpu, gpu.empty([2, 3]), { out: { y: gpu.empty([3, 2]) } }),
    error: ShapeError,
    says: "out.y is [3, 2]; it must have x's shape [2, 3]",
  },
  {
    what: "out.saved of another call",
    call: (gpu) => layerNorm(gpu, gpu.empty([200, 3]), { out: { saved: layerNorm(gpu, gpu.empty([2, 3])).saved } }),
    error: ShapeError,
    says: "out.saved comes from a call with other statistics",
  },
  {
    what: "no value to reduce",
    call: (gpu) => layerNorm(gpu, gpu.empty([2, 0])),
    error: ShapeError,
    says: "x is [2, 0]; axes [1] hold no value to take a mean of",
  },
  { what: "no value to reduce", call: (gpu) => instanceNorm(gpu, gpu.empty([2, 3, 0])), error: ShapeError, says: "hold no value" },
  {
    what: "one value a channel in training",
    call: (gpu) => batchNorm(gpu, gpu.empty([1, 3]), { training: true }),
    error: ShapeError,
    says: "x is [1, 3]; training needs more than 1 value per channel",
  },
  {
    what: "eval without statistics",
    call: (gpu) => batchNorm(gpu, gpu.empty([2, 3]), { training: false }),
    error: OptionError,
    says: "mean and variance are needed",
  },
  {
    what: "mean without variance",
    call: (gpu) => batchNorm(gpu, gpu.empty([2, 3]), { training: true, mean: gpu.empty([3]) }),
    error: OptionError,
    says: "variance is missing",
  },
  {
    what: "statistics' size",
    call: (gpu) => batchNorm(gpu, gpu.empty([2, 3]), { training: false, mean: gpu.empty([2]), variance: gpu.empty([3]) }),
    error: ShapeError,
    says: "mean is [2]; wanted one value for each of 3 channels",
  },
  { what: "momentum", call: (gpu) => new BatchNorm(gpu, { channels: 3, momentum: 2 }), error: OptionError, says: "momentum is 2; wanted a number from 0 to 1" },
  {
    what: "momentum convention",
    call: (gpu) => new BatchNorm(gpu, { channels: 3, momentumConvention: "keep" as never }),
    error: OptionError,
    says: "momentumConvention is keep",
  },
  { what: "count of values", call: (gpu) => gpu.tensor([1, 2, 3], [2, 2]), error: ShapeError, says: "values has 3 values; [2, 2] holds 4" },
  { what: "shape", call: (gpu) => gpu.empty([2, -1]), error: ShapeError, says: "shape is [2, -1]; wanted a list of whole numbers from 0" },
  { what: "shape too large to count", call: (gpu) => gpu.empty([2 ** 30, 2 ** 30]), error: ShapeError, says: "more values than can be counted" },
  {
    what: "bytes over the device's limit",
    call: (gpu) => gpu.empty([gpu.capabilities.maxBindingBytes / 4 + 1]),
    error: LimitError,
    says: "maxStorageBufferBindingSize",
  },
  { what: "a destroyed tensor", call: (gpu) => destroyedX(gpu), error: TensorError, says: "layerNorm: x was destroyed" },
  { what: "no tensor", call: (gpu) => layerNorm(gpu, [1, 2, 3] as never), error: TensorError, says: "x is object; wanted a Tensor" },
  { what: "a tensor of another Gpu", call: (gpu) => layerNorm(gpu, Gpu.from(gpu.device).empty([2, 3])), error: TensorError, says: "x belongs to another Gpu" },
  { what: "x as out.y", call: (gpu) => aliased(gpu), error: TensorError, says: "lie in the same GPUBuffer" },
  { what: "gamma as out.y", call: (gpu) => aliasedGamma(gpu), error: TensorError, says: "y and gamma lie in the same GPUBuffer" },
  { what: "wrap of nothing", call: (gpu) => gpu.wrap(null as never, [4]), error: TensorError, says: "buffer is null; wanted a GPUBuffer" },
  {
    what: "wrap beyond the buffer",
    call: (gpu) => gpu.wrap(storage(gpu, 64), [17]),
    error: ShapeError,
    says: "[17] at offset 0 ends at byte 68; the buffer has 64",
  },
  {
    what: "wrap at an odd offset",
    call: (gpu) => gpu.wrap(storage(gpu, 64), [4], { offset: 6 }),
    error: OptionError,
    says: "offset is 6; wanted a multiple of 4",
  },
  {
    what: "wrap of a dtype",
    call: (gpu) => gpu.wrap(storage(gpu, 64), [4], { dtype: "f64" as never }),
    error: OptionError,
    says: 'dtype is f64; wanted "f32" or "f16"',
  },
  {
    what: "wrap without STORAGE",
    call: (gpu) => gpu.wrap((gpu.device as GPUDevice).createBuffer({ size: 64, usage: GPUBufferUsage.COPY_DST }), [4]),
    error: TensorError,
    says: "lacks STORAGE",
  },
];

function destroyedX(gpu: Gpu): unknown {
  const x = gpu.empty([2, 3]);
  x.destroy();
  x.destroy();
  return layerNorm(gpu, x);
}

function aliased(gpu: Gpu): unknown {
  const x = gpu.empty([2, 3]);
  return layerNorm(gpu, x, { out: { y: x } });
}

function aliasedGamma(gpu: Gpu): unknown {
  const gamma = gpu.empty([2, 3]);
  return layerNorm(gpu, gpu.empty([2, 3]), { gamma, out: { y: gamma } });
}

function storage(gpu: Gpu, size: number): GPUBuffer {
  return (gpu.device as GPUDevice).createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
}
