import { expect, test } from "vitest";
import { parseOptions } from "../../bench/options.ts";

test("without a word, every case runs in Chrome, alone", () => {
  expect(parseOptions([])).toEqual({
    env: "chromium",
    adapter: undefined,
    cases: undefined,
    peers: false,
    tune: false,
    cold: false,
    reps: 9,
    runs: 1,
    json: undefined,
    out: "docs/performance",
  });
});

test("every option is taken", () => {
  const words = "--adapter swiftshader --cases ^GroupNorm --peers --tune --cold --reps 3 --runs 2 --json a.json --out b".split(" ");
  expect(parseOptions(words)).toEqual({
    env: "chromium",
    adapter: "swiftshader",
    cases: "^GroupNorm",
    peers: true,
    tune: true,
    cold: true,
    reps: 3,
    runs: 2,
    json: "a.json",
    out: "b",
  });
  expect(parseOptions(["--env", "dawn"]).env).toBe("dawn");
});

test.each([
  [["--adapter", "metal"], "--adapter is metal; wanted swiftshader or default"],
  [["--env", "deno"], "--env is deno; wanted chromium or dawn"],
  [["--reps", "0"], "--reps is 0; wanted an integer from 1"],
  [["--runs", "two"], "--runs is two; wanted an integer from 1"],
  [["--cases", "("], "--cases is (; wanted a regular expression"],
  [["--env", "dawn", "--peers"], "--peers are pages' libraries"],
  [["--env", "dawn", "--cold"], "--cold is of pages"],
  [["--env", "dawn", "--adapter", "swiftshader"], "--adapter is of Chrome"],
  [["--quick"], "--quick"],
])("%s is refused", (words, message) => {
  expect(() => parseOptions(words)).toThrow(message);
});
