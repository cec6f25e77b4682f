import type { Extents } from "./norms.ts";

export type Colour = readonly [red: number, green: number, blue: number];

/** Colours of the lowest and the highest value, of boxes that are lit and of those that are not. */
export interface Palette {
  readonly lit: readonly [Colour, Colour];
  readonly plain: readonly [Colour, Colour];
}

/** Every map of a tensor as a picture, once lit and once plain: map (n, c) lies at (c * side, n * side). */
export interface Atlas {
  readonly lit: HTMLCanvasElement;
  readonly plain: HTMLCanvasElement;
}

/** Paints all maps; `low` and what lies below has the first colour, `high` and above the second. */
export function paintAtlas(values: ArrayLike<number>, extents: Extents, [low, high]: readonly [number, number], palette: Palette): Atlas {
  return { lit: paint(values, extents, low, high, palette.lit), plain: paint(values, extents, low, high, palette.plain) };
}

function paint(values: ArrayLike<number>, { n, c, side }: Extents, low: number, high: number, [first, second]: Palette["lit"]): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [c * side, n * side];
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < n * c * side * side; i++) {
    const map = Math.floor(i / (side * side));
    const row = Math.floor(map / c) * side + Math.floor((i % (side * side)) / side);
    const pixel = (row * canvas.width + (map % c) * side + (i % side)) * 4;
    const share = Math.min(1, Math.max(0, (values[i]! - low) / (high - low)));
    for (let part = 0; part < 3; part++) image.data[pixel + part] = first[part]! + (second[part]! - first[part]!) * share;
    image.data[pixel + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
