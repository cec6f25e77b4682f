import {
  batchNorm,
  batchNormApply,
  batchNormBackward,
  batchNormBackwardApply,
  batchNormBackwardMoments,
  batchNormMoments,
  groupNorm,
  groupNormBackward,
  instanceNorm,
  instanceNormBackward,
  layerNorm,
  layerNormBackward,
  localResponseNorm,
  localResponseNormBackward,
  lpNorm,
  lpNormBackward,
  meanVarianceNorm,
  meanVarianceNormBackward,
  mergeBackwardMoments,
  mergeMoments,
  rmsNorm,
  rmsNormBackward,
  weightNorm,
  weightNormAll,
  weightNormAllBackward,
  weightNormBackward,
  weightStandardization,
  weightStandardizationAll,
  weightStandardizationAllBackward,
  weightStandardizationBackward,
  WeightStandardization,
  type Gpu,
  type Pack,
  type Tensor,
} from "../../../src/index.ts";
import type { Make, RepeatedCall } from "./row.ts";

const ROWS = [6, 48];
const IMAGES = [2, 8, 6, 6];
const WEIGHT = [8, 4, 3, 3];

type Forward<Options> = (gpu: Gpu, x: Tensor, options: Options) => object;
type Backward<Options, Kept> = (gpu: Gpu, dy: Tensor, saved: Kept, options: Options) => object;

/** A stateless pair. `given` are options of both calls. */
function pair<Options, BackwardOptions, Kept>(
  of: string,
  shape: readonly number[],
  forward: Forward<Options>,
  backward: Backward<BackwardOptions, Kept>,
  given: (make: Make) => object,
): RepeatedCall[] {
  return [
    {
      of,
      prepare(gpu, make) {
        const [x, options] = [make.large(...shape), given(make)];
        const out = forward(gpu, x, options as Options);
        return () => forward(gpu, x, { ...options, out } as Options);
      },
    },
    {
      of: `${of}Backward`,
      prepare(gpu, make) {
        const [x, dy, options] = [make.large(...shape), make.large(...shape), given(make)];
        const { saved } = forward(gpu, x, options as Options) as { saved: Kept };
        const out = backward(gpu, dy, saved, options as BackwardOptions);
        return () => backward(gpu, dy, saved, { ...options, out } as BackwardOptions);
      },
    },
  ];
}

const affine =
  (...shape: number[]) =>
  (make: Make): { gamma: Tensor; beta: Tensor } => ({ gamma: make.small(...shape), beta: make.small(...shape) });

const PAIRS: readonly RepeatedCall[] = [
  ...pair("layerNorm", ROWS, layerNorm, layerNormBackward, affine(48)),
  ...pair("rmsNorm", ROWS, rmsNorm, rmsNormBackward, (make) => ({ gamma: make.small(48) })),
  ...pair("groupNorm", IMAGES, groupNorm, groupNormBackward, (make) => ({ groups: 4, ...affine(8)(make) })),
  ...pair("instanceNorm", IMAGES, instanceNorm, instanceNormBackward, affine(8)),
  ...pair("batchNorm", IMAGES, batchNorm, batchNormBackward, (make) => ({ training: true, ...affine(8)(make) })),
  ...pair("meanVarianceNorm", IMAGES, meanVarianceNorm, meanVarianceNormBackward, () => ({})),
  ...pair("lpNorm", ROWS, lpNorm, lpNormBackward, () => ({ p: 1 })),
  ...pair("localResponseNorm", IMAGES, localResponseNorm, localResponseNormBackward, () => ({ size: 3 })),
  ...pair("weightNorm", WEIGHT, weightNorm, weightNormBackward, (make) => ({ g: make.small(8) })),
  ...pair("weightStandardization", WEIGHT, weightStandardization, weightStandardizationBackward, (make) => ({ gain: make.small(8) })),
];

/** Weights of a network: a pack is always f32. */
const packOf = (gpu: Gpu, make: Make): Pack => gpu.pack([make.small(...WEIGHT), make.small(5, 3, 7, 7), make.small(12, 33)]);

const PACKED: readonly RepeatedCall[] = [
  {
    of: "weightStandardizationAll",
    halves: false,
    prepare(gpu, make) {
      const [v, gain] = [packOf(gpu, make), make.small(25)];
      const out = weightStandardizationAll(gpu, v, { gain });
      return () => weightStandardizationAll(gpu, v, { gain, out });
    },
  },
  {
    of: "weightStandardizationAllBackward",
    halves: false,
    prepare(gpu, make) {
      const [v, dw, gain] = [packOf(gpu, make), packOf(gpu, make), make.small(25)];
      const saved = weightStandardizationAll(gpu, v, { gain }).saved!;
      const out = weightStandardizationAllBackward(gpu, dw, saved);
      return () => weightStandardizationAllBackward(gpu, dw, saved, { out });
    },
  },
  {
    of: "weightNormAll",
    halves: false,
    prepare(gpu, make) {
      const [v, g] = [packOf(gpu, make), make.small(25)];
      const out = weightNormAll(gpu, v, { g });
      return () => weightNormAll(gpu, v, { g, out });
    },
  },
  {
    of: "weightNormAllBackward",
    halves: false,
    prepare(gpu, make) {
      const [v, dw, g] = [packOf(gpu, make), packOf(gpu, make), make.small(25)];
      const saved = weightNormAll(gpu, v, { g }).saved!;
      const out = weightNormAllBackward(gpu, dw, saved);
      return () => weightNormAllBackward(gpu, dw, saved, { out });
    },
  },
  {
    of: "WeightStandardization.forwardAll",
    what: "a pack",
    halves: false,
    prepare(gpu, make) {
      const [norm, v] = [new WeightStandardization(gpu), packOf(gpu, make)];
      const out = norm.forwardAll(v);
      return () => norm.forwardAll(v, { out });
    },
  },
  {
    of: "WeightStandardization.backwardAll",
    what: "a pack",
    halves: false,
    prepare(gpu, make) {
      const [norm, v, dw] = [new WeightStandardization(gpu), packOf(gpu, make), packOf(gpu, make)];
      const saved = norm.forwardAll(v).saved!;
      const out = norm.backwardAll(dw, saved);
      return () => norm.backwardAll(dw, saved, { out });
    },
  },
];

const SYNCHRONIZED: readonly RepeatedCall[] = [
  {
    of: "batchNormMoments",
    prepare(gpu, make) {
      const x = make.large(...IMAGES);
      const out = batchNormMoments(gpu, x);
      return () => batchNormMoments(gpu, x, { out });
    },
  },
  {
    of: "mergeMoments",
    what: "a list",
    prepare(gpu, make) {
      const partials = [0, 1, 2].map(() => batchNormMoments(gpu, make.large(...IMAGES)));
      const [mean, variance] = [make.small(8), make.small(8)];
      const out = mergeMoments(gpu, partials, { mean, variance });
      return () => mergeMoments(gpu, partials, { mean, variance, out });
    },
  },
  {
    of: "batchNormApply",
    prepare(gpu, make) {
      const [x, given] = [make.large(...IMAGES), affine(8)(make)];
      const moments = mergeMoments(gpu, [batchNormMoments(gpu, x)]);
      const out = batchNormApply(gpu, x, moments, given);
      return () => batchNormApply(gpu, x, moments, { ...given, out });
    },
  },
  {
    of: "batchNormBackwardMoments",
    prepare(gpu, make) {
      const [x, dy, given] = [make.large(...IMAGES), make.large(...IMAGES), affine(8)(make)];
      const { saved } = batchNormApply(gpu, x, mergeMoments(gpu, [batchNormMoments(gpu, x)]), given);
      const out = batchNormBackwardMoments(gpu, dy, saved, given);
      return () => batchNormBackwardMoments(gpu, dy, saved, { ...given, out });
    },
  },
  {
    of: "mergeBackwardMoments",
    what: "a list",
    prepare(gpu, make) {
      const [x, dy] = [make.large(...IMAGES), make.large(...IMAGES)];
      const { saved } = batchNormApply(gpu, x, mergeMoments(gpu, [batchNormMoments(gpu, x)]));
      const partials = [0, 1].map(() => batchNormBackwardMoments(gpu, dy, saved).moments);
      const out = mergeBackwardMoments(gpu, partials);
      return () => mergeBackwardMoments(gpu, partials, { out });
    },
  },
  {
    of: "batchNormBackwardApply",
    prepare(gpu, make) {
      const [x, dy] = [make.large(...IMAGES), make.large(...IMAGES)];
      const { saved } = batchNormApply(gpu, x, mergeMoments(gpu, [batchNormMoments(gpu, x)]));
      const gradients = mergeBackwardMoments(gpu, [batchNormBackwardMoments(gpu, dy, saved).moments]);
      const out = batchNormBackwardApply(gpu, dy, saved, gradients);
      return () => batchNormBackwardApply(gpu, dy, saved, gradients, { out });
    },
  },
];

/** Every exported function that queues work. */
export const FUNCTION_CALLS: readonly RepeatedCall[] = [...PAIRS, ...PACKED, ...SYNCHRONIZED];
