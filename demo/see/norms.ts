/** The layers that See shows, in the order of the page. */
export const NORM_NAMES = ["batch", "layer", "instance", "group", "rms", "weight-norm", "weight-standardization"] as const;
export type NormName = (typeof NORM_NAMES)[number];

/** Extents of the tensor: samples (outputs of a weight), channels (inputs of a weight), height and width, and the groups of channels. */
export interface Extents {
  readonly n: number;
  readonly c: number;
  readonly side: number;
  readonly groups: number;
}

/** Which values share a mean and a variance, and how the page speaks of them. */
export interface NormKind {
  readonly title: string;
  /** A weight of a convolution, [O, I, kH, kW], instead of feature maps [N, C, H, W]. */
  readonly isWeight: boolean;
  readonly sharing: string;
  /** How many statistics there are. */
  readonly count: (extents: Extents) => number;
  /** The statistic of all values of channel c of sample n. */
  readonly statisticOf: (n: number, c: number, extents: Extents) => number;
  /** A statistic in words. */
  readonly describe: (at: number, extents: Extents) => string;
  /** What is subtracted and divided by. */
  readonly uses: "moments" | "mean square" | "norm" | "unbiased moments";
}

const bySample = {
  count: ({ n }: Extents) => n,
  statisticOf: (n: number) => n,
  describe: (at: number) => `sample ${at + 1}`,
};

const byOutput = {
  isWeight: true,
  count: ({ n }: Extents) => n,
  statisticOf: (n: number) => n,
  describe: (at: number) => `output ${at + 1}`,
};

export const NORMS: Readonly<Record<NormName, NormKind>> = {
  batch: {
    title: "BatchNorm",
    isWeight: false,
    sharing: "Each channel shares one mean and one variance over the whole batch.",
    count: ({ c }) => c,
    statisticOf: (_, c) => c,
    describe: (at) => `channel ${at + 1}`,
    uses: "moments",
  },
  layer: {
    title: "LayerNorm",
    isWeight: false,
    sharing: "Each sample shares one mean and one variance over all of its channels.",
    ...bySample,
    uses: "moments",
  },
  instance: {
    title: "InstanceNorm",
    isWeight: false,
    sharing: "Each channel of each sample has a mean and a variance of its own.",
    count: ({ n, c }) => n * c,
    statisticOf: (n, c, extents) => n * extents.c + c,
    describe: (at, { c }) => `sample ${Math.floor(at / c) + 1}, channel ${(at % c) + 1}`,
    uses: "moments",
  },
  group: {
    title: "GroupNorm",
    isWeight: false,
    sharing: "In each sample, neighbouring channels form groups; a group shares one mean and one variance.",
    count: ({ n, groups }) => n * groups,
    statisticOf: (n, c, extents) => n * extents.groups + Math.floor(c / (extents.c / extents.groups)),
    describe: (at, { groups }) => `sample ${Math.floor(at / groups) + 1}, group ${(at % groups) + 1}`,
    uses: "moments",
  },
  rms: { title: "RMSNorm", isWeight: false, sharing: "Each sample shares one root mean square; no mean is subtracted.", ...bySample, uses: "mean square" },
  "weight-norm": {
    title: "Weight Norm",
    sharing: "A weight, not data: all weights that lead to one output share a norm, and g is its new length.",
    ...byOutput,
    uses: "norm",
  },
  "weight-standardization": {
    title: "Weight Standardization",
    sharing: "A weight, not data: all weights that lead to one output share one mean and one standard deviation.",
    ...byOutput,
    uses: "unbiased moments",
  },
};

/** Values that share one statistic. */
export function valuesOf(kind: NormKind, extents: Extents): number {
  return (extents.n * extents.c * extents.side * extents.side) / kind.count(extents);
}
