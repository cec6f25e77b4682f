import { expect, test } from "vitest";
import { curves, finals, merged, smoothed } from "../../claim/charts.ts";
import { madeUpLane, madeUpRecord, madeUpRun } from "./made-up.ts";

const RUNS = [
  ...madeUpLane("batch", 1, [0.7, 0.8]),
  ...madeUpLane("batch", 16, [0.9, 0.91]),
  ...madeUpLane("group+ws", 1, [0.95, 0.95]),
  ...madeUpLane("group+ws", 16, [0.96, 0.97]),
];

test("curves of seeds become means with extremes, where most seeds have a point", () => {
  const spots = merged([
    [
      [10, 1],
      [20, 3],
    ],
    [[10, 2]],
  ]);
  expect(spots).toEqual([{ x: 10, mean: 1.5, low: 1, high: 2 }]);
});

test("losses are smoothed over neighbours", () => {
  expect(smoothed([[1, 3], [2, 6], [3, 0]])).toEqual([[1, 4.5], [2, 3], [3, 3]]); // prettier-ignore
});

test.each([
  ["curves", curves(madeUpRecord(RUNS))],
  ["finals", finals(madeUpRecord(RUNS))],
])("the picture of %s is well-formed, has both grounds, and no place that is no number", (_, svg) => {
  expect(svg).toMatch(/^<svg /);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(svg).toContain("prefers-color-scheme: dark");
  expect(svg).toContain("google swiftshader (software adapter)");
  const opened = [...svg.matchAll(/<([a-z]+)[^>]*?(\/?)>/g)].filter(([, , closed]) => !closed).length;
  expect(opened).toBe([...svg.matchAll(/<\/[a-z]+>/g)].length);
});

test("each batch size has a panel of accuracy and one of loss, with a curve for each norm", () => {
  const svg = curves(madeUpRecord(RUNS));
  for (const head of ["Batch 1: test accuracy", "Batch 1: training loss", "Batch 16: test accuracy", "Batch 16: training loss"]) expect(svg).toContain(head);
  expect(svg.split('class="band"').length - 1).toBe(8);
});

test("a better lane stands higher, and a mark says what it is", () => {
  const svg = finals(madeUpRecord(RUNS));
  const mark = (title: string): number => Number(svg.match(new RegExp(`<title>${title}</title><path class="stroke" d="M[\\d.]+ ([\\d.]+)V`))![1]);
  expect(mark("GroupNorm \\+ WS, batch 1: 95.0 %")).toBeLessThan(mark("BatchNorm, batch 1: 75.0 %"));
});

test("a record whose runs diverged, or are of one batch size, is drawn too", () => {
  const lost = { ...madeUpRun("none", 1, 0, 0.1, 16), loss: [] };
  for (const svg of [curves(madeUpRecord([lost])), finals(madeUpRecord([lost]))]) expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});
