import type { NdArray } from "../../../src/reference/index.ts";
import { normal } from "../../data.ts";
import type { Arrays, Sample } from "./sample.ts";

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** [N, C, ...] to [N, ..., C] for everything of x's rank. */
function inLayout({ channels, shapes }: Sample): Readonly<Record<string, readonly number[]>> {
  if (channels?.layout !== "nhwc") return shapes;
  const rank = shapes["x"]!.length;
  return Object.fromEntries(Object.entries(shapes).map(([name, of]) => [name, of.length === rank ? [of[0]!, ...of.slice(2), of[1]!] : of]));
}

/** Values of each input; x is of a family, the others are plain. */
export function arraysOf(sample: Sample, family: (length: number, seed: number) => Float32Array): Arrays {
  const entries = Object.entries(inLayout(sample)).map(([name, shape], i): [string, NdArray] => {
    const size = sizeOf(shape);
    const centre = name === "gamma" || name === "g" || name === "gain" ? 1 : 0;
    return [name, { data: name === "x" || name === "v" ? family(size, i + 1) : normal(size, i + 1, centre, 0.5), shape }];
  });
  return Object.fromEntries(entries);
}
