import type { Rolldown } from "vite";

export function bundle(names: string): Promise<Rolldown.OutputChunk>;
export function gzippedBytes(text: string): number;
