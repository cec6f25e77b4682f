import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { wgsl } from "../build/wgsl-plugin.ts";
import { denoPool } from "./deno-pool.ts";
import { EXCLUSIONS, LONG } from "./exclusions.ts";

const file = (name: string): string => join(import.meta.dirname, name);

/** The GPU tests of the page, on one more implementation: a process for each file, because Dawn has aborted after many pipelines in one. */
function project(name: "dawn" | "deno", pool: "forks" | typeof denoPool, setupFiles: string[]) {
  return {
    plugins: [wgsl({ minify: false })],
    test: {
      name,
      include: ["test/**/*.page.test.ts"],
      exclude: [
        ...EXCLUSIONS.filter((one) => !one.test && (one.on ?? name) === name).map((one) => one.file),
        ...(process.env["NORMGPU_NATIVE_ALL"] ? [] : LONG),
      ],
      provide: { implementation: name },
      setupFiles,
      pool,
      testTimeout: 300_000,
    },
  };
}

export default defineConfig({
  root: file(".."),
  test: {
    maxWorkers: 2,
    projects: [project("dawn", "forks", [file("dawn-setup.ts"), file("setup.ts")]), project("deno", denoPool, [file("setup.ts")])],
  },
});
