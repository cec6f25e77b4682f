import packedStandardizeBackward from "../../shaders/packed-standardize-backward.wgsl";
import packedStandardize from "../../shaders/packed-standardize.wgsl";
import packedWeightNormBackward from "../../shaders/packed-weight-norm-backward.wgsl";
import packedWeightNorm from "../../shaders/packed-weight-norm.wgsl";
import { kernelName } from "./kernels.ts";

// The kernels that a PackedRequest may ask for: functions, so that a call brings only its own.

export function standardizeKernel(): string {
  return kernelName(packedStandardize);
}

export function standardizeBackwardKernel(): string {
  return kernelName(packedStandardizeBackward);
}

export function weightNormKernel(): string {
  return kernelName(packedWeightNorm);
}

export function weightNormBackwardKernel(): string {
  return kernelName(packedWeightNormBackward);
}
