import { resolve } from "node:path";
import { defineConfig } from "vite";
import { sideBySide } from "./build/side-by-side.ts";
import { wgsl } from "./build/wgsl-plugin.ts";

const entry = (file: string): string => resolve(import.meta.dirname, "src", file);
const folders = ["shaders", "shaders/prelude", "src/plan"].map((folder) => resolve(import.meta.dirname, folder));

/** The library in dist/: ES modules with source maps. Declarations come from tsconfig.build.json. */
export default defineConfig({
  plugins: [wgsl({ minify: true }), sideBySide(entry("index.ts"), folders)],
  publicDir: false,
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    minify: false,
    sourcemap: true,
    lib: { entry: { index: entry("index.ts"), reference: entry("reference/index.ts") }, formats: ["es"] },
  },
});
