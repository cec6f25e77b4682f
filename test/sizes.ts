// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 84550;
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
  BatchNorm: 48050,
  GroupNorm: 54300,
  InstanceNorm: 55950,
  WeightNorm: 24000,
  WeightStandardization: 58250,
  BatchChannelNorm: 57000,
  EstimatedBatchNorm: 48050,
  LocalResponseNorm: 18050,
  LpNorm: 23650,
  MeanVarianceNorm: 54750,
  layerNorm: 34850,
  layerNormBackward: 35700,
  rmsNorm: 34850,
  groupNorm: 33700,
  instanceNorm: 35050,
  batchNorm: 31850,
  weightNorm: 21700,
  weightStandardization: 34700,
  weightStandardizationAll: 17850,
  weightNormAll: 17600,
  localResponseNorm: 16450,
  lpNorm: 21800,
};
