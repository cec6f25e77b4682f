import fc from "fast-check";
import { expect, test } from "vitest";
import { CASES } from "../../../bench/case-list.ts";
import { idOf } from "../../../bench/cases.ts";
import { CATALOG, casesOf, DIRECTIONS, DTYPES, LAYERS, layerWord, LAYOUTS, SHAPES, shapeWord } from "../../../demo/measure/catalog.ts";
import { commanded } from "../../../demo/measure/command.ts";
import { PEERS } from "../../../demo/measure/peers.ts";
import { FIELDS, type MeasureState } from "../../../demo/measure/state.ts";
import { readAddress, writeAddress } from "../../../demo/shell/address.ts";
import { readState, writeState } from "../../../demo/shell/fields.ts";

const initial = readState(FIELDS, new URLSearchParams());
const keys = <Word extends string>(record: Readonly<Record<Word, string>>): Word[] => Object.keys(record) as Word[];
const some = <Word extends string>(words: readonly Word[]): fc.Arbitrary<Word[]> => fc.subarray([...words]);

const states: fc.Arbitrary<MeasureState> = fc.record({
  layers: some(keys(LAYERS)),
  directions: some(keys(DIRECTIONS)),
  shapes: some(SHAPES),
  layouts: some(keys(LAYOUTS)),
  dtypes: some(keys(DTYPES)),
  compare: some(keys(PEERS)),
  seed: fc.integer({ min: 1, max: 9999 }),
});

test("a state comes back from its address", () => {
  fc.assert(
    fc.property(states, (state) => {
      const { params } = readAddress(writeAddress({ view: "measure", params: writeState(FIELDS, state) }));
      expect(readState(FIELDS, params)).toEqual(state);
    }),
  );
});

test("any address gives ticks that there are, and an address that gives the same", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...Object.keys(FIELDS)), fc.oneof(fc.string(), fc.double().map(String))), (texts) => {
      const state = readState(FIELDS, new URLSearchParams(texts));
      expect(SHAPES).toEqual(expect.arrayContaining([...state.shapes]));
      expect(keys(LAYERS)).toEqual(expect.arrayContaining([...state.layers]));
      expect(state.seed).toBeGreaterThanOrEqual(1);
      expect(state.seed).toBeLessThanOrEqual(9999);
      expect(readState(FIELDS, writeState(FIELDS, state))).toEqual(state);
    }),
  );
});

test.each([
  ["layers=group.nothing.layer", { layers: ["layer", "group"] }],
  ["layers=nothing", {}],
  ["layers=", { layers: [] }],
  ["layers=all&directions=all", {}],
  ["shapes=all", { shapes: SHAPES }],
  ["dtypes=f16.f32.f16", { dtypes: ["f32", "f16"] }],
  ["seed=1e9&compare=<script>", { seed: 9999 }],
  ["seed=-3.7", {}],
  ["seed=NaN&dtypes=f64", {}],
])("%s", (text, wanted) => {
  expect(readState(FIELDS, new URLSearchParams(text))).toEqual({ ...initial, ...wanted });
});

test("every case of the list's main job and targets can be ticked, in f32 and, but for weights, in f16", () => {
  const ids = new Set(CATALOG.map(idOf));
  for (const one of CASES.filter(({ tags, parts }) => parts.length === 0 && (tags.includes("page") || tags.includes("target")))) {
    expect(ids).toContain(idOf(one));
    expect(ids.has(`${idOf(one)} f16`)).toBe(one.norm !== "weight");
  }
  expect(ids.size).toBe(CATALOG.length);
  const everything = { layers: keys(LAYERS), directions: keys(DIRECTIONS), shapes: SHAPES, layouts: keys(LAYOUTS), dtypes: keys(DTYPES) };
  expect(casesOf(everything)).toEqual(CATALOG);
  // Layer by layer, and within one forward before backward.
  const runs = CATALOG.map((one) => `${layerWord(one)} ${one.direction}`).filter((run, i, all) => run !== all[i - 1]);
  expect(new Set(runs).size).toBe(runs.length);
});

test("each tick alone has cases, and only those that it names", () => {
  const all = { ...initial, shapes: SHAPES, dtypes: keys(DTYPES) };
  for (const layer of keys(LAYERS)) {
    const found = casesOf({ ...all, layers: [layer] });
    expect(found.length, layer).toBeGreaterThan(0);
    expect(new Set(found.map(layerWord))).toEqual(new Set([layer]));
  }
  for (const shape of SHAPES) expect(new Set(casesOf({ ...all, shapes: [shape] }).map(shapeWord))).toEqual(new Set([shape]));
  for (const direction of keys(DIRECTIONS)) expect(casesOf({ ...all, directions: [direction] }).every((one) => one.direction === direction)).toBe(true);
  for (const dtype of keys(DTYPES)) expect(casesOf({ ...all, dtypes: [dtype] }).every((one) => one.dtype === dtype)).toBe(true);
  expect(casesOf({ ...all, layouts: ["nhwc"] }).every(({ layout }) => layout === "NHWC")).toBe(true);
  expect(casesOf({ ...all, layers: [] })).toEqual([]);
});

test("a page that is opened has a few cases of every layer and direction", () => {
  const found = casesOf(initial);
  expect(found.length).toBeGreaterThan(15);
  expect(found.length).toBeLessThan(30);
  expect(new Set(found.map(layerWord))).toEqual(new Set(keys(LAYERS)));
});

test("the command asks for the main job, or for cases by their text", () => {
  expect(commanded("")).toBeNull();
  expect(commanded("?cases=x")).toBeNull();
  expect(commanded("?run=1")).toEqual(CASES.filter(({ tags }) => tags.includes("page")));
  expect(commanded("?run=1&cases=layernorm%20512x4096$")!.map(idOf)).toEqual(["LayerNorm 512x4096", "residual + LayerNorm 512x4096"]);
  expect(() => commanded("?run=1&cases=nothing")).toThrow('no case matches "nothing"');
});
