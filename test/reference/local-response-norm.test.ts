import { describe, expect, test } from "vitest";
import { localResponseNormBackward, localResponseNormForward, type LocalResponseNormArguments } from "../../src/reference/index.ts";
import { array, expectClose, expectRefusal, expectSlopes, weighted } from "./central-differences.ts";

const CASES: readonly [name: string, x: readonly number[], args: LocalResponseNormArguments][] = [
  ["odd window", [2, 7, 3], { size: 5, alpha: 0.4 }],
  ["even window, more before", [2, 5, 2], { size: 4, alpha: 2, beta: 0.5 }],
  ["even window, more after, nhwc", [2, 2, 5], { size: 4, alpha: 2, beta: 1, evenWindow: "moreAfter", layout: "nhwc" }],
  ["[N, C], alpha not divided, k 2", [3, 6], { size: 3, alpha: 0.5, beta: 1.3, k: 2, alphaDivSize: false }],
  ["one channel", [3, 1, 2], { size: 3, alpha: 1 }],
  ["more window than channels", [2, 3, 2], { size: 9, alpha: 3 }],
  ["k 0", [2, 4], { size: 2, alpha: 1, k: 0 }],
  ["beta 0 and a negative one", [2, 4], { size: 2, alpha: 1, beta: -0.5 }],
];

describe.each(CASES)("%s", (_, shape, args) => {
  const x = array(shape, 1, 0.3);
  const dy = array(shape, 2);

  test("dx agrees with central differences", () => {
    expectSlopes(localResponseNormBackward(dy, x, args).dx, x.data, (data) => weighted(localResponseNormForward({ data, shape }, args).y, dy.data));
  });
});

test("[1, 2, 3, 4] in windows of 2: the channel before it and itself, or after it; of 3: both sides", () => {
  const x = { data: [1, 2, 3, 4], shape: [1, 4] };
  const args = { alpha: 2, beta: 1, k: 1 };
  expectClose(localResponseNormForward(x, { ...args, size: 2 }).scale, [2, 6, 14, 26]);
  expectClose(localResponseNormForward(x, { ...args, size: 2, evenWindow: "moreAfter" }).scale, [6, 14, 26, 17]);
  expectClose(localResponseNormForward(x, { ...args, size: 3, alpha: 3 }).scale, [6, 15, 30, 26]);
  expectClose(localResponseNormForward(x, { ...args, size: 2, alphaDivSize: false }).scale, [3, 11, 27, 51]);
  expectClose(localResponseNormForward(x, { ...args, size: 2 }).y, [1 / 2, 2 / 6, 3 / 14, 4 / 26]);
  // PyTorch's defaults: alpha 1e-4, beta 0.75, k 1
  expectClose(
    localResponseNormForward(x, { size: 1 }).y,
    [1, 2, 3, 4].map((v) => v / (1 + 1e-4 * v * v) ** 0.75),
  );
});

test("a window of zeros with k 0 gives 0 and no gradient", () => {
  const x = { data: [0, 0, 0, 1], shape: [1, 4] };
  const args = { size: 1, k: 0, alpha: 1, beta: 0.5 };
  expect([...localResponseNormForward(x, args).y]).toEqual([0, 0, 0, 1]);
  expect(localResponseNormBackward({ data: [1, 1, 1, 1], shape: [1, 4] }, x, args).dx.every(Number.isFinite)).toBe(true);
});

test("what does not fit is refused", () => {
  const x = array([2, 3], 1);
  const refused = (args: LocalResponseNormArguments, message: string): void =>
    expectRefusal(() => localResponseNormForward(x, args), "option", `localResponseNormForward: ${message}`);
  refused({ size: 0 }, "size is 0; wanted a whole number from 1");
  refused({ size: 2.5 }, "size is 2.5; wanted a whole number from 1");
  refused({ size: 2, alpha: -1 }, "alpha is -1; wanted a finite number from 0");
  refused({ size: 2, k: Number.NaN }, "k is NaN; wanted a finite number from 0");
  refused({ size: 2, beta: Infinity }, "beta is Infinity; wanted a finite number");
  refused({ size: 2, evenWindow: "before" as never }, 'evenWindow is before; wanted "moreBefore" or "moreAfter"');
  expectRefusal(
    () => localResponseNormForward(array([3], 1), { size: 1 }),
    "shape",
    "localResponseNormForward: x is [3]; it needs a batch axis and a channel axis",
  );
  expectRefusal(
    () => localResponseNormBackward(array([3, 2], 1), x, { size: 1 }),
    "shape",
    "localResponseNormBackward: dy is [3, 2]; it must have x's shape [2, 3]",
  );
});
