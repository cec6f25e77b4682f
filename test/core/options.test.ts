import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/core/errors.ts";
import { checkFinite, checkWord } from "../../src/core/options.ts";

describe("checkFinite", () => {
  test.each([0, -0, 1.5, 3.4e38])("takes %s", (found) => {
    expect(checkFinite("LpNorm", "p", found, 0)).toBe(found);
  });

  test.each([NaN, Infinity, 1e39, -1, null, undefined, "2", [2], {}, 2n])("refuses %s", (found) => {
    expect(() => checkFinite("LpNorm", "p", found as number, 0)).toThrow(OptionError);
  });

  test("quotes what was found and what was wanted", () => {
    expect(() => checkFinite("LpNorm", "p", 0.5, 1)).toThrow("LpNorm: p is 0.5; wanted a finite number from 1");
    expect(() => checkFinite("LayerNorm", "gammaOffset", 1e39)).toThrow("LayerNorm: gammaOffset is 1e+39; wanted a finite number");
    expect(checkFinite("LayerNorm", "gammaOffset", -1)).toBe(-1);
  });
});

test("checkWord refuses a word that is none of these", () => {
  expect(checkWord("GroupNorm", "layout", "nhwc", ["nchw", "nhwc"])).toBe("nhwc");
  for (const found of ["NCHW", "", null, 1])
    expect(() => checkWord("GroupNorm", "layout", found as string, ["nchw", "nhwc"])).toThrow(`GroupNorm: layout is ${String(found)}; wanted "nchw" or "nhwc"`);
});
