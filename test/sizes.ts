// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 84450;
export const GPU = 13700;

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
  LayerNorm: 51500,
  RMSNorm: 51500,
  BatchNorm: 47900,
  GroupNorm: 54250,
  InstanceNorm: 55900,
  WeightNorm: 23950,
  WeightStandardization: 58200,
  BatchChannelNorm: 56950,
  EstimatedBatchNorm: 47900,
  LocalResponseNorm: 18050,
  LpNorm: 23600,
  MeanVarianceNorm: 54800,
  layerNorm: 34750,
  layerNormBackward: 35700,
  rmsNorm: 34750,
  groupNorm: 33600,
  instanceNorm: 35000,
  batchNorm: 31700,
  weightNorm: 21650,
  weightStandardization: 34600,
  weightStandardizationAll: 17850,
  weightNormAll: 17600,
  localResponseNorm: 16450,
  lpNorm: 21750,
};
