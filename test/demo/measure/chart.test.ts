import { expect, test } from "vitest";
import { groupNorm, idOf, layerNorm } from "../../../bench/cases.ts";
import { chart, describeChart, PAGE_PAINTS, PAINTS, type Paints } from "../../../demo/measure/chart.ts";
import { entry, resultWith, rowsWith } from "./made.ts";

const cases = [layerNorm([4096, 768]), groupNorm([8, 64, 56, 56], false, 32), layerNorm([512, 4096])];
const [first, second, third] = cases;
const paints = Object.fromEntries(PAINTS.map((name) => [name, `#${name}`])) as unknown as Paints;

/** Widths of the rectangles of a colour, in their order. */
function widths(markup: string, fill: string): number[] {
  return [...markup.matchAll(/<rect [^>]*width="([\d.]+)"[^>]*>/g)].filter(([all]) => all.includes(`fill="${fill}"`)).map(([, width]) => Number(width));
}

test("a bar is as long as its share of the copy; what is not measured has a track alone", () => {
  const rows = rowsWith(cases, [resultWith(first!, 20), resultWith(second!, 12.5)], idOf(third!));
  for (const width of [320, 1200]) {
    const markup = chart(rows, width, paints);
    const tracks = widths(markup, "#sunken");
    expect(tracks).toHaveLength(3);
    // The first is the sign of the legend.
    const bars = widths(markup, "#accent").slice(1);
    expect(bars.map((bar) => bar / tracks[0]!)).toEqual([expect.closeTo(0.5, 2), expect.closeTo(0.8, 2)]);
    expect(markup).toContain("measuring …");
    expect(markup).toContain("50 %</text>");
  }
});

test("a call that is faster than its copy makes the scale longer, up to half as much again", () => {
  const bar = (ms: number): number => {
    const markup = chart(rowsWith([first!], [resultWith(first!, ms)]), 1000, paints);
    return widths(markup, "#accent")[1]! / widths(markup, "#sunken")[0]!;
  };
  expect(bar(8)).toBeCloseTo(1.25, 2);
  expect(bar(1)).toBeCloseTo(1.5, 2);
});

test("what is wrong has the colour of what is wrong, and others have marks and names", () => {
  const markup = chart(rowsWith([first!], [resultWith(first!, 20, { y: 1 }, [entry("tfjs", 100, 1e-6), entry("jax-js", 50, 1e-6)])]), 1000, paints);
  expect(widths(markup, "#bad")).toHaveLength(1);
  expect(markup.match(/stroke="#card"/g)).toHaveLength(4);
  expect(markup).toContain("TensorFlow.js</text>");
});

test("it has no style of its own, which the policy of the page would refuse, and no markup of a name", () => {
  const odd = { ...first!, layer: `<b onclick="x">` };
  const markup = chart(rowsWith([odd], [resultWith(odd, 20)]), 1000, PAGE_PAINTS, ["A title & more"]);
  expect(markup).not.toMatch(/style|<b/);
  expect(markup).toContain("A title &amp; more");
  expect(markup).toContain("&lt;b onclick=&quot;x&quot;&gt;");
});

test("it is told in a sentence", () => {
  expect(describeChart(rowsWith(cases, []))).toContain("nothing has been measured");
  expect(describeChart(rowsWith(cases, [resultWith(first!, 20), resultWith(second!, 12.5)]))).toBe(
    "A bar for each case, by its share of a copy's speed: 2 of 3 measured, from 50 % (LayerNorm 4096x768) to 80 % (GroupNorm 32 8x64x56x56 NCHW).",
  );
});
