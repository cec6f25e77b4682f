// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 80350;
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
  LayerNorm: 48750,
  RMSNorm: 48750,
  BatchNorm: 44350,
  GroupNorm: 51150,
  InstanceNorm: 52850,
  WeightNorm: 24100,
  WeightStandardization: 55150,
  BatchChannelNorm: 54050,
  EstimatedBatchNorm: 44350,
  LocalResponseNorm: 17900,
  LpNorm: 23700,
  MeanVarianceNorm: 51650,
  layerNorm: 32750,
  layerNormBackward: 34500,
  rmsNorm: 32750,
  groupNorm: 33650,
  instanceNorm: 35050,
  batchNorm: 31750,
  weightNorm: 21800,
  weightStandardization: 34650,
  weightStandardizationAll: 17700,
  weightNormAll: 17600,
  localResponseNorm: 16400,
  lpNorm: 22000,
};
