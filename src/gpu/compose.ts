import type { KernelModule, PreludeModule } from "../core/wgsl.d.ts";

/** The whole text of a shader, and where each of its lines comes from. */
export interface Composed {
  readonly code: string;
  /** File (under shaders/) and line of a line of `code`, both counted from 1. */
  locate(line: number): { file: string; line: number };
}

const DIRECTIVE = /^(?:enable|requires) .*;$/;

/** Joins a kernel with its prelude: directives first (WGSL's only rule of order), then prelude, then kernel. Directive lines are blanked, so that lines keep their numbers. */
export function compose(kernel: KernelModule, prelude: readonly PreludeModule[]): Composed {
  const parts = [
    ...prelude.map(({ name, code }) => ({ file: `shaders/prelude/${name}.wgsl`, code })),
    { file: `shaders/${kernel.name}.wgsl`, code: kernel.code },
  ];
  const directives = new Map<string, { file: string; line: number }>();
  const lines: string[] = [];
  const places: { file: string; line: number }[] = [];
  for (const { file, code } of parts) {
    code.split("\n").forEach((text, index) => {
      const place = { file, line: index + 1 };
      const isDirective = DIRECTIVE.test(text);
      if (isDirective && !directives.has(text)) directives.set(text, place);
      lines.push(isDirective ? "" : text);
      places.push(place);
    });
  }
  const all = [...directives.values(), ...places];
  return {
    code: [...directives.keys(), ...lines].join("\n"),
    locate: (line) => all[line - 1] ?? all.at(-1)!,
  };
}
