import { expect, test } from "vitest";
import {
  batchNormBackward,
  batchNormForward,
  groupNormBackward,
  groupNormForward,
  instanceNormBackward,
  instanceNormForward,
  layerNormBackward,
  layerNormForward,
  rmsNormBackward,
  rmsNormForward,
  type NormBackward,
  type NormForward,
  type RunningStatistics,
} from "../../src/reference/index.ts";
import cases from "./cases.json";
import { judge, type Case, type RawCase } from "./check.ts";
import { interpret, type Meaning } from "./interpret.ts";
import { runKin } from "./reference-kin.ts";
import { runWeights } from "./reference-weights.ts";

/** The reference's outputs under the names that cases use. */
async function run(testCase: Case): Promise<Record<string, ArrayLike<number>> | null> {
  const meaning = interpret(testCase);
  if (!meaning) return runWeights(testCase) ?? runKin(testCase);
  if (meaning.layer === "batch") return runBatch(meaning);
  const { x, dy, mean, variance, ...parameters } = meaning.inputs;
  const args = { ...meaning.options, ...parameters };
  if (meaning.layer === "instance") {
    const running = { ...args, mean: mean?.data, variance: variance?.data, training: meaning.mode === "training" };
    const forward = instanceNormForward(x!, running);
    return { ...outputs(forward, dy && instanceNormBackward(dy, x!, running)), ...moved(forward) };
  }
  const both = { layer: [layerNormForward, layerNormBackward], rms: [rmsNormForward, rmsNormBackward], group: [groupNormForward, groupNormBackward] } as const;
  const [forward, backward] = both[meaning.layer];
  const groups = meaning.options.groups!;
  return outputs(forward(x!, { ...args, groups }), dy && backward(dy, x!, { ...args, groups }));
}

function runBatch({ inputs, options, mode }: Meaning): Record<string, ArrayLike<number>> {
  const { x, dy, mean, variance, ...parameters } = inputs;
  const args = { ...options, ...parameters, mean: mean?.data, variance: variance?.data, training: mode !== "inference" };
  const trained = batchNormForward(x!, args);
  const after = { ...args, training: false, mean: trained.runningMean, variance: trained.runningVariance };
  const forward = mode === "train_then_infer" ? batchNormForward(x!, after) : trained;
  return { ...outputs(forward, dy && batchNormBackward(dy, x!, args)), ...moved(trained) };
}

function moved({ runningMean, runningVariance }: RunningStatistics): Record<string, ArrayLike<number>> {
  return { ...(runningMean && { running_mean: runningMean }), ...(runningVariance && { running_var: runningVariance }) };
}

function outputs(forward: NormForward, backward?: NormBackward): Record<string, ArrayLike<number>> {
  const { y, sum, mean, rstd, variance } = forward;
  const found = { y, sum, mean, inv_std: rstd, batch_mean: mean, batch_var: variance, saved_mean: mean, saved_inv_std: rstd };
  if (!backward) return found;
  const { dx, dgamma, dbeta, dmean, dvariance } = backward;
  return {
    ...found,
    dx,
    ...(dgamma && { dscale: dgamma.data }),
    ...(dbeta && { dbias: dbeta.data }),
    ...(dmean && { dmean }),
    ...(dvariance && { dvar: dvariance }),
  };
}

/** Cases of each op. */
const COUNTS = {
  batch_norm: 39,
  group_norm: 12,
  instance_norm: 24,
  layer_norm: 29,
  rms_norm: 6,
  skip_layer_norm: 6,
  weight_norm: 4,
  weight_std: 5,
  batch_channel_norm: 1,
  est_batch_norm: 1,
  lp_norm: 6,
  lrn: 11,
  mvn: 1,
};

test("the reference agrees with every case, forward and backward", async () => {
  const verdicts = await Promise.all((cases as unknown as RawCase[]).map((raw) => judge(raw, run, true)));
  const passed = verdicts.filter((verdict) => verdict.state === "passed").map((verdict) => verdict.op);
  expect(verdicts.filter((verdict) => verdict.state === "failed")).toEqual([]);
  expect(verdicts.filter((verdict) => verdict.state === "unsupported")).toEqual([]);
  expect(verdicts.length).toBe(145);
  expect(Object.fromEntries(Object.keys(COUNTS).map((op) => [op, passed.filter((name) => name === op).length]))).toEqual(COUNTS);
});
