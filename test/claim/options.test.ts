import { expect, test } from "vitest";
import { parseOptions } from "../../claim/options.ts";

test("without a word, the record of the documentation is made", () => {
  expect(parseOptions([])).toEqual({
    norms: ["none", "batch", "group", "group+ws"],
    batches: [1, 4, 16],
    seeds: [0, 1, 2],
    samples: 2048,
    adapter: undefined,
    minutes: 60,
    out: "docs/claim",
    fresh: false,
  });
});

test("every option is taken", () => {
  const words = "--norms layer,bcn+ws --batches 64,2 --seeds 7 --samples 64 --adapter swiftshader --minutes 5 --out a --fresh".split(" ");
  expect(parseOptions(words)).toEqual({
    norms: ["layer", "bcn+ws"],
    batches: [2, 64],
    seeds: [7],
    samples: 64,
    adapter: "swiftshader",
    minutes: 5,
    out: "a",
    fresh: true,
  });
});

test.each([
  [["--norms", "batch,instance"], "--norms is instance; wanted none or batch or group or group+ws or bcn+ws or weight or layer"],
  [["--norms", "batch,batch"], "--norms is batch,batch; wanted each only once"],
  [["--batches", "4,0"], "--batches has 0; wanted 1, 2, 4, 16, 64, divided by commas"],
  [["--batches", "4,"], "--batches has an empty word; wanted 1, 2, 4, 16, 64"],
  [["--seeds", "0,-1"], "--seeds has -1; wanted integers from 0, divided by commas"],
  [["--seeds", "0,"], "--seeds has an empty word"],
  [["--samples", "1000"], "--samples is 1000; wanted a multiple of each batch size, also of 16"],
  [["--samples", "many"], "--samples is many; wanted an integer from 1"],
  [["--minutes", "0"], "--minutes is 0; wanted an integer from 1"],
  [["--adapter", "metal"], "--adapter is metal; wanted swiftshader or default"],
  [["--quick"], "--quick"],
])("%s is refused", (words, message) => {
  expect(() => parseOptions(words)).toThrow(message);
});
