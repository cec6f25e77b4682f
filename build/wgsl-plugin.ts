import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Plugin } from "vite";
import { minifyShader, namesOf, shortKernel, type ShaderNames } from "./wgsl-minify.ts";

const MODULE = join(import.meta.dirname, "../src/core/shader-module.ts");

/** `import kernel from "x.wgsl"` gives the text with its name and the prelude files that it needs. */
export function wgsl(options: { minify: boolean }): Plugin {
  let names: ShaderNames | null = null;
  return {
    name: "normgpu-wgsl",
    enforce: "pre",
    load(id) {
      const file = id.split("?")[0]!;
      if (!file.endsWith(".wgsl")) return null;
      this.addWatchFile(file);
      const text = readFileSync(file, "utf8");
      const isPrelude = basename(dirname(file)) === "prelude";
      const shaders = isPrelude ? dirname(dirname(file)) : dirname(file);
      // A file of the prelude without an axis is found by every kernel that needs it, and may use one that uses it: no import of its own.
      const uses = isPrelude && !basename(file, ".wgsl").includes(".") ? [] : usedPrelude(join(shaders, "prelude"), text);
      const imports = uses.map((name, i) => `import use${i} from "${isPrelude ? "." : "./prelude"}/${name}.wgsl";\n`).join("");
      if (options.minify) names ??= namesOf([...textsIn(shaders), ...textsIn(join(shaders, "prelude"))]);
      const name = basename(file, ".wgsl");
      const list = uses.map((_, i) => `use${i}`);
      if (!names) return `${imports}export default { name: ${JSON.stringify(name)}, code: ${JSON.stringify(text)}, uses: [${list.join(", ")}] };`;
      const given = [JSON.stringify(name), JSON.stringify(shortKernel(name, minifyShader(text, names))), ...list];
      return `${imports}import { shaderModule } from ${JSON.stringify(MODULE)};\nexport default /* @__PURE__ */ shaderModule(${given.join(", ")});`;
    },
  };
}

function textsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith(".wgsl"));
  return files.toSorted().map((file) => readFileSync(join(folder, file), "utf8"));
}

const COMMENT = /\/\/.*$/gm;

/** Names that a file gives to others. */
export function declaredBy(text: string): string[] {
  return [...text.matchAll(/^(?:fn|alias|const|struct|override|var<workgroup>) (\w+)/gm)].map((match) => match[1]!);
}

/** Names that a text takes from others: not members, and not what it declares itself, be it a local. */
function takenBy(text: string): Set<string> {
  const bare = text.replaceAll(COMMENT, "");
  const own = new Set([...declaredBy(bare), ...[...bare.matchAll(/\b(?:let|var|const) (\w+)|\b(\w+)\s*:/g)].map((match) => (match[1] ?? match[2])!)]);
  return new Set([...bare.matchAll(/(?<![.\w])[a-zA-Z_]\w*/g)].map((match) => match[0]).filter((name) => !own.has(name)));
}

/**
 * The prelude files without an axis whose names a text uses, and those that they use in turn, sorted. A prelude file may use what the kernel declares; what two files declare is the one's that
 * is there for another name.
 */
export function usedPrelude(folder: string, text: string): string[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => /^[^.]+\.wgsl$/.test(file)) : [];
  const texts = new Map(files.map((file) => [basename(file, ".wgsl"), readFileSync(join(folder, file), "utf8")]));
  const declarers = new Map<string, string[]>();
  for (const [file, code] of texts) for (const name of declaredBy(code)) declarers.set(name, [...(declarers.get(name) ?? []), file]);
  const given = new Set(declaredBy(text));
  const found = new Set<string>();
  const open = [text];
  for (let code = open.pop(); code !== undefined; code = open.pop()) {
    for (const name of takenBy(code)) {
      const from = declarers.get(name) ?? [];
      if (given.has(name) || from.length !== 1 || found.has(from[0]!)) continue;
      found.add(from[0]!);
      open.push(texts.get(from[0]!)!);
    }
  }
  return [...found].toSorted();
}
