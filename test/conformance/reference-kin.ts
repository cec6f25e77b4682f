import {
  batchChannelNormBackward,
  batchChannelNormForward,
  estimatedBatchNormBackward,
  estimatedBatchNormForward,
  localResponseNormBackward,
  localResponseNormForward,
  lpNormBackward,
  lpNormForward,
  meanVarianceNormBackward,
  meanVarianceNormForward,
} from "../../src/reference/index.ts";
import type { Case } from "./check.ts";
import { interpretKin, type KinMeaning } from "./interpret-kin.ts";

type Outputs = Record<string, ArrayLike<number>>;

/** The reference's outputs for the layers' kin under the names that cases use; null for other ops. */
export function runKin(testCase: Case): Outputs | null {
  const meaning = interpretKin(testCase);
  if (!meaning) return null;
  const { x, dy } = meaning;
  switch (meaning.layer) {
    case "lp":
      return { ...lpNormForward(x, meaning.options), ...(dy && lpNormBackward(dy, x, meaning.options)) };
    case "localResponse":
      return { ...localResponseNormForward(x, meaning.options), ...(dy && localResponseNormBackward(dy, x, meaning.options)) };
    case "meanVariance": {
      const { y, mean } = meanVarianceNormForward(x, meaning.options);
      return { y, mean, ...(dy && { dx: meanVarianceNormBackward(dy, x, meaning.options).dx }) };
    }
    default:
      return runTracked(meaning);
  }
}

function runTracked(meaning: Extract<KinMeaning, { layer: "batchChannel" | "estimated" }>): Outputs {
  const { x, dy, parameters, mean, variance, options } = meaning;
  const args = { ...options, ...parameters, ...(mean && { mean: mean.data }), ...(variance && { variance: variance.data }) };
  const channel = meaning.layer === "batchChannel" ? { ...args, groups: meaning.groups } : null;
  const estimated = args as Parameters<typeof estimatedBatchNormForward>[1];
  const forward = channel ? batchChannelNormForward(x, channel) : estimatedBatchNormForward(x, estimated);
  const backward = dy && (channel ? batchChannelNormBackward(dy, x, channel) : estimatedBatchNormBackward(dy, x, estimated));
  const { runningMean, runningVariance } = forward;
  const found: Outputs = { y: forward.y, ...(runningMean && { running_mean: runningMean }), ...(runningVariance && { running_var: runningVariance }) };
  const names = { dx: "dx", dgamma: "dscale", dbeta: "dbias", dbnGamma: "dbn_scale", dbnBeta: "dbn_bias", dmean: "dmean", dvariance: "dvar" };
  for (const [name, value] of Object.entries(backward ?? {})) {
    if (name in names) found[names[name as keyof typeof names]] = "data" in value ? value.data : value;
  }
  return found;
}
