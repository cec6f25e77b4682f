import url from "virtual:digits";
import { loadDigits, PIXELS, SIDE } from "./packed-digits.ts";

const bytes = await loadDigits(url);

/** How many digits there are. */
export const DIGITS = bytes.length / PIXELS;

/** Pixel (row, column) of a digit, 0 to 1; digits and pixels repeat without end. */
export function pixel(digit: number, row: number, column: number): number {
  return bytes[(digit % DIGITS) * PIXELS + (row % SIDE) * SIDE + (column % SIDE)]! / 255;
}

/**
 * Digits as feature maps [N, C, H, W] or, in nhwc, [N, H, W, C]. Where H divides 28, by space-to-depth: each channel holds every s-th pixel of a digit,
 * s = 28 / H, and s * s channels hold the whole digit. Larger maps are tiled with digits.
 * @param first digit of the first sample
 */
export function featureMaps(shape: readonly number[], nhwc: boolean, first = 0): Float32Array {
  const [n, h, w, c] = nhwc ? [shape[0]!, shape[1]!, shape[2]!, shape[3]!] : [shape[0]!, shape[2]!, shape[3]!, shape[1]!];
  const step = h < SIDE && SIDE % h === 0 ? SIDE / h : 1;
  const values = new Float32Array(n * c * h * w);
  for (let sample = 0; sample < n; sample++) {
    for (let channel = 0; channel < c; channel++) {
      const part = channel % (step * step);
      const [top, left] = [Math.floor(part / step), part % step];
      const digit = first + sample * 7 + Math.floor(channel / (step * step));
      for (let row = 0; row < h; row++) {
        for (let column = 0; column < w; column++) {
          const tile = step === 1 ? Math.floor(row / SIDE) * 3 + Math.floor(column / SIDE) : 0;
          const value = pixel(digit + tile, row * step + top, column * step + left);
          values[nhwc ? ((sample * h + row) * w + column) * c + channel : ((sample * c + channel) * h + row) * w + column] = value;
        }
      }
    }
  }
  return values;
}

/** Digits laid end to end and cut into rows. @param first digit */
export function rowsOfDigits(shape: readonly number[], first = 0): Float32Array {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++) values[i] = bytes[(i + first * PIXELS) % bytes.length]! / 255;
  return values;
}
