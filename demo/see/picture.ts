import { filtered, filterName, FULL, lightOf, type Source } from "./source.ts";

/** Most samples that are cut from one picture. */
const SAMPLES = 8;
const PIXELS = FULL * FULL;

/** Where each sample lies in the picture: all of it, then quarters and what lies between them. In shares of the square's side: left, top, side. */
const CUTS = [
  [0, 0, 1],
  [0, 0, 0.55],
  [0.45, 0, 0.55],
  [0, 0.45, 0.55],
  [0.45, 0.45, 0.55],
  [0.225, 0.225, 0.55],
  [0, 0.225, 0.55],
  [0.45, 0.225, 0.55],
] as const;

/** A picture that a person brought, as samples of red, green and blue from 0 to 1. */
export interface Picture {
  readonly name: string;
  /** [SAMPLES, 3, FULL, FULL]. */
  readonly values: Float32Array;
}

/** Decodes a file and cuts samples from its middle square. Nothing leaves the page. @throws Error where it is no picture */
export async function readPicture(file: File): Promise<Picture> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch (cause) {
    throw new Error(`${file.name || "the file"} is no picture that this browser can read`, { cause });
  }
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = FULL;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  const square = Math.min(bitmap.width, bitmap.height);
  const [left, top] = [(bitmap.width - square) / 2, (bitmap.height - square) / 2];
  const values = new Float32Array(SAMPLES * 3 * PIXELS);
  for (const [sample, [x, y, part]] of CUTS.entries()) {
    context.clearRect(0, 0, FULL, FULL);
    context.drawImage(bitmap, left + x * square, top + y * square, part * square, part * square, 0, 0, FULL, FULL);
    const { data } = context.getImageData(0, 0, FULL, FULL);
    for (let i = 0; i < 3 * PIXELS; i++) values[sample * 3 * PIXELS + i] = data[(i % PIXELS) * 4 + Math.floor(i / PIXELS)]! / 255;
  }
  bitmap.close();
  return { name: file.name || "a picture", values };
}

/** Channels of a picture: red, green and blue, then filters over its brightness. */
export function pictureSource({ name, values }: Picture, uneven: boolean): Source {
  const colour = (sample: number, channel: number): Float32Array => {
    const start = (sample * 3 + channel) * PIXELS;
    return values.slice(start, start + PIXELS).map((value) => value * lightOf(sample, uneven));
  };
  const brightness = (sample: number): Float32Array => {
    const [red, green, blue] = [0, 1, 2].map((channel) => colour(sample, channel));
    return red!.map((value, i) => 0.2126 * value + 0.7152 * green![i]! + 0.0722 * blue![i]!);
  };
  return {
    title: name,
    channelName: (channel) => ["red", "green", "blue"][channel] ?? filterName(channel - 2),
    plane: (sample, channel) => (channel < 3 ? colour(sample, channel) : filtered(brightness(sample), channel - 2)),
  };
}
