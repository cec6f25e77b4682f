// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 84300;

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
  LayerNorm: 54300,
  RMSNorm: 54300,
  BatchNorm: 55000,
  GroupNorm: 54300,
  InstanceNorm: 55200,
  WeightNorm: 25300,
  WeightStandardization: 57700,
  BatchChannelNorm: 57000,
  EstimatedBatchNorm: 55100,
  LocalResponseNorm: 18700,
  LpNorm: 24900,
  MeanVarianceNorm: 54400,
  layerNorm: 35700,
  layerNormBackward: 37400,
  rmsNorm: 35700,
  groupNorm: 35700,
  instanceNorm: 36300,
  batchNorm: 36200,
  weightNorm: 23100,
  weightStandardization: 36300,
  weightStandardizationAll: 18000,
  weightNormAll: 17800,
  localResponseNorm: 17200,
  lpNorm: 23200,
};
