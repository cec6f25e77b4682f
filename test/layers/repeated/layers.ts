import {
  BatchChannelNorm,
  BatchNorm,
  ChannelNorm,
  EstimatedBatchNorm,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  LocalResponseNorm,
  LpNorm,
  MeanVarianceNorm,
  RMSNorm,
  WeightNorm,
  WeightStandardization,
  type BackwardOptions,
  type BackwardResult,
  type ForwardOptions,
  type ForwardResult,
  type Gpu,
  type Saved,
  type Tensor,
} from "../../../src/index.ts";
import type { Make, RepeatedCall } from "./row.ts";

interface AnyNorm {
  forward(x: Tensor, options?: ForwardOptions): ForwardResult;
  backward(dy: Tensor, saved: Saved | undefined, options?: BackwardOptions): BackwardResult;
}

const ROWS = [6, 48];
const IMAGES = [2, 8, 6, 6];
const CHANNELS_LAST = [2, 6, 6, 8];

/** Forward and backward of a layer. `given` are options of both calls. */
function both(
  of: string,
  what: string,
  shape: readonly number[],
  layer: (gpu: Gpu) => AnyNorm,
  forward: (make: Make) => ForwardOptions = () => ({}),
  backward: (make: Make) => BackwardOptions = () => ({}),
): RepeatedCall[] {
  return [
    {
      of: `${of}.forward`,
      what,
      prepare(gpu, make) {
        const [norm, x, options] = [layer(gpu), make.large(...shape), forward(make)];
        const out = norm.forward(x, options);
        return () => norm.forward(x, { ...options, out });
      },
    },
    {
      of: `${of}.backward`,
      what,
      prepare(gpu, make) {
        const [norm, x, dy, options] = [layer(gpu), make.large(...shape), make.large(...shape), backward(make)];
        const { saved } = norm.forward(x, forward(make));
        const { accumulate: _, ...first } = options;
        const out = norm.backward(dy, saved, first);
        return () => norm.backward(dy, saved, { ...options, out });
      },
    },
  ];
}

const batchNorm =
  (training: boolean, options: object = {}) =>
  (gpu: Gpu) =>
    Object.assign(new BatchNorm(gpu, { channels: 8, ...options }), { training });
const instanceNorm = (training: boolean) => (gpu: Gpu) =>
  Object.assign(new InstanceNorm(gpu, { channels: 8, affine: true, trackRunningStats: true }), { training });

const NORMS: readonly RepeatedCall[] = [
  ...both("LayerNorm", "rows", ROWS, (gpu) => new LayerNorm(gpu, { shape: 48 })),
  ...both("LayerNorm", "odd rows", [5, 33], (gpu) => new LayerNorm(gpu, { shape: 33, activation: "gelu" })),
  ...both("LayerNorm", "axes that alternate", [3, 4, 5, 6], (gpu) => new LayerNorm(gpu, { shape: [3, 5], axes: [0, 2] })),
  ...both(
    "LayerNorm",
    "residual, bias, sum; accumulating",
    ROWS,
    (gpu) => new LayerNorm(gpu, { shape: 48 }),
    (make) => ({ residual: make.large(...ROWS), residualBias: make.small(48), sum: true }),
    (make) => ({ dsum: make.large(...ROWS), accumulate: true }),
  ),
  ...both(
    "RMSNorm",
    "a residual that is broadcast",
    ROWS,
    (gpu) => new RMSNorm(gpu, { shape: 48, gammaOffset: 1 }),
    (make) => ({ residual: make.large(1, 48) }),
  ),
  ...both("GroupNorm", "NCHW", IMAGES, (gpu) => new GroupNorm(gpu, { channels: 8, groups: 4, activation: "silu" })),
  ...both("GroupNorm", "NHWC", CHANNELS_LAST, (gpu) => new GroupNorm(gpu, { channels: 8, groups: 4, layout: "nhwc" })),
  ...both("ChannelNorm", "NCHW", IMAGES, (gpu) => new ChannelNorm(gpu, { channels: 8, groups: 4 })),
  ...both("InstanceNorm", "training", IMAGES, instanceNorm(true)),
  ...both("InstanceNorm", "eval", IMAGES, instanceNorm(false)),
  ...both("BatchNorm", "training, NCHW", IMAGES, batchNorm(true)),
  ...both("BatchNorm", "training, NHWC", CHANNELS_LAST, batchNorm(true, { layout: "nhwc", activation: "relu" })),
  ...both("BatchNorm", "eval", IMAGES, batchNorm(false), undefined, () => ({ wants: { dmean: true, dvariance: true } })),
  ...both("EstimatedBatchNorm", "training", IMAGES, (gpu) => new EstimatedBatchNorm(gpu, { channels: 8, movingSpeed: 0.25 })),
  ...both("MeanVarianceNorm", "NCHW", IMAGES, (gpu) => new MeanVarianceNorm(gpu, {})),
];

const OTHERS: readonly RepeatedCall[] = [
  {
    of: "BatchChannelNorm.forward",
    prepare(gpu, make) {
      const [norm, x] = [new BatchChannelNorm(gpu, { channels: 8, groups: 4 }), make.large(...IMAGES)];
      const out = norm.forward(x);
      return () => norm.forward(x, { out });
    },
  },
  {
    of: "BatchChannelNorm.backward",
    prepare(gpu, make) {
      const [norm, x, dy] = [new BatchChannelNorm(gpu, { channels: 8, groups: 4 }), make.large(...IMAGES), make.large(...IMAGES)];
      const { saved } = norm.forward(x);
      const out = norm.backward(dy, saved);
      return () => norm.backward(dy, saved, { out });
    },
  },
  {
    of: "LocalResponseNorm.forward",
    prepare(gpu, make) {
      const [norm, x] = [new LocalResponseNorm(gpu, { size: 3 }), make.large(...IMAGES)];
      const out = norm.forward(x);
      return () => norm.forward(x, { out });
    },
  },
  {
    of: "LocalResponseNorm.backward",
    prepare(gpu, make) {
      const [norm, x, dy] = [new LocalResponseNorm(gpu, { size: 3 }), make.large(...IMAGES), make.large(...IMAGES)];
      const { saved } = norm.forward(x);
      const out = norm.backward(dy, saved);
      return () => norm.backward(dy, saved, { out });
    },
  },
  {
    of: "LpNorm.forward",
    prepare(gpu, make) {
      const [norm, x] = [new LpNorm(gpu, { p: 3 }), make.large(...ROWS)];
      const out = norm.forward(x);
      return () => norm.forward(x, { out });
    },
  },
  {
    of: "LpNorm.backward",
    prepare(gpu, make) {
      const [norm, x, dy] = [new LpNorm(gpu, { axes: [0] }), make.large(...ROWS), make.large(...ROWS)];
      const { saved } = norm.forward(x);
      const out = norm.backward(dy, saved);
      return () => norm.backward(dy, saved, { out });
    },
  },
];

const WEIGHT = [8, 4, 3, 3];

const WEIGHTS: readonly RepeatedCall[] = [
  {
    of: "WeightNorm.forward",
    prepare(gpu, make) {
      const norm = WeightNorm.from(gpu, make.small(...WEIGHT));
      const out = norm.forward();
      return () => norm.forward({ out });
    },
  },
  {
    of: "WeightNorm.backward",
    prepare(gpu, make) {
      const norm = WeightNorm.from(gpu, make.small(...WEIGHT));
      const { saved } = norm.forward();
      const dw = make.large(...WEIGHT);
      const out = norm.backward(dw, saved);
      return () => norm.backward(dw, saved, { out, accumulate: true });
    },
  },
  {
    of: "WeightStandardization.forward",
    prepare(gpu, make) {
      const [norm, v] = [new WeightStandardization(gpu, { form: "timmScaled", channels: 8 }), make.large(...WEIGHT)];
      const out = norm.forward(v);
      return () => norm.forward(v, { out });
    },
  },
  {
    of: "WeightStandardization.backward",
    prepare(gpu, make) {
      const [norm, v, dw] = [new WeightStandardization(gpu, { form: "timmScaled", channels: 8 }), make.large(...WEIGHT), make.large(...WEIGHT)];
      const { saved } = norm.forward(v);
      const out = norm.backward(dw, saved);
      return () => norm.backward(dw, saved, { out });
    },
  },
  {
    of: "WeightStandardization.forwardAll",
    what: "a list",
    prepare(gpu, make) {
      const [norm, list] = [new WeightStandardization(gpu), [make.large(...WEIGHT), make.large(5, 3, 7, 7), make.large(12, 33)]];
      const out = norm.forwardAll(list);
      return () => norm.forwardAll(list, { out });
    },
  },
  {
    of: "WeightStandardization.backwardAll",
    what: "a list",
    prepare(gpu, make) {
      const [norm, shapes] = [new WeightStandardization(gpu), [WEIGHT, [5, 3, 7, 7], [12, 33]]];
      const { saved } = norm.forwardAll(shapes.map((shape) => make.large(...shape)));
      const list = shapes.map((shape) => make.large(...shape));
      const out = norm.backwardAll(list, saved);
      return () => norm.backwardAll(list, saved, { out });
    },
  },
];

/** Every method of every class that queues work. */
export const LAYER_CALLS: readonly RepeatedCall[] = [...NORMS, ...OTHERS, ...WEIGHTS];
