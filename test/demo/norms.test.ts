import { expect, test } from "vitest";
import type { Job } from "../../demo/see/engine.ts";
import { foundOf, statisticsOf } from "../../demo/see/findings.ts";
import { NORM_NAMES, NORMS, valuesOf } from "../../demo/see/norms.ts";
import { computeOnReference, errorOf } from "../../demo/see/reference-engine.ts";

const extents = { n: 3, c: 6, side: 4, groups: 2 };
const x = new Float32Array(3 * 6 * 16).map((_, i) => Math.sin(i * 1.3) * (1 + Math.floor(i / 16)) + Math.floor(i / 48));

test.each(NORM_NAMES)("%s: what lights up together is what the reference takes its statistics of", (norm) => {
  const job: Job = { norm, x, extents, eps: 1e-5, gamma: 1, beta: 0 };
  const kind = NORMS[norm];
  const outcome = computeOnReference(job);
  const statisticOf = statisticsOf(job);
  expect(outcome.spread).toHaveLength(kind.count(extents));
  for (let at = 0; at < kind.count(extents); at++) {
    const own = [...x].filter((_, i) => statisticOf(i) === at);
    expect(own).toHaveLength(valuesOf(kind, extents));
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    const squares = own.reduce((sum, value) => sum + value ** 2, 0);
    const centred = own.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const expected = {
      moments: [mean, Math.sqrt(centred / own.length)],
      "mean square": [Math.sqrt(squares / own.length)],
      norm: [Math.sqrt(squares)],
      "unbiased moments": [mean, Math.sqrt(centred / (own.length - 1))],
    }[kind.uses];
    const found = foundOf({ job, outcome, error: null, gpu: null }, at);
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 10);
  }
});

test("each statistic has words of its own", () => {
  for (const kind of Object.values(NORMS)) {
    const words = Array.from({ length: kind.count(extents) }, (_, at) => kind.describe(at, extents));
    expect(new Set(words).size).toBe(words.length);
  }
});

test("an error is relative to the largest value, and NaN is no match", () => {
  expect(errorOf([1, 2.5], [1, 2])).toBe(0.25);
  expect(errorOf([0.1, 0.3], [0.1, 0.2])).toBeCloseTo(0.1, 12);
  expect(errorOf([NaN], [1])).toBe(Infinity);
});
