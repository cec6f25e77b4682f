import { describe, expect, test } from "vitest";
import { bundle, gzippedBytes } from "../build/bundle.mjs";
import { FUNCTIONS, GPU, LAYERS, SIZES, WHOLE } from "./sizes.ts";
import * as library from "../src/index.ts";

// What a program downloads: tree-shaken, minified by Vite as it comes, gzip -9. After a rise that is meant: the new number into sizes.ts, and why into the commit.

const bytesOf = async (names: string): Promise<number> => gzippedBytes((await bundle(names)).code);

test("the whole library", async () => {
  expect(await bytesOf("*")).toBeLessThanOrEqual(WHOLE);
});

test("Gpu alone", async () => {
  expect(await bytesOf("{ Gpu }")).toBeLessThanOrEqual(GPU);
});

describe("Gpu and", () => {
  test.each([...LAYERS, ...FUNCTIONS])("%s", async (name) => {
    expect(library).toHaveProperty(name);
    expect(await bytesOf(`{ Gpu, ${name} }`)).toBeLessThanOrEqual(SIZES[name]);
  });
});
