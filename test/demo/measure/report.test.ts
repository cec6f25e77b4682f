import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { groupNorm, layerNorm } from "../../../bench/cases.ts";
import { describeFacts, limitRows } from "../../../demo/measure/facts.ts";
import { SCHEMA, toJson, toMarkdown } from "../../../demo/measure/report.ts";
import { table } from "../../../demo/measure/terminal.ts";
import { wrapped } from "../../../demo/measure/text.ts";
import { entry, ORIGIN, resultWith } from "./made.ts";

const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../package.json"), "utf8")) as { version: string };
const right = resultWith(layerNorm([4096, 768]), 20, { y: 1e-7 }, [entry("tfjs", 80, 1e-6), entry("jax-js", 10, 0.5)]);
const wrong = resultWith(groupNorm([8, 64, 56, 56], false, 32), 12.5, { y: 1e-3 });

test("JSON has every figure", () => {
  const found = JSON.parse(toJson(ORIGIN, [right, wrong])) as { cases: object[] };
  expect(found).toMatchObject({ schema: SCHEMA, library: { name: "normgpu", version }, ...ORIGIN });
  expect(found.cases).toHaveLength(2);
  expect(found.cases[0]).toMatchObject({
    id: "LayerNorm 4096x768",
    shape: [4096, 768],
    layout: "rows",
    dtype: "f32",
    direction: "forward",
    plan: "row · invocation",
    firstMs: 123,
    time: { median: 20, p10: 18, p90: 22, n: 20, calls: 4, warmUps: 3 },
    copy: { median: 10, variant: "4 × 256" },
    shareOfCopy: 0.5,
    gigabytesPerSecond: 1,
    errors: { y: 1e-7 },
    isWithinBound: true,
    peers: [
      { name: "tfjs", ratio: 4 },
      { name: "jax-js", ratio: 0.5 },
    ],
    refused: [{ name: "jax-js", message: "no such thing" }],
  });
  expect(found.cases[1]).toMatchObject({ isWithinBound: false, error: 1e-3, bound: 4e-6 });
});

test("Markdown is a table, with where it comes from", () => {
  const lines = toMarkdown(ORIGIN, [right, wrong]).split("\n");
  expect(lines[0]).toBe(`normgpu ${version}, TensorFlow.js 4.22.0 on google swiftshader, a software adapter: a CPU runs the shaders; 20 runs; seed 7.`);
  const rows = lines.filter((line) => line.startsWith("|"));
  expect(new Set(rows.map((line) => line.split("|").length)).size).toBe(1);
  expect(rows[2]).toBe(
    "| LayerNorm | 4096×768 f32 | 20.0 ms | 18.0 to 22.0 ms | 20 | 1.00 | 50 % | 1.0e−7 | 123 ms | row · invocation | 4.0 × TensorFlow.js, jax-js is off by 5.0e−1 |",
  );
  expect(rows[3]).toContain("**1.0e−3, beyond 4.0e−6**");
  expect(toMarkdown(ORIGIN, [wrong])).not.toContain("times as fast as");
});

test("long words are cut into lines that fit, with every word", () => {
  const widthOf = (line: string): number => line.length;
  expect(wrapped("one two three", 7, widthOf)).toEqual(["one two", "three"]);
  expect(wrapped("unbreakable is long", 8, widthOf)).toEqual(["unbreakable", "is long"]);
  expect(wrapped("short", 8, widthOf)).toEqual(["short"]);
});

test("a terminal's table has aligned columns and names what is wrong", () => {
  const lines = table([right, wrong]);
  expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
  expect(lines[0]).toMatch(/^layer +shape, layout, type +plan.* median +p10 to p90 +runs +GB\/s +of copy +max error$/);
  expect(lines[1]).toMatch(/^LayerNorm +4096×768 f32 .*20\.0 ms +18\.0 to 22\.0 ms +20 +1\.00 +50 % +1\.0e-7$/);
  expect(lines[2]).toMatch(/1\.0e-3 WRONG$/);
});

test("a device in words", () => {
  expect(Object.fromEntries(describeFacts(ORIGIN.adapter))).toMatchObject({
    "Vendor, architecture": "google, swiftshader",
    "Device, driver": "not told",
    Class: "software adapter: a CPU runs the shaders",
    Subgroups: "of 4",
    f16: "packed in words",
  });
  const gpu = { ...ORIGIN.adapter, software: false, adapterClass: "discrete", description: "driver 1", subgroups: [32, 64] as const, shaderF16: true };
  expect(Object.fromEntries(describeFacts(gpu))).toMatchObject({
    "Device, driver": "driver 1",
    Class: "discrete",
    Subgroups: "of 32 to 64",
    f16: "in shaders",
  });
  const limits = { maxBufferSize: 3 * 2 ** 29, maxBindGroups: 4, maxComputeWorkgroupSizeX: 1024, minStorageBufferOffsetAlignment: 256 };
  expect(limitRows({ ...gpu, limits })).toEqual([
    ["maxBufferSize", "1,536 MiB"],
    ["maxBindGroups", "4"],
    ["maxComputeWorkgroupSizeX", "1,024"],
    ["minStorageBufferOffsetAlignment", "256"],
  ]);
});
