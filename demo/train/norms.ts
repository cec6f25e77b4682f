/** What a lane can do between its convolutions, and how people call it. */
export const NORMS = {
  none: "no norm",
  batch: "BatchNorm",
  group: "GroupNorm",
  "group+ws": "GroupNorm + WS",
  "bcn+ws": "BCN + WS",
  weight: "Weight Norm",
  layer: "LayerNorm",
} as const;

export type NormName = keyof typeof NORMS;

/** As a curve's end is marked. */
export const MARKS: Readonly<Record<NormName, string>> = {
  none: "none",
  batch: "BN",
  group: "GN",
  "group+ws": "GN+WS",
  "bcn+ws": "BCN+WS",
  weight: "WN",
  layer: "LN",
};

export const NORM_NAMES = Object.keys(NORMS) as NormName[];
export const BATCHES = [1, 2, 4, 16, 64] as const;
export type Batch = (typeof BATCHES)[number];
