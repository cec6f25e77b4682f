import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { fresh } from "../mutants/fresh.ts";
import { MUTANTS } from "../mutants/mutant.ts";
import { withMinifiedShaders } from "./minified.ts";

// Each check that notices a mutant of some kernel, once for each kind of device: together they run every kernel.
const checks = new Map(MUTANTS.map((mutant) => [`${mutant.file}: ${mutant.what}`, mutant]));
const seen = new Set<unknown>();

for (const [name, { check, as = "software" }] of checks) {
  if (seen.has(check)) continue;
  seen.add(check);
  gpuTest(
    `the minified kernels are as right as those in shaders/: the check of ${name}`,
    ({ gpu }) =>
      withMinifiedShaders(async () => {
        const own = fresh(gpu, as);
        try {
          await check(own);
        } finally {
          own.destroy();
        }
      }),
    PLANNED_AS[as],
  );
}
