// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 80100;
export const GPU = 13500;

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
  LayerNorm: 48500,
  RMSNorm: 48500,
  BatchNorm: 44100,
  GroupNorm: 50900,
  InstanceNorm: 52600,
  WeightNorm: 24100,
  WeightStandardization: 54900,
  BatchChannelNorm: 53800,
  EstimatedBatchNorm: 44100,
  LocalResponseNorm: 17900,
  LpNorm: 23700,
  MeanVarianceNorm: 51400,
  layerNorm: 32500,
  layerNormBackward: 34500,
  rmsNorm: 32500,
  groupNorm: 33400,
  instanceNorm: 34800,
  batchNorm: 31500,
  weightNorm: 21800,
  weightStandardization: 34400,
  weightStandardizationAll: 17700,
  weightNormAll: 17500,
  localResponseNorm: 16300,
  lpNorm: 21900,
};
