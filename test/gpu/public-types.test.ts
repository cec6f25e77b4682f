import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

const PROGRAM = `
import { Gpu, LayerNorm, type ForwardOptions } from "./types/index.js";
const gpu = await Gpu.open({ powerPreference: "low-power" });
const options: ForwardOptions = { saved: false };
const { y } = new LayerNorm(gpu, { shape: 4 }).forward(gpu.tensor([1, 2, 3, 4]), options);
export const values: Float32Array = await y.read();
`;

/** What TypeScript says; empty where it says nothing. */
function compile(...options: string[]): string {
  try {
    execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), ...options], { encoding: "utf8" });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test("the public types compile without WebGPU's types, without the DOM, and with libraries of before `using`", { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "normgpu-types-"));
  try {
    const project = {
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: {
        noEmit: false,
        noCheck: true,
        declaration: true,
        emitDeclarationOnly: true,
        stripInternal: true,
        rootDir: join(ROOT, "src"),
        outDir: join(folder, "types"),
        typeRoots: [join(ROOT, "node_modules/@types"), join(ROOT, "node_modules")],
      },
      include: [join(ROOT, "src")],
    };
    writeFileSync(join(folder, "emit.json"), JSON.stringify(project));
    expect(compile("-p", join(folder, "emit.json"))).toBe("");
    writeFileSync(join(folder, "program.ts"), PROGRAM);
    const strict = [
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "false",
      "--target",
      "es2022",
      "--module",
      "esnext",
      "--moduleResolution",
      "bundler",
      "--types",
      "",
    ];
    for (const lib of ["es2022", "es2022,dom", "esnext,dom"]) expect(compile(...strict, "--lib", lib, join(folder, "program.ts")), lib).toBe("");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
