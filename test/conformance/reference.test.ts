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
} from "../../src/reference/index.ts";
import cases from "./cases.json";
import { judge, type Case, type RawCase } from "./check.ts";
import { interpret, type Meaning } from "./interpret.ts";

/** The reference's outputs under the names that cases use. */
async function run(testCase: Case): Promise<Record<string, ArrayLike<number>> | null> {
  const meaning = interpret(testCase);
  if (!meaning) return null;
  if (meaning.layer === "batch" || (meaning.layer === "instance" && meaning.inputs.mean)) return runBatch(meaning);
  const { x, dy, ...parameters } = meaning.inputs;
  const args = { ...meaning.options, ...parameters, mean: undefined, variance: undefined };
  const both = {
    layer: [layerNormForward, layerNormBackward],
    rms: [rmsNormForward, rmsNormBackward],
    group: [groupNormForward, groupNormBackward],
    instance: [instanceNormForward, instanceNormBackward],
  } as const;
  const [forward, backward] = both[meaning.layer as keyof typeof both];
  const groups = { groups: meaning.options.groups! };
  return outputs(forward(x!, { ...args, ...groups }), dy && backward(dy, x!, { ...args, ...groups }));
}

/** Running statistics of instance normalization are those of a batch normalization of the samples' channels, averaged: not of this issue. */
function runBatch({ layer, inputs, options, mode }: Meaning): Record<string, ArrayLike<number>> | null {
  if (layer === "instance") return null;
  const { x, dy, gamma, beta, mean, variance } = inputs;
  const args = { ...options, gamma, beta, mean: mean?.data, variance: variance?.data, training: mode !== "inference" };
  const trained = batchNormForward(x!, args);
  const after = { ...args, training: false, mean: trained.runningMean ?? mean?.data, variance: trained.runningVariance ?? variance?.data };
  const forward = mode === "train_then_infer" ? batchNormForward(x!, after) : trained;
  return {
    ...outputs(forward, dy && batchNormBackward(dy, x!, args)),
    ...(trained.runningMean && { running_mean: trained.runningMean }),
    ...(trained.runningVariance && { running_var: trained.runningVariance }),
  };
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

test("the reference agrees with every case of the five layers, forward and backward", async () => {
  const verdicts = await Promise.all((cases as unknown as RawCase[]).map((raw) => judge(raw, run, true)));
  expect(verdicts.filter((verdict) => verdict.state === "failed")).toEqual([]);
  expect(verdicts.filter((verdict) => verdict.state === "passed").length).toBe(115);
});
