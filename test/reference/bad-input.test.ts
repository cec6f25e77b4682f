import { expect, test } from "vitest";
import { NormgpuError } from "../../src/core/errors.ts";
import {
  batchNormBackward,
  batchNormForward,
  groupNormForward,
  instanceNormForward,
  layerNormBackward,
  layerNormForward,
  rmsNormForward,
  type BatchNormArguments,
  type GroupNormArguments,
  type InstanceNormArguments,
  type LayerNormArguments,
  type NdArray,
} from "../../src/reference/index.ts";

const zeros = (...shape: number[]): NdArray => ({ data: new Float64Array(shape.reduce((a, b) => a * b, 1)), shape });
const layer = (x: NdArray, args?: LayerNormArguments) => () => layerNormForward(x, args);
const batch = (x: NdArray, args: BatchNormArguments) => () => batchNormForward(x, args);
const group = (x: NdArray, args: GroupNormArguments) => () => groupNormForward(x, args);
const instance = (x: NdArray, args?: InstanceNormArguments) => () => instanceNormForward(x, args);
const wrong = (value: unknown): never => value as never;

const BAD: readonly [why: string, code: "shape" | "option", call: () => unknown][] = [
  ["values that do not fill the shape", "shape", layer({ data: [1, 2, 3], shape: [2, 2] })],
  ["gamma that does not fill its shape", "shape", layer(zeros(2, 4), { gamma: { data: [1], shape: [4] } })],
  ["gamma that does not broadcast", "shape", layer(zeros(2, 4), { gamma: zeros(3) })],
  ["beta of more axes than x", "shape", layer(zeros(4), { beta: zeros(1, 4) })],
  ["a residual that does not broadcast", "shape", layer(zeros(2, 4), { residual: zeros(4, 2) })],
  ["a residual bias that does not broadcast", "shape", group(zeros(2, 4, 3), { groups: 2, residualBias: zeros(5) })],
  ["an axis out of range", "option", layer(zeros(2, 4), { axes: [2] })],
  ["an axis named twice", "option", layer(zeros(2, 4), { axes: [1, -1] })],
  ["no value to take a mean of", "shape", layer(zeros(2, 0))],
  ["no value to take a mean square of", "shape", () => rmsNormForward(zeros(2, 0))],
  ["a negative eps", "option", layer(zeros(2, 4), { eps: -1 })],
  ["eps that is not a number", "option", layer(zeros(2, 4), { eps: NaN })],
  ["an unknown activation", "option", layer(zeros(2, 4), { activation: wrong("swish") })],
  ["dy of another shape and the same count", "shape", () => layerNormBackward(zeros(4, 2), zeros(2, 4))],
  ["dy that does not fill its shape", "shape", () => layerNormBackward({ data: [1], shape: [2, 4] }, zeros(2, 4))],
  ["no channel axis", "shape", instance(zeros(4))],
  ["an unknown layout", "option", instance(zeros(2, 3, 4), { layout: wrong("chwn") })],
  ["channels without positions", "shape", instance(zeros(2, 3, 0))],
  ["an unbiased running variance of one position", "shape", instance(zeros(2, 1), { mean: [0], variance: [1] })],
  ["groups that do not divide the channels", "shape", group(zeros(2, 6, 3), { groups: 4 })],
  ["half a group", "option", group(zeros(2, 3, 3), { groups: 1.5 })],
  ["fewer than no groups", "option", group(zeros(2, 6, 3), { groups: -2 })],
  ["groups without a value", "shape", group(zeros(2, 6, 0), { groups: 2 })],
  ["one value a channel in training", "shape", batch(zeros(1, 3), { training: true })],
  ["one value a channel in training, backward", "shape", () => batchNormBackward(zeros(1, 3), zeros(1, 3), { training: true })],
  ["eval without statistics", "option", batch(zeros(2, 3), { training: false })],
  ["a mean without a variance", "option", batch(zeros(2, 3), { training: true, mean: [0, 0, 0] })],
  ["a mean of too few channels", "shape", batch(zeros(2, 3), { training: false, mean: [0], variance: [1, 1, 1] })],
  ["momentum above 1", "option", batch(zeros(2, 3), { training: true, momentum: 1.5 })],
  ["an unknown momentum convention", "option", batch(zeros(2, 3), { training: true, momentumConvention: wrong("keep") })],
  ["an unknown running variance", "option", batch(zeros(2, 3), { training: true, runningVariance: wrong("both") })],
  ["a channel axis out of range", "option", batch(zeros(2, 3), { training: true, channelAxis: [1, 2] })],
];

test.each(BAD)("%s is refused with code %s, naming the call", (_, code, call) => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(NormgpuError);
    expect((error as NormgpuError).code).toBe(code);
    expect((error as NormgpuError).message).toMatch(/^\w+Norm(Forward|Backward): \w+/);
    return;
  }
  expect.unreachable();
});
