import type { Extents } from "./norms.ts";
import { FULL, type Source } from "./source.ts";

/** Feature maps [N, C, H, W]: each channel averaged down to the side. */
export function featureMaps(source: Source, { n, c, side }: Extents): Float32Array {
  const step = FULL / side;
  return planes(n, c, side, (sample, channel) => {
    const full = source.plane(sample, channel);
    return (row, column) => {
      let sum = 0;
      for (let i = 0; i < step * step; i++) sum += full[(row * step + Math.floor(i / step)) * FULL + column * step + (i % step)]!;
      return sum / (step * step);
    };
  });
}

/** A weight [O, I, kH, kW] as one finds it by example: each output's window is cut from the channels of one picture, about the middle of its strokes. */
export function weightOf(source: Source, { n, c, side }: Extents): Float32Array {
  return planes(n, c, side, (output, input) => {
    const [top, left] = middleOf(source.plane(output, 0), side);
    const full = source.plane(output, input);
    return (row, column) => full[(top + row) * FULL + left + column]!;
  });
}

function planes(n: number, c: number, side: number, of: (n: number, c: number) => (row: number, column: number) => number): Float32Array {
  const values = new Float32Array(n * c * side * side);
  let next = 0;
  for (let i = 0; i < n * c; i++) {
    const value = of(Math.floor(i / c), i % c);
    for (let row = 0; row < side; row++) for (let column = 0; column < side; column++) values[next++] = value(row, column);
  }
  return values;
}

/** Top and left of the window of this side about the centre of gravity. */
function middleOf(plane: Float32Array, side: number): [number, number] {
  let [mass, down, across] = [1e-9, 0, 0];
  for (const [i, value] of plane.entries()) {
    const weight = Math.abs(value);
    mass += weight;
    down += weight * Math.floor(i / FULL);
    across += weight * (i % FULL);
  }
  const start = (centre: number): number => Math.min(FULL - side, Math.max(0, Math.round(centre / mass - (side - 1) / 2)));
  return [start(down), start(across)];
}
