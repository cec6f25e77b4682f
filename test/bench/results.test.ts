import { expect, test } from "vitest";
import { layerNorm, idOf, type Case } from "../../bench/cases.ts";
import { formatTime, markdown, summary } from "../../bench/markdown.ts";
import type { Entry, Measured } from "../../bench/measured.ts";
import { bestPeer, caseResult, faults, mergeResults, ratioOf, SCHEMA, speedup, verdict, type Results } from "../../bench/results.ts";
import { placeOf, roofline } from "../../bench/roofline.ts";

function entry(name: string, median: number, error: number | null = 1e-7, variant = ""): Entry {
  return { name, variant, median, p10: median * 0.9, p90: median * 1.1, n: 9, calls: 4, error };
}

function measured(one: Case, ours: number, peers: readonly Entry[] = [], error = 1e-7): Measured {
  const entries = [entry("copy", 12, null, "1 × 64"), entry("copy", 10, null, "4 × 256"), entry("ours", ours, error), ...peers];
  return { id: idOf(one), bytes: 1000, plan: "row · invocation", dispatches: 1, bytesMoved: 1000, errors: { y: error }, firstMs: 20, entries, refused: [] };
}

const large: Case = { ...layerNorm([4096, 768]), target: 1.8, tags: ["target", "page"] };
const odd: Case = { ...layerNorm([4096, 767]), beside: { id: idOf(large), most: 2 }, tags: ["neighbour"] };
const CASES = [large, odd];

function results(cases: Results["cases"], more: Partial<Results> = {}): Results {
  const adapter = { name: "a <b> adapter", software: true, adapterClass: "software", subgroups: [4, 4] as const, f16: false };
  return {
    schema: SCHEMA,
    env: "chromium",
    browser: "Chrome/1",
    adapter,
    machine: { cpu: "CPU", cores: 2, os: "OS" },
    versions: { normgpu: "1" },
    repeats: 9,
    cases,
    failures: [],
    cold: [],
    ...more,
  };
}

const at = (day: string) => ({ load: 0.5, measured: day, tuned: false });
const result = (one: Case, ours: number, peers: readonly Entry[] = [], error = 1e-7) => caseResult(one, [measured(one, ours, peers, error)], at("today"));

test("a ratio is to the fastest copy; the best peer is the fastest that is right", () => {
  const one = result(large, 15, [entry("tfjs", 30, 0.1), entry("tfjs", 90), entry("jax-js", 60)]);
  expect(ratioOf(one)).toBe(1.5);
  expect(bestPeer(one)).toMatchObject({ name: "jax-js", median: 60 });
  expect(speedup(one)).toBe(4);
  expect(speedup(result(large, 15))).toBeNull();
});

test("a result has the copies and ours of its best run, and the peers of the first", () => {
  const one = caseResult(large, [measured(large, 20, [entry("jax-js", 60)]), measured(large, 15)], at("today"));
  expect(one.ratios).toEqual([2, 1.5]);
  expect(one.entries.map(({ name, median }) => [name, median])).toEqual([
    ["copy", 12],
    ["copy", 10],
    ["ours", 15],
  ]);
  expect(speedup(one)).toBe(3);
});

test("ours measured again keeps the peers that were measured before; each then stands beside the copy of its own run", () => {
  const older = results([caseResult(large, [measured(large, 20, [entry("jax-js", 60)])], at("yesterday"))]);
  const [one] = mergeResults(older, results([result(large, 15)]), CASES).cases;
  expect(bestPeer(one!)).toMatchObject({ name: "jax-js", median: 60 });
  expect(speedup(one!)).toBe(4);
});

test("a target is held by the best of the runs, within 5 %", () => {
  const runs = [measured(large, 25), measured(large, 18.75), measured(large, 30)];
  expect(verdict(caseResult(large, runs, at("")), [])).toEqual({ found: 1.875, most: 1.8, met: true });
  expect(verdict(result(large, 19), [])!.met).toBe(false);
});

test("a neighbour is held by its copies a byte beside those of the other case; without that there is no verdict", () => {
  const [base, near, far] = [result(large, 10), result(odd, 20.9), result(odd, 21.1)];
  expect(verdict(near, [base, near])).toEqual({ found: 2.09, most: 2, met: true });
  expect(verdict(far, [base, far])!.met).toBe(false);
  expect(verdict(near, [near])).toBeNull();
});

test("newer results take the place of older ones of the same case, in the order of the list; failures too", () => {
  const older = results([result(large, 15), result(odd, 15)], { versions: { normgpu: "0", tfjs: "4" } });
  const newer = results([result(large, 30)], { versions: { normgpu: "1" } });
  const merged = mergeResults(older, newer, CASES);
  expect(merged.cases.map((one) => [one.id, ratioOf(one)])).toEqual([
    ["LayerNorm 4096x768", 3],
    ["LayerNorm 4096x767", 1.5],
  ]);
  expect(merged.versions).toEqual({ normgpu: "1", tfjs: "4" });
  const broken = mergeResults(older, results([], { failures: [{ id: idOf(odd), failed: "crashed" }] }), CASES);
  expect(broken.cases.map(({ id }) => id)).toEqual(["LayerNorm 4096x768"]);
  expect(mergeResults(broken, results([result(odd, 15)]), CASES).failures).toEqual([]);
  expect(mergeResults(older, newer, [odd]).cases.map(({ id }) => id)).toContain("LayerNorm 4096x767");
});

test("results of another adapter are not merged", () => {
  const other = results([], { adapter: { ...results([]).adapter, name: "a GPU" } });
  expect(() => mergeResults(results([]), other, CASES)).toThrow(
    "the file holds results of schema 1, chromium, a <b> adapter; these are of schema 1, chromium, a GPU",
  );
});

test("an error beyond the bound is a fault, and so is a case that failed", () => {
  expect(faults(results([result(large, 15)]))).toEqual([]);
  const wrong = results([result(large, 15, [], 5e-6), result(odd, 15, [], NaN)], { failures: [{ id: "x", failed: "crashed" }] });
  expect(faults(wrong)).toEqual(["LayerNorm 4096x768: error 5.0e-6, bound 4e-6", "LayerNorm 4096x767: error NaN, bound 4e-6", "x: crashed"]);
});

test("the table names the adapter, tells what is missed, and a case that failed", () => {
  const all = results([result(large, 25, [entry("jax-js", 50)]), result(odd, 15)], { failures: [{ id: "LayerNorm 3x3", failed: "crashed" }] });
  const text = markdown(all, "picture.svg");
  expect(text).toContain("# Measured on a <b> adapter (software adapter)");
  expect(text).toContain("![Share of the speed of a copy, case by case](picture.svg)");
  expect(text).toContain("| LayerNorm 4096x768 | 25.0 ms (22.5 ms–27.5 ms) | 10.0 ms | 2.50 | at most 1.8 **missed** | jax-js 5.0 copies | 2.0 × | 1.0e-7 |");
  expect(text).toContain("| LayerNorm 4096x767 | 15.0 ms (13.5 ms–16.5 ms) | 10.0 ms | 1.50 | 0.60 a byte, at most 2 of LayerNorm 4096x768 |");
  expect(text).toContain("| LayerNorm 3x3 | failed: crashed |");
  const headings = text.split("\n").filter((each) => each.startsWith("## "));
  expect(headings).toEqual(["## Targets", "## Neighbours", "## Failed"]);
  const widths = text
    .split("\n")
    .filter((each) => each.startsWith("|"))
    .map((each) => each.split(" | ").length);
  expect(new Set(widths).size).toBe(1);
  const tuned = results([caseResult(large, [measured(large, 15)], { ...at("today"), tuned: true })]);
  expect(markdown(tuned, "a.svg")).toContain("| row · invocation, tuned |");
  expect(summary(all).join(" ")).toBe(
    "1 of 2 bounds are met (within 5 %). Faster than every peer in 1 of 1 cases; in the geometric mean 2.00 times as fast as the best peer of each.",
  );
});

test("cold starts have a table of their own, and stay where they are not measured again", () => {
  const cold = [{ name: "jax-js", importMs: 20, deviceMs: 30.4, firstMs: 90, totalMs: 140.4, javascriptBytes: 101_400, wasmBytes: 0 }];
  const merged = mergeResults(results([], { cold }), results([result(large, 15)]), CASES);
  expect(markdown(merged, "a.svg")).toContain("| jax-js | 20.0 ms | 30.4 ms | 90.0 ms | 140 ms | 101 kB |  |");
  expect(mergeResults(merged, results([], { cold: [{ ...cold[0]!, totalMs: 1 }] }), CASES).cold[0]!.totalMs).toBe(1);
});

test("a time is in milliseconds, or microseconds where they are few", () => {
  expect([0.0312, 0.9, 1.234, 12.34, 123.4].map(formatTime)).toEqual(["31 µs", "900 µs", "1.23 ms", "12.3 ms", "123 ms"]);
});

test("the picture has a mark for ours and for each peer, where their shares lie, and escapes what it is told", () => {
  expect(roofline(results([result(odd, 15)]))).toContain(idOf(odd));
  expect(roofline(results([result(large, 15), result(odd, 15)]))).not.toContain(idOf(odd));
  const svg = roofline(results([result(large, 20, [entry("jax-js", 100), entry("tfjs", 1000), entry("tfjs", 2000)])]));
  expect(svg).toContain("on a &lt;b&gt; adapter (software adapter)");
  expect(svg).toContain(`<circle class="ours" cx="${Math.round(placeOf(0.5) * 100) / 100}"`);
  expect(svg.match(/<title>[^<]*<\/title>/g)).toEqual(["<title>jax-js: 10 %</title>", "<title>TensorFlow.js: 1 %</title>", "<title>normgpu: 50 %</title>"]);
  expect(svg).toContain("prefers-color-scheme: dark");
  expect(placeOf(0.1)).toBeLessThan(placeOf(1));
  expect(placeOf(1e-9)).toBe(placeOf(0.001));
  for (const [open, close] of [
    ["<g", "</g>"],
    ["<text", "</text>"],
    ["<svg", "</svg>"],
  ] as const)
    expect(svg.split(open).length, open).toBe(svg.split(close).length);
});
