import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { curves, finals } from "../../claim/charts.ts";
import type { ClaimRecord } from "../../claim/record.ts";
import { filled, results } from "../../claim/report.ts";

const read = (name: string): string => readFileSync(resolve(import.meta.dirname, "../../docs/claim", name), "utf8");

test("what the documentation shows is what its record says", () => {
  const record = JSON.parse(read("runs.json")) as ClaimRecord;
  const page = read("README.md");
  expect(filled(page, results(record, { curves: "curves.svg", finals: "finals.svg" }))).toBe(page);
  expect(curves(record)).toBe(read("curves.svg"));
  expect(finals(record)).toBe(read("finals.svg"));
});
