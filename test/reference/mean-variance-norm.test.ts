import { describe, expect, test } from "vitest";
import { layerNormForward, meanVarianceNormBackward, meanVarianceNormForward, type MeanVarianceNormArguments } from "../../src/reference/index.ts";
import { array, expectClose, expectRefusal, expectSlopes, weighted } from "./central-differences.ts";

const CASES: readonly [name: string, x: readonly number[], args: MeanVarianceNormArguments][] = [
  ["all but axis 1", [3, 2, 4], {}],
  ["large eps outside", [3, 2, 4], { eps: 0.6 }],
  ["unbiased, large eps outside, axes that alternate", [3, 2, 4], { eps: 0.6, correction: 1, axes: [2, 0] }],
  ["unbiased, inside", [4, 5], { eps: 0.6, correction: 1, epsMode: "insideVariance", axes: [-1] }],
  ["an activation and a scaled gamma", [4, 5], { eps: 0.6, axes: [1], gamma: array([5], 7, 1), gammaScale: 0.7, gammaShift: 0.4, activation: "silu" }],
  ["rank 1", [6], {}],
];

describe.each(CASES)("%s", (_, shape, args) => {
  const x = array(shape, 1, 0.3);
  const dy = array(shape, 2);
  const { dx, dgamma } = meanVarianceNormBackward(dy, x, args);

  test("dx and dgamma agree with central differences", () => {
    expectSlopes(dx, x.data, (data) => weighted(meanVarianceNormForward({ data, shape }, args).y, dy.data));
    if (!args.gamma) return;
    const { shape: own, data: at } = args.gamma;
    expectSlopes(dgamma!.data, at, (data) => weighted(meanVarianceNormForward(x, { ...args, gamma: { data, shape: own } }).y, dy.data));
  });

  test("dx sums to 0", () => {
    expect(Math.abs(dx.reduce((total, value) => total + value, 0))).toBeLessThan(1e-13);
    expect(Math.max(...dx.map(Math.abs))).toBeGreaterThan(0.05);
  });
});

test("the channels of [1, 3 | 5, 5], [5, 3 | 5, 5]: mean 3 and std sqrt(2), eps outside; a constant channel gives 0", () => {
  const { y, mean, rstd } = meanVarianceNormForward({ data: [1, 3, 5, 5, 5, 3, 5, 5], shape: [2, 2, 2] }, { eps: 2 - Math.SQRT2 });
  expectClose(mean, [3, 5]);
  expectClose(y, [-1, 0, 0, 0, 1, 0, 0, 0]);
  expectClose(rstd.slice(0, 1), [0.5]);
});

test("inside the variance it is LayerNorm over the same axes, and a gamma shift of 1 is 1 + gamma there", () => {
  const x = array([3, 2, 4], 1, 5);
  const axes = [0, 2];
  expectClose(meanVarianceNormForward(x, { epsMode: "insideVariance", eps: 1e-5 }).y, layerNormForward(x, { axes }).y);
  const gamma = array([2, 1], 3);
  const shifted = { data: Float64Array.from(gamma.data, (value) => value + 1), shape: gamma.shape };
  expectClose(layerNormForward(x, { axes, gamma, gammaShift: 1 }).y, layerNormForward(x, { axes, gamma: shifted }).y);
});

test("what does not fit is refused", () => {
  const x = array([2, 3], 1);
  const refused = (args: MeanVarianceNormArguments, code: "shape" | "option", message: string): void =>
    expectRefusal(() => meanVarianceNormForward(x, args), code, `meanVarianceNormForward: ${message}`);
  refused({ axes: [2] }, "option", "axis is 2; x has rank 2");
  refused({ axes: [], correction: 1 }, "shape", "x is [2, 3]; correction 1 needs more than 1 value per statistic");
  refused({ correction: 3 as never }, "option", "correction is 3; wanted 0 or 1");
  refused({ epsMode: "inside" as never }, "option", 'epsMode is inside; wanted "insideVariance" or "outsideStd"');
  refused({ gammaScale: Number.NaN }, "option", "gammaScale is NaN; wanted a finite number");
});
