import { describe } from "vitest";
import { batchNorm, batchNormBackward } from "../../src/index.ts";
import { batchNormBackward as batchNormGradients } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { BACKWARD_CASES } from "./backward-cases.ts";
import { arraysOf, backwardOnGpu, expectedGradients } from "./backward-calls.ts";

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const testCase of BACKWARD_CASES) {
    gpuTest(
      `${testCase.layer} [${testCase.shape.join(", ")}]: ${testCase.why}`,
      async ({ gpu }) => {
        const arrays = arraysOf(testCase);
        const wanted = expectedGradients(testCase, arrays);
        const found = backwardOnGpu(gpu, testCase, arrays);
        for (const [name, values] of Object.entries(wanted)) expectWithin(await found[name as keyof typeof found]!.read(), values, name);
      },
      planAs,
    );
  }

  for (const layout of ["nchw", "nhwc"] as const) {
    gpuTest(
      `batch, ${layout}: rstd squared times a scaled loss leaves f32, dx does not`,
      async ({ gpu }) => {
        const shape = layout === "nchw" ? [4, 3, 4, 4] : [4, 4, 4, 3];
        const x = { data: normal(192, 1, 0, 1e-16), shape };
        const dy = { data: normal(192, 2, 0, 1e7).map((value, i) => value + x.data[i]! * 1e23), shape };
        const args = { layout, eps: 0 };
        const { saved } = batchNorm(gpu, gpu.tensor(x.data, shape), { ...args, training: true });
        const { dx } = batchNormBackward(gpu, gpu.tensor(dy.data, shape), saved!, args);
        expectWithin(await dx!.read(), batchNormGradients(dy, x, { ...args, training: true }).dx, "dx");
      },
      planAs,
    );
  }
});
