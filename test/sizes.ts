// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 84500;
export const GPU = 13600;

export const LAYERS = [
  "LayerNorm",
  "RMSNorm",
  "BatchNorm",
  "GroupNorm",
  "InstanceNorm",
  "WeightNorm",
  "WeightStandardization",
  "BatchChannelNorm",
  "EstimatedBatchNorm",
  "LocalResponseNorm",
  "LpNorm",
  "MeanVarianceNorm",
] as const;

export const FUNCTIONS = [
  "layerNorm",
  "layerNormBackward",
  "rmsNorm",
  "groupNorm",
  "instanceNorm",
  "batchNorm",
  "weightNorm",
  "weightStandardization",
  "weightStandardizationAll",
  "weightNormAll",
  "localResponseNorm",
  "lpNorm",
] as const;

/** By what is imported beside Gpu. */
export const SIZES: Readonly<Record<(typeof LAYERS | typeof FUNCTIONS)[number], number>> = {
  LayerNorm: 50150,
  RMSNorm: 50150,
  BatchNorm: 48700,
  GroupNorm: 55000,
  InstanceNorm: 56700,
  WeightNorm: 24200,
  WeightStandardization: 59000,
  BatchChannelNorm: 57850,
  EstimatedBatchNorm: 48600,
  LocalResponseNorm: 18000,
  LpNorm: 23900,
  MeanVarianceNorm: 55500,
  layerNorm: 33250,
  layerNormBackward: 36000,
  rmsNorm: 33250,
  groupNorm: 33900,
  instanceNorm: 35350,
  batchNorm: 32050,
  weightNorm: 22000,
  weightStandardization: 34900,
  weightStandardizationAll: 17800,
  weightNormAll: 17600,
  localResponseNorm: 16500,
  lpNorm: 22100,
};
