import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/**
 * Puts the files of these folders side by side in a bundle, in this order: gzip finds again only what stands within 32 kB, and kernels are like kernels, planners like planners. A bundle is in the order of
 * imports, and an import that takes nothing keeps nothing alive, so `entry` imports all of them first.
 */
export function sideBySide(entry: string, folders: readonly string[]): Plugin {
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter(isModule)
      .toSorted()
      .map((file) => join(folder, file)),
  );
  // On the first line, so that all lines keep their numbers.
  const imports = files.map((file) => `import ${JSON.stringify(file)};`).join("");
  return {
    name: "normgpu-side-by-side",
    transform: (code, id) => (id === entry ? { code: imports + code, map: null } : null),
  };
}

function isModule(file: string): boolean {
  return file.endsWith(".wgsl") || (file.endsWith(".ts") && !file.endsWith(".d.ts"));
}
