import { Gpu } from "../../src/index.ts";
import { run } from "./adapter.ts";
import { judge, type RawCase, type Verdict } from "./check.ts";

declare global {
  interface Window {
    judgeAll(cases: readonly RawCase[]): Promise<Verdict[]>;
  }
}

/** Called by build/conformance.mjs. */
window.judgeAll = async (cases) => {
  const gpu = await Gpu.open();
  const verdicts: Verdict[] = [];
  for (const raw of cases) verdicts.push(await judge(raw, (testCase) => run(testCase, gpu)));
  gpu.destroy();
  return verdicts;
};
document.body.dataset["ready"] = "true";
