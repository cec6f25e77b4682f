// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 82400;

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
  LayerNorm: 52200,
  RMSNorm: 52300,
  BatchNorm: 53000,
  GroupNorm: 52200,
  InstanceNorm: 53100,
  WeightNorm: 25300,
  WeightStandardization: 55600,
  BatchChannelNorm: 55000,
  EstimatedBatchNorm: 53000,
  LocalResponseNorm: 18700,
  LpNorm: 24900,
  MeanVarianceNorm: 52300,
  layerNorm: 34100,
  layerNormBackward: 37100,
  rmsNorm: 34100,
  groupNorm: 34100,
  instanceNorm: 34700,
  batchNorm: 34600,
  weightNorm: 23100,
  weightStandardization: 34700,
  weightStandardizationAll: 18000,
  weightNormAll: 17800,
  localResponseNorm: 17200,
  lpNorm: 23200,
};
