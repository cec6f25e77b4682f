import { expect } from "vitest";
import { CASES } from "../../bench/case-list.ts";
import { idOf, type Case } from "../../bench/cases.ts";
import { Gpu } from "../../src/index.ts";
import { gpuTest } from "../gpu-test.ts";
import { costOf } from "./cost.ts";
import { complaints, parse } from "./record.ts";
import recorded from "./recorded.txt?raw";

/** Values of x up to which a case is run here too; guard.test.ts counts the calls of all. */
const LARGEST = 2 ** 21;

const sizeOf = ({ shape, parts }: Case): number => Math.max(...(parts.length ? parts.map((part) => sizeOf(part)) : [shape.reduce((a, b) => a * b, 1)]));

gpuTest("on a device that runs them, calls planned for a software adapter cost what is on record", async ({ gpu: { device } }) => {
  const known = parse(recorded);
  const run = CASES.filter((one) => sizeOf(one) <= LARGEST);
  expect(run.length).toBeGreaterThan(30);
  const said: string[] = [];
  for (const one of run) {
    const gpu = Gpu.from(device);
    Object.defineProperty(gpu, "capabilities", { value: { ...gpu.capabilities, adapterClass: "software" } });
    const found = { [idOf(one)]: { software: await costOf(gpu, one) } };
    const own = known[idOf(one)]?.["software"];
    said.push(...complaints(own ? { [idOf(one)]: { software: own } } : {}, found));
    gpu.destroy();
  }
  expect(said.join("\n")).toBe("");
});
