import { describe, expect, test } from "vitest";
import {
  layerNormForward,
  weightStandardizationBackward,
  weightStandardizationForward,
  type NdArray,
  type WeightStandardizationArguments,
} from "../../src/reference/index.ts";
import { array, expectClose, expectRefusal, expectSlopes, weighted } from "./central-differences.ts";

const CASES: readonly [name: string, v: readonly number[], args: WeightStandardizationArguments, gain?: readonly number[]][] = [
  ["linear", [3, 5], {}],
  ["linear, large eps outside", [3, 5], { eps: 0.7 }],
  ["OIHW, large eps inside, unbiased", [2, 3, 2, 1], { eps: 0.7, epsMode: "insideVariance" }],
  ["biased, large eps outside", [3, 5], { eps: 0.7, correction: 0 }],
  ["BiT", [2, 3, 2, 1], { eps: 1e-10, epsMode: "insideVariance", correction: 0 }],
  ["timm with gain", [3, 8, 1, 1], { eps: 1e-6, epsMode: "insideVariance", correction: 0, gamma: 1.7 }, [3, 1, 1, 1]],
  ["gain alone, per output", [3, 4], { eps: 0.3 }, [3]],
  ["gamma alone", [3, 4], { gamma: 1.7, eps: 0.3 }],
  ["HWIO", [2, 1, 3, 4], { dim: -1, eps: 0.3 }, [4]],
  ["the middle axis", [2, 3, 4], { dim: 1, correction: 0 }, [1, 3, 1]],
];

describe.each(CASES)("%s", (_, shape, options, gainShape) => {
  const v = array(shape, 1, 0.5);
  const dw = array(shape, 3);
  const args = { ...options, ...(gainShape && { gain: array(gainShape, 2, 1) }) };
  const { dv, dgain } = weightStandardizationBackward(dw, v, args);

  test("dv and dgain agree with central differences", () => {
    expectSlopes(dv, v.data, (data) => weighted(weightStandardizationForward({ data, shape }, args).w, dw.data));
    expect(dgain?.shape).toEqual(gainShape);
    if (!dgain) return;
    const moved = (data: Float64Array): NdArray => ({ data, shape: gainShape! });
    expectSlopes(dgain.data, args.gain!.data, (data) => weighted(weightStandardizationForward(v, { ...args, gain: moved(data) }).w, dw.data));
  });

  test("w and dv of each output sum to 0, and neither is 0", () => {
    const axis = ((options.dim ?? 0) + shape.length) % shape.length;
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    for (const values of [weightStandardizationForward(v, args).w, dv]) {
      const sums = new Float64Array(shape[axis]!);
      values.forEach((value, i) => (sums[Math.floor(i / inner) % sums.length]! += value));
      for (const sum of sums) expect(Math.abs(sum)).toBeLessThan(1e-12);
      expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(0.05);
    }
  });
});

test("[1, 2, 3] with eps 1 outside: unbiased std 1, w [-1/2, 0, 1/2]; biased, inside with eps 1/3: [-1, 0, 1]", () => {
  const v = { data: [1, 2, 3], shape: [1, 3] };
  const { w, mean, variance, rstd } = weightStandardizationForward(v, { eps: 1 });
  expectClose(w, [-0.5, 0, 0.5]);
  expectClose(mean, [2]);
  expectClose(variance, [2 / 3]);
  expectClose(rstd, [0.5]);
  expectClose(weightStandardizationForward(v, { eps: 1 / 3, epsMode: "insideVariance", correction: 0 }).w, [-1, 0, 1]);
  // unbiased inside: 1 / sqrt(1 + 3); gain 2 and gamma 3 / sqrt(3)
  const scaled = { eps: 3, epsMode: "insideVariance", gain: { data: [2], shape: [1] }, gamma: 3 } as const;
  expectClose(weightStandardizationForward(v, scaled).w, [-Math.sqrt(3), 0, Math.sqrt(3)]);
  // eps 1 outside, dw [1, 0, 2]: rstd * (dw - 1) - w * (sum of dw * w = 1/2) / (2 * std)
  expectClose(weightStandardizationBackward({ data: [1, 0, 2], shape: [1, 3] }, v, { eps: 1 }).dv, [0.125, -0.5, 0.375]);
});

test("biased with eps inside is LayerNorm of each output", () => {
  const v = array([3, 2, 2, 2], 5, 4);
  const args = { eps: 1e-5, epsMode: "insideVariance", correction: 0 } as const;
  expectClose(weightStandardizationForward(v, args).w, layerNormForward(v, { axes: [1, 2, 3] }).y);
});

test("weights that are all equal become 0, and their gradient is finite, eps 0 too", () => {
  const v = { data: [0.1, 0.1, 0.1, 1, 2, 3], shape: [2, 3] };
  const dw = { data: [1, 2, 6, 1, 2, 6], shape: [2, 3] };
  for (const epsMode of ["outsideStd", "insideVariance"] as const) {
    for (const eps of [0, 1e-5]) {
      const { w } = weightStandardizationForward(v, { eps, epsMode });
      expect(Array.from(w.slice(0, 3))).toEqual([0, 0, 0]);
      const { dv } = weightStandardizationBackward(dw, v, { eps, epsMode });
      // (dw - 3) / eps outside, / sqrt(eps) inside
      const slope = eps === 0 ? 0 : 1 / (epsMode === "outsideStd" ? eps : Math.sqrt(eps));
      expectClose(dv.slice(0, 3), [-2 * slope, -slope, 3 * slope]);
    }
  }
});

test("one weight per output: refused with correction 1, 0 without", () => {
  const v = { data: [5, 6], shape: [2, 1] };
  expectRefusal(
    () => weightStandardizationForward(v),
    "shape",
    "weightStandardizationForward: v is [2, 1]; correction 1 needs more than 1 value per statistic",
  );
  expect([...weightStandardizationForward(v, { correction: 0 }).w]).toEqual([0, 0]);
});

test("what does not fit is refused", () => {
  const v = array([2, 3], 1);
  const refused = (args: WeightStandardizationArguments, code: "shape" | "option", message: string): void =>
    expectRefusal(() => weightStandardizationForward(v, args), code, `weightStandardizationForward: ${message}`);
  refused({ gain: array([3], 1) }, "shape", "gain is [3]; v is [2, 3] and dim 0: it must be [2] or [2, 1]");
  refused({ gain: { data: [1], shape: [2] } }, "shape", "gain has 1 values; [2] holds 2");
  refused({ dim: 2 }, "option", "axis is 2; x has rank 2");
  refused({ eps: -1 }, "option", "eps is -1; wanted a finite number from 0");
  refused({ gamma: Number.NaN }, "option", "gamma is NaN; wanted a finite number");
  refused({ epsMode: "outside" as never }, "option", 'epsMode is outside; wanted "insideVariance" or "outsideStd"');
  refused({ correction: 2 as never }, "option", "correction is 2; wanted 0 or 1");
  expectRefusal(
    () => weightStandardizationBackward(array([3, 2], 1), v),
    "shape",
    "weightStandardizationBackward: dw is [3, 2]; it must have v's shape [2, 3]",
  );
  expectRefusal(
    () => weightStandardizationForward({ data: [], shape: [2, 0] }),
    "shape",
    "weightStandardizationForward: v is [2, 0]; its statistics hold no value to take a mean of",
  );
});
