import type { BatchNormClassOptions } from "./batch-norm.ts";
import type { GroupNormOptions } from "./group-norm.ts";
import type { InstanceNormClassOptions } from "./instance-norm.ts";
import type { LayerNormOptions } from "./layer-norm.ts";
import type { NormClassOptions } from "./norm.ts";
import type { RMSNormOptions } from "./rms-norm.ts";

type Batch = Pick<BatchNormClassOptions, "eps" | "momentum" | "momentumConvention" | "runningVariance" | "layout">;
type Layer = Pick<LayerNormOptions, "eps">;
type Rms = Pick<RMSNormOptions, "eps" | "gammaOffset">;
type Group = Pick<GroupNormOptions, "eps" | "layout"> & { groups?: number };
type Instance = Pick<InstanceNormClassOptions, "eps" | "layout"> & Pick<NormClassOptions, "affine">;

interface Presets {
  readonly pytorch: { readonly batchNorm: Batch; readonly layerNorm: Layer; readonly rmsNorm: Rms; readonly groupNorm: Group; readonly instanceNorm: Instance };
  readonly onnx: { readonly batchNorm: Batch; readonly layerNorm: Layer; readonly rmsNorm: Rms; readonly groupNorm: Group; readonly instanceNorm: Instance };
  readonly keras: { readonly batchNorm: Batch; readonly layerNorm: Layer; readonly rmsNorm: Rms; readonly groupNorm: Group };
  readonly flax: { readonly batchNorm: Batch; readonly layerNorm: Layer; readonly rmsNorm: Rms; readonly groupNorm: Group; readonly instanceNorm: Instance };
  readonly gemma: { readonly rmsNorm: Rms };
}

/**
 * The defaults and conventions of other frameworks, as options to spread: `new BatchNorm(gpu, { channels: 64, ...presets.keras.batchNorm })`.
 *
 * - `pytorch`: torch.nn of 2.x, which this library's own defaults are. (PyTorch's RMSNorm without `eps` takes the machine epsilon of x's dtype: 2^-23 for f32.)
 * - `onnx`: operators BatchNormalization-15 (momentum 0.9 is the weight of the old value, the running variance is that of the population), LayerNormalization-17,
 *   RMSNormalization-23, GroupNormalization-21 and InstanceNormalization-6: epsilon 1e-5 throughout, channels at axis 1.
 * - `keras`: Keras 3, keras/src/layers/normalization: BatchNormalization (momentum 0.99 of the old value, biased moments, epsilon 1e-3, axis -1), LayerNormalization
 *   (1e-3), GroupNormalization (32 groups, 1e-3, axis -1), RMSNormalization (1e-6).
 * - `flax`: flax.linen and flax.nnx, their page "Normalization": BatchNorm (momentum 0.99 of the old value, biased variance, epsilon 1e-5, axis -1), LayerNorm, RMSNorm,
 *   GroupNorm (32 groups) and InstanceNorm (affine): 1e-6.
 * - `gemma`: the RMSNorm of Gemma's models (google/gemma_pytorch, class RMSNorm): epsilon 1e-6 and a factor of 1 + gamma.
 */
export const presets = {
  pytorch: {
    batchNorm: { eps: 1e-5, momentum: 0.1, momentumConvention: "update", runningVariance: "unbiased", layout: "nchw" },
    layerNorm: { eps: 1e-5 },
    rmsNorm: { eps: 2 ** -23 },
    groupNorm: { eps: 1e-5, layout: "nchw" },
    instanceNorm: { eps: 1e-5, layout: "nchw", affine: false },
  },
  onnx: {
    batchNorm: { eps: 1e-5, momentum: 0.9, momentumConvention: "retain", runningVariance: "biased", layout: "nchw" },
    layerNorm: { eps: 1e-5 },
    rmsNorm: { eps: 1e-5 },
    groupNorm: { eps: 1e-5, layout: "nchw" },
    instanceNorm: { eps: 1e-5, layout: "nchw", affine: true },
  },
  keras: {
    batchNorm: { eps: 1e-3, momentum: 0.99, momentumConvention: "retain", runningVariance: "biased", layout: "nhwc" },
    layerNorm: { eps: 1e-3 },
    rmsNorm: { eps: 1e-6 },
    groupNorm: { eps: 1e-3, groups: 32, layout: "nhwc" },
  },
  flax: {
    batchNorm: { eps: 1e-5, momentum: 0.99, momentumConvention: "retain", runningVariance: "biased", layout: "nhwc" },
    layerNorm: { eps: 1e-6 },
    rmsNorm: { eps: 1e-6 },
    groupNorm: { eps: 1e-6, groups: 32, layout: "nhwc" },
    instanceNorm: { eps: 1e-6, layout: "nhwc", affine: true },
  },
  gemma: { rmsNorm: { eps: 1e-6, gammaOffset: 1 } },
} as const satisfies Presets;
