import { describe, expect, test } from "vitest";
import { KERNELS } from "../kernels.ts";
import { MUTANTS, SHADERS } from "./mutant.ts";

const FEWEST = 20;

test.each([...KERNELS.keys()])("the kernel %s has a mutant (npm run mutants)", (name) => {
  expect(MUTANTS.filter((mutant) => mutant.file === name)).not.toEqual([]);
});

test("mutants are changed where kernels have their text", () => {
  for (const [name, kernel] of KERNELS) expect(SHADERS.get(name)).toBe(kernel);
});

test("there are enough mutants, each with a name of its own", () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(FEWEST);
  expect(new Set(MUTANTS.map(({ file, what }) => `${file}: ${what}`)).size).toBe(MUTANTS.length);
});

test.each(["skip the last column", "drop a lane", "forget the mean", "biased for unbiased", "no merge of one slice"])("one is: %s", (what) => {
  expect(MUTANTS.filter((mutant) => mutant.what.startsWith(what))).not.toEqual([]);
});

describe("every wrong line", () => {
  test.each(MUTANTS)("$file: $what: stands once, and becomes another", ({ file, line, wrong }) => {
    expect(SHADERS.get(file)?.code.split(line)).toHaveLength(2);
    expect(wrong).not.toBe(line);
  });
});
