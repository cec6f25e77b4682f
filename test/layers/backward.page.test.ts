import { describe } from "vitest";
import { expectWithin } from "../bound.ts";
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
});
