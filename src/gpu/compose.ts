import type { KernelModule, PreludeModule } from "../core/wgsl.d.ts";

/** The whole text of a shader, and where each of its lines comes from. */
export interface Composed {
  readonly code: string;
  /** File (under shaders/) and line of a line of `code`, both counted from 1. */
  locate(line: number): { file: string; line: number };
}

const DIRECTIVE = /^(?:enable|requires) .*;$/gm;

/** Joins a kernel with its prelude: directives first (WGSL's only rule of order), then prelude, then kernel. Directive lines are blanked, so that lines keep their numbers. */
export function compose(kernel: KernelModule, prelude: readonly PreludeModule[]): Composed {
  const parts = [...prelude.map((part) => ({ file: `shaders/prelude/${part.name}.wgsl`, code: part.code })), { file: `shaders/${kernel.name}.wgsl`, code: kernel.code }];
  const directives = [...new Set(parts.flatMap((part) => part.code.match(DIRECTIVE) ?? []))];
  const starts: { file: string; first: number }[] = [];
  let first = directives.length + 1;
  for (const part of parts) {
    starts.push({ file: part.file, first });
    first += part.code.split("\n").length;
  }
  return {
    code: [...directives, ...parts.map((part) => part.code.replace(DIRECTIVE, ""))].join("\n"),
    locate(line) {
      const part = starts.findLast((start) => start.first <= line) ?? starts[0]!;
      return { file: part.file, line: line - part.first + 1 };
    },
  };
}
