import { defineConfig } from "vite";
import { digits } from "./build/digits-plugin.ts";
import { wgsl } from "./build/wgsl-plugin.ts";

/** The page in demo/. The library's own build is vite.library.config.ts, the tests' configuration vitest.config.ts. */
export default defineConfig(({ command }) => ({
  root: "demo",
  base: "./",
  plugins: [digits(), wgsl({ minify: command === "build" })],
  server: { host: "127.0.0.1", fs: { allow: [import.meta.dirname] } },
  build: { outDir: "../site", emptyOutDir: true, target: "es2023" },
}));
