/// <reference types="vite/types/importMeta.d.ts" />
import type { KernelModule } from "../src/core/wgsl.d.ts";

const found = Object.values(import.meta.glob<KernelModule>("../shaders/*.wgsl", { eager: true, import: "default" }));

/** Every kernel by the stem of its file. */
export const KERNELS: ReadonlyMap<string, KernelModule> = new Map(found.map((kernel) => [kernel.name, kernel]));
