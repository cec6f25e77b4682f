import type { Dtype } from "../../src/index.ts";
import { CASES } from "../../bench/case-list.ts";
import { inHalves, type Case } from "../../bench/cases.ts";

/** Layers as people tick them, in the order of the page. */
export const LAYERS = {
  "batch-training": "BatchNorm training",
  "batch-eval": "BatchNorm eval",
  layer: "LayerNorm",
  "residual-layer": "residual + LayerNorm",
  rms: "RMSNorm",
  group: "GroupNorm",
  instance: "InstanceNorm",
  "weight-standardization": "Weight Standardization",
} as const;
export type LayerWord = keyof typeof LAYERS;

export const DIRECTIONS = { forward: "forward", backward: "backward" } as const;
export const LAYOUTS = { nchw: "N × C × H × W", nhwc: "N × H × W × C", rows: "rows" } as const;
export const DTYPES = { f32: "f32", f16: "f16" } as const;

export function layerWord({ norm, training, residual }: Case): LayerWord {
  if (norm === "batch") return training ? "batch-training" : "batch-eval";
  if (norm === "weight") return "weight-standardization";
  return norm === "layer" && residual ? "residual-layer" : norm;
}

/** A shape as N x C x H x W, whatever the layout. */
export function shapeWord({ shape, layout }: Case): string {
  const [n, h, w, c] = shape;
  return (layout === "NHWC" ? [n, c, h, w] : shape).join("x");
}

/** The bench's cases of the main job and of the targets. A weight is f32: nothing plans it in halves ahead. */
const OF_THE_BENCH = CASES.filter(({ tags, parts }) => parts.length === 0 && (tags.includes("page") || tags.includes("target")));

function sizeOf(word: string): number {
  return word.split("x").reduce((product, extent) => product * Number(extent), 1);
}

/** Every shape of the list: images first, then rows, the large ones before the small. */
export const SHAPES: readonly string[] = [...new Set(OF_THE_BENCH.map(shapeWord))].toSorted(
  (a, b) => b.split("x").length - a.split("x").length || sizeOf(b) - sizeOf(a) || a.localeCompare(b),
);

const ORDER = [Object.keys(LAYERS), Object.keys(DIRECTIONS), Object.keys(LAYOUTS), Object.keys(DTYPES), SHAPES];

/** Where a case stands in each of the lists. */
function placesOf(one: Case): number[] {
  const words = [layerWord(one), one.direction, one.layout.toLowerCase(), one.dtype, shapeWord(one)];
  return words.map((word, list) => ORDER[list]!.indexOf(word));
}

/** Every case that can be ticked, in the order of the lists. */
export const CATALOG: readonly Case[] = [...OF_THE_BENCH, ...OF_THE_BENCH.filter(({ norm }) => norm !== "weight").map(inHalves)].toSorted((a, b) => {
  const [first, second] = [placesOf(a), placesOf(b)];
  const list = first.findIndex((place, i) => place !== second[i]);
  return list < 0 ? 0 : first[list]! - second[list]!;
});

/** What is ticked. */
export interface Ticked {
  readonly layers: readonly LayerWord[];
  readonly directions: readonly (keyof typeof DIRECTIONS)[];
  readonly shapes: readonly string[];
  readonly layouts: readonly (keyof typeof LAYOUTS)[];
  readonly dtypes: readonly Dtype[];
}

/** The cases of the list to which every tick applies. */
export function casesOf({ layers, directions, shapes, layouts, dtypes }: Ticked): Case[] {
  return CATALOG.filter(
    (one) =>
      layers.includes(layerWord(one)) &&
      directions.includes(one.direction) &&
      shapes.includes(shapeWord(one)) &&
      layouts.includes(one.layout.toLowerCase() as keyof typeof LAYOUTS) &&
      dtypes.includes(one.dtype),
  );
}
