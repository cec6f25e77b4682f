import { defineConfig } from "vite";
import { digits } from "./build/digits-plugin.ts";
import { peers } from "./build/peers-plugin.ts";
import { wgsl } from "./build/wgsl-plugin.ts";

/** The page in demo/. The library's own build is vite.library.config.ts, the tests' configuration vitest.config.ts. */
export default defineConfig(({ command, mode }) => ({
  root: "demo",
  base: "./",
  // Tests bring a library of their own to compare with.
  plugins: [digits(), wgsl({ minify: command === "build" }), mode === "test" ? null : peers()],
  worker: { format: "es", plugins: () => [digits()] },
  server: { host: "127.0.0.1", fs: { allow: [import.meta.dirname] } },
  build: { outDir: "../site", emptyOutDir: true, target: "es2023" },
}));
