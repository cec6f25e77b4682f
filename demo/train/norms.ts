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

export const NORM_NAMES = Object.keys(NORMS) as NormName[];
export const BATCHES = [1, 2, 4, 16, 64] as const;
export type Batch = (typeof BATCHES)[number];
