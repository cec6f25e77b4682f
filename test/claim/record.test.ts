import { expect, test } from "vitest";
import { jobsOf, left, nameOf, resume } from "../../claim/record.ts";
import { madeUpRecord, madeUpRun } from "./made-up.ts";

test("seeds are outermost: a record that is cut short is balanced", () => {
  const jobs = jobsOf({ norms: ["none", "batch"], batches: [1, 4], seeds: [0, 1] });
  expect(jobs.map(nameOf)).toEqual([
    "none, batch 1, seed 0",
    "batch, batch 1, seed 0",
    "none, batch 4, seed 0",
    "batch, batch 4, seed 0",
    "none, batch 1, seed 1",
    "batch, batch 1, seed 1",
    "none, batch 4, seed 1",
    "batch, batch 4, seed 1",
  ]);
});

test("what is recorded is not run again, whatever else the record holds", () => {
  const jobs = jobsOf({ norms: ["none", "batch"], batches: [1], seeds: [0, 1] });
  const runs = [madeUpRun("batch", 1, 0, 0.9), madeUpRun("none", 1, 1, 0.1, 8), madeUpRun("layer", 1, 1, 0.9)];
  expect(left(jobs, runs).map(nameOf)).toEqual(["none, batch 1, seed 0", "batch, batch 1, seed 1"]);
  expect(left(jobs, [])).toEqual(jobs);
});

test("a record goes on with the facts of now and the runs of before", () => {
  const run = madeUpRun("batch", 1, 0, 0.9);
  const now = { ...madeUpRecord([]), browser: "Chrome/2" };
  expect(resume(madeUpRecord([run]), now)).toEqual({ ...now, runs: [run] });
  expect(resume(null, now)).toBe(now);
});

test.each([
  ["samples", { samples: 128 }, "the record was made with another samples a run (128); wanted 64: --fresh starts a new one, --out writes elsewhere"],
  ["network", { network: { version: 2, text: "", testDigits: 500 } }, "another version of the network (2); wanted 3"],
  ["test digits", { network: { version: 3, text: "", testDigits: 100 } }, "another number of test digits (100); wanted 500"],
  ["adapter", { adapter: { name: "a card", software: false } }, "another adapter (a card); wanted google swiftshader"],
  ["schema", { schema: 0 }, "the record is of schema 0; wanted 1"],
])("a record of another %s is refused, but for one without runs", (_, changed, message) => {
  const before = { ...madeUpRecord([madeUpRun("batch", 1, 0, 0.9)]), ...changed };
  expect(() => resume(before, madeUpRecord([]))).toThrow(message);
  expect(resume({ ...before, runs: [] }, madeUpRecord([])).runs).toEqual([]);
});
