import { describe, expect } from "vitest";
import { fromHalves, toHalves } from "../../src/core/half.ts";
import type { NdArray } from "../../src/reference/index.ts";
import { expectWithin, expectWithinHalf } from "../bound.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { arraysOf, backwardOnGpu, expectedGradients } from "./backward-calls.ts";
import type { ForwardCase } from "./forward-cases.ts";

const rounded = ({ data, shape }: NdArray): NdArray => ({ data: fromHalves(toHalves(data)), shape });

/** Each walk, odd rows that share words and even ones. */
const CASES: readonly ForwardCase[] = [
  ...[1, 3, 7, 49, 63, 96].map((length): ForwardCase => ({ why: "rows", layer: "layer", shape: [37, length], gamma: [length], beta: [length] })),
  { why: "one row, activation", layer: "layer", shape: [1, 515], gamma: [515], beta: [515], options: { activation: "silu" } },
  { why: "long rows", layer: "rms", shape: [3, 20004], gamma: [20004] },
  { why: "groups", layer: "group", shape: [3, 12, 7, 7], gamma: [12], beta: [12], options: { groups: 3, activation: "gelu" } },
  { why: "columns", layer: "instance", shape: [3, 8, 8, 12], gamma: [12], beta: [12], options: { layout: "nhwc" } },
  { why: "runs, odd", layer: "batch", shape: [6, 5, 7, 7], gamma: [5], beta: [5], options: { training: true } },
  { why: "runs, even", layer: "batch", shape: [6, 5, 8, 8], gamma: [5], beta: [5], options: { training: true } },
  { why: "columns, odd", layer: "batch", shape: [6, 7, 5], gamma: [5], options: { training: true, layout: "nhwc" } },
  { why: "eval", layer: "batch", shape: [6, 5, 7, 7], gamma: [5], beta: [5], options: { training: false } },
  { why: "general", layer: "layer", shape: [3, 4, 5, 7], gamma: [5, 7], options: { axes: [0, 2] } },
];

describe.each(Object.entries(PLANNED_AS))("backward in f16, planned as %s", (_, planAs) => {
  for (const testCase of CASES) {
    gpuTest(
      `${testCase.layer} [${testCase.shape.join(", ")}]: ${testCase.why}`,
      async ({ gpu }) => {
        const arrays = arraysOf(testCase);
        const stored = { ...arrays, x: rounded(arrays.x), dy: rounded(arrays.dy) };
        const wanted = expectedGradients(testCase, stored);
        const found = backwardOnGpu(gpu, testCase, stored, {}, "f16");
        expect(found.dx!.dtype).toBe("f16");
        for (const [name, values] of Object.entries(wanted)) {
          const tensor = found[name as keyof typeof found]!;
          const within = tensor.dtype === "f16" ? expectWithinHalf : expectWithin;
          within(await tensor.read(), values, name);
        }
      },
      planAs,
    );
  }
});
