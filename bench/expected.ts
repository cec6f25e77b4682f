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
import type { Inputs, Values } from "./inputs.ts";

/** Outputs by name: `y` and `sum`, or `dx`, `dgamma` and `dbeta`. */
export type Outputs<Data> = Readonly<Record<string, Data>>;

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

/** The bound on the error of f32 outputs: docs/decisions.md, "numerics". */
export const ERROR_BOUND = 4e-6;

/** max |actual - expected| / max(1, max |expected|), the worst over the outputs; infinite where one is missing, of another length or not a number. */
export function errorOf(actual: Outputs<Float32Array>, expected: Outputs<Float64Array>): number {
  return Math.max(...Object.entries(expected).map(([name, values]) => distance(actual[name], values)));
}

function distance(actual: Float32Array | undefined, expected: Float64Array): number {
  if (actual?.length !== expected.length) return Infinity;
  let worst = 0;
  let size = 1;
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    if (!(apart <= worst)) worst = Number.isNaN(apart) ? Infinity : apart;
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return worst / size;
}
