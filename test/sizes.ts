// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 84400;

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
  LayerNorm: 54400,
  RMSNorm: 54400,
  BatchNorm: 55100,
  GroupNorm: 54400,
  InstanceNorm: 55300,
  WeightNorm: 25300,
  WeightStandardization: 57700,
  BatchChannelNorm: 57100,
  EstimatedBatchNorm: 55100,
  LocalResponseNorm: 18700,
  LpNorm: 24900,
  MeanVarianceNorm: 54500,
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
