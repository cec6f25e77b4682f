/// <reference types="vite/types/importMeta.d.ts" />
import { minifyShader, namesOf, shortKernel } from "../../build/wgsl-minify.ts";
import { wholeKernel } from "../../src/core/shader-module.ts";
import { SHADERS } from "../mutants/mutant.ts";

const TEXTS = Object.values(import.meta.glob<string>("../../shaders/**/*.wgsl", { eager: true, query: "?raw", import: "default" }));
const NAMES = namesOf(TEXTS);

/** Runs `body` while all shaders have the text that the build gives them. */
export async function withMinifiedShaders(body: () => Promise<void>): Promise<void> {
  const whole = [...SHADERS.values()].map((shader) => [shader, shader.code] as const);
  for (const [shader, code] of whole) {
    shader.code = wholeKernel(shader.name, shortKernel(shader.name, minifyShader(code, NAMES)));
  }
  try {
    await body();
  } finally {
    for (const [shader, code] of whole) shader.code = code;
  }
}
