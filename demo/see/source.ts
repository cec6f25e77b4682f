import { pixel } from "../digits.ts";

/** Height and width of the pictures that feature maps are made from. */
export const FULL = 28;

/** Pictures, and the channels that fixed filters make of them. */
export interface Source {
  readonly title: string;
  readonly channelName: (channel: number) => string;
  /** FULL x FULL values of a channel of a sample. */
  readonly plane: (sample: number, channel: number) => Float32Array;
}

/** 3 x 3 filters of the kinds that first layers learn. */
const FILTERS = [
  { name: "as it is", taps: [0, 0, 0, 0, 1, 0, 0, 0, 0] },
  { name: "upright edges", taps: [-1, 0, 1, -2, 0, 2, -1, 0, 1] },
  { name: "level edges", taps: [-1, -2, -1, 0, 0, 0, 1, 2, 1] },
  { name: "blur", taps: [1 / 9, 1 / 9, 1 / 9, 1 / 9, 1 / 9, 1 / 9, 1 / 9, 1 / 9, 1 / 9] },
  { name: "falling edges", taps: [0, 1, 2, -1, 0, 1, -2, -1, 0] },
  { name: "rising edges", taps: [2, 1, 0, 1, 0, -1, 0, -1, -2] },
  { name: "spots", taps: [-0.5, -0.5, -0.5, -0.5, 4, -0.5, -0.5, -0.5, -0.5] },
  { name: "upright strokes", taps: [-0.5, 1, -0.5, -0.5, 1, -0.5, -0.5, 1, -0.5] },
  { name: "level strokes", taps: [-0.5, -0.5, -0.5, 1, 1, 1, -0.5, -0.5, -0.5] },
  { name: "sharpened", taps: [0, -0.5, 0, -0.5, 3, -0.5, 0, -0.5, 0] },
  { name: "relief", taps: [-1, -0.5, 0, -0.5, 1, 0.5, 0, 0.5, 1] },
  { name: "dark spots", taps: [0.5, 0.5, 0.5, 0.5, -4, 0.5, 0.5, 0.5, 0.5] },
] as const;

/** A picture under one of the filters; beyond the border lies its nearest value. */
export function filtered(picture: Float32Array, filter: number): Float32Array {
  const { taps } = FILTERS[filter % FILTERS.length]!;
  const within = (place: number): number => Math.min(FULL - 1, Math.max(0, place));
  return new Float32Array(FULL * FULL).map((_, i) => {
    const [row, column] = [Math.floor(i / FULL), i % FULL];
    let sum = 0;
    for (let tap = 0; tap < 9; tap++) {
      if (taps[tap] !== 0) sum += taps[tap]! * picture[within(row + Math.floor(tap / 3) - 1) * FULL + within(column + (tap % 3) - 1)]!;
    }
    return sum;
  });
}

export function filterName(filter: number): string {
  return FILTERS[filter % FILTERS.length]!.name;
}

/** The strength of a sample where each is in another light: 1, 1/2, 1/4, 1/8 and again. */
export function lightOf(sample: number, uneven: boolean): number {
  return uneven ? 2 ** -(sample % 4) : 1;
}

/** Handwritten digits from `first` on. */
export function digitSource(first: number, uneven: boolean): Source {
  const pictures = new Map<number, Float32Array>();
  const picture = (sample: number): Float32Array => {
    let found = pictures.get(sample);
    if (!found) {
      found = new Float32Array(FULL * FULL).map((_, i) => pixel(first + sample, Math.floor(i / FULL), i % FULL) * lightOf(sample, uneven));
      pictures.set(sample, found);
    }
    return found;
  };
  return { title: "handwritten digits (MNIST)", channelName: filterName, plane: (sample, channel) => filtered(picture(sample), channel) };
}
