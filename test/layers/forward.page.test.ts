import { describe } from "vitest";
import { expectWithin } from "../bound.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { FORWARD_CASES } from "./forward-cases.ts";
import { expectedOf, runCase } from "./run-forward-case.ts";

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const testCase of FORWARD_CASES) {
    gpuTest(
      `${testCase.layer} [${testCase.shape.join(", ")}]: ${testCase.why}`,
      async ({ gpu }) => {
        const { y, sum, saved } = runCase(gpu, testCase);
        const wanted = expectedOf(testCase);
        expectWithin(await y.read(), wanted.y);
        if (sum) expectWithin(await sum.read(), wanted.sum, "sum");
        if (saved!.mean) expectWithin(await saved!.mean.read(), wanted.mean, "mean");
        expectWithin(await saved!.rstd.read(), wanted.rstd, "rstd");
        expectWithin(await saved!.variance.read(), wanted.variance, "variance");
      },
      planAs,
    );
  }
});
