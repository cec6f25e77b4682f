/// <reference types="vite/types/importMeta.d.ts" />
import type { KernelModule, PreludeModule } from "../../src/core/wgsl.d.ts";
import type { Gpu } from "../../src/index.ts";
import type { PLANNED_AS } from "../gpu-test.ts";

/** Compares results with the float64 reference, by `expect`. */
export type Check = (gpu: Gpu) => Promise<void>;

/** One wrong line of a shader, and the check that must notice. */
export interface Mutant {
  /** Stem of the file under shaders/ or shaders/prelude/. */
  readonly file: string;
  /** What is replaced: it stands once in the file. */
  readonly line: string;
  readonly wrong: string;
  /** What the wrong line does. */
  readonly what: string;
  readonly check: Check;
  /** The device that plans; a CPU where it is left out. */
  readonly as?: keyof typeof PLANNED_AS;
}

/** Every file of shaders/, as the kernels have it: what is changed in one is changed in what is compiled. */
export const SHADERS: ReadonlyMap<string, { readonly name: string; code: string }> = new Map(
  Object.values(import.meta.glob<KernelModule | PreludeModule>("../../shaders/**/*.wgsl", { eager: true, import: "default" })).map((module) => [
    module.name,
    module as { readonly name: string; code: string },
  ]),
);

/** Every table of this folder. */
export const MUTANTS: readonly Mutant[] = Object.values(import.meta.glob<readonly Mutant[]>("./*.mutants.ts", { eager: true, import: "default" })).flat();
