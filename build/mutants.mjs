// npm run mutants: breaks one line of each kernel in turn, and demands that a check against the float64 reference notices. A mutant that does not
// compile, that its check does not run, or whose line is not there counts as alive.
import { resolve } from "node:path";
import { createVitest } from "vitest/node";

const root = resolve(import.meta.dirname, "..");
const FEWEST = 20;

async function main() {
  const vitest = await createVitest("test", { config: resolve(root, "vitest.mutants.config.ts"), root, watch: false, reporters: ["verbose"] });
  await vitest.start();
  const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
  const alive = tests.filter((test) => test.result().state !== "passed");
  const errors = vitest.state.getUnhandledErrors();
  await vitest.close();
  for (const test of alive) console.log(`ALIVE ${test.name}`);
  console.log(`${tests.length} mutants, ${tests.length - alive.length} killed`);
  return alive.length || errors.length || tests.length < FEWEST ? 1 : 0;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
