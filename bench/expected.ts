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
  weightStandardizationForward,
  type NormBackward,
  type NormForward,
} from "../src/reference/index.ts";
import { EPS, type Case } from "./cases.ts";
import type { Outputs } from "./error.ts";
import type { Inputs, Values } from "./inputs.ts";

/** The float64 reference's outputs. */
export function expectedOf(one: Case, inputs: Inputs): Outputs<Float64Array> {
  if (one.norm === "weight") return { y: weightStandardizationForward(inputs.x, { correction: 0, epsMode: "insideVariance", eps: EPS }).w };
  if (one.direction === "forward") {
    const { y, sum } = forward(one, inputs);
    return { y, ...(one.residual && { sum }) };
  }
  const { dx, dgamma, dbeta } = gradients(one, inputs, inputs.dy!);
  return { dx, ...(dgamma && { dgamma: dgamma.data }), ...(dbeta && { dbeta: dbeta.data }) };
}

function argumentsOf(one: Case, { gamma, beta, residual }: Inputs) {
  return { gamma, beta, residual, eps: EPS, layout: one.layout === "NHWC" ? ("nhwc" as const) : ("nchw" as const), axes: lastAxes(one), groups: one.groups };
}

function lastAxes({ own }: Case): number[] {
  return Array.from({ length: own }, (_, place) => place - own);
}

function forward(one: Case, inputs: Inputs): NormForward {
  const { layout, axes, groups, ...args } = argumentsOf(one, inputs);
  if (one.norm === "batch")
    return batchNormForward(inputs.x, { ...args, layout, training: one.training, mean: inputs.mean?.data, variance: inputs.variance?.data });
  if (one.norm === "group") return groupNormForward(inputs.x, { ...args, layout, groups });
  if (one.norm === "instance") return instanceNormForward(inputs.x, { ...args, layout });
  return one.norm === "rms" ? rmsNormForward(inputs.x, { ...args, axes }) : layerNormForward(inputs.x, { ...args, axes });
}

function gradients(one: Case, inputs: Inputs, dy: Values): NormBackward {
  const { layout, axes, groups, ...args } = argumentsOf(one, inputs);
  if (one.norm === "batch") return batchNormBackward(dy, inputs.x, { ...args, layout, training: one.training });
  if (one.norm === "group") return groupNormBackward(dy, inputs.x, { ...args, layout, groups });
  if (one.norm === "instance") return instanceNormBackward(dy, inputs.x, { ...args, layout });
  return one.norm === "rms" ? rmsNormBackward(dy, inputs.x, { ...args, axes }) : layerNormBackward(dy, inputs.x, { ...args, axes });
}
