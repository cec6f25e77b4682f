// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 80000;

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
  LayerNorm: 48700,
  RMSNorm: 48700,
  BatchNorm: 43500,
  GroupNorm: 50400,
  InstanceNorm: 52200,
  WeightNorm: 24100,
  WeightStandardization: 54600,
  BatchChannelNorm: 53300,
  EstimatedBatchNorm: 43500,
  LocalResponseNorm: 17800,
  LpNorm: 23700,
  MeanVarianceNorm: 49900,
  layerNorm: 32100,
  layerNormBackward: 34800,
  rmsNorm: 32100,
  groupNorm: 32700,
  instanceNorm: 34200,
  batchNorm: 30800,
  weightNorm: 21900,
  weightStandardization: 33700,
  weightStandardizationAll: 17600,
  weightNormAll: 17300,
  localResponseNorm: 16300,
  lpNorm: 21900,
};
