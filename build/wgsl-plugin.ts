import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Plugin } from "vite";
import { ResourceType, WgslReflect, type MemberInfo, type StructInfo, type VariableInfo } from "wgsl_reflect/wgsl_reflect.module.js";
import type { BindingKind, KernelModule, OverrideType, PreludeModule } from "../src/core/wgsl.d.ts";

/** `import kernel from "x.wgsl"` gives the text and what its bindings, params and overrides are, found here so that no reflection ships. */
export function wgsl(options: { minify: boolean }): Plugin {
  return {
    name: "normgpu-wgsl",
    enforce: "pre",
    load(id) {
      const file = id.split("?")[0]!;
      if (!file.endsWith(".wgsl")) return null;
      this.addWatchFile(file);
      const text = readFileSync(file, "utf8");
      const code = options.minify ? minify(text) : text;
      const isPrelude = basename(dirname(file)) === "prelude";
      const module = isPrelude ? reflectPrelude(file, text) : reflectKernel(file, text);
      const uses = usedPrelude(isPrelude ? dirname(file) : join(dirname(file), "prelude"), text);
      const imports = uses.map((name, i) => `import use${i} from "${isPrelude ? "." : "./prelude"}/${name}.wgsl";\n`).join("");
      const members = Object.entries({ ...module, code }).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
      return `${imports}export default { ${members.join(", ")}, uses: [${uses.map((_, i) => `use${i}`).join(", ")}] };`;
    },
  };
}

/** The text without comments, indentation and blank lines. */
export function minify(text: string): string {
  return text
    .replaceAll(/\/\/.*$/gm, "")
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .join("\n");
}

function withoutDirectives(text: string): string {
  return text.replaceAll(/^(enable|requires) .*;$/gm, "");
}

/** One file of each prelude axis (`axis.value.wgsl`), and every file without one: enough for the types of a kernel to resolve. */
function defaultPrelude(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const chosen = new Map<string, string>();
  for (const file of readdirSync(folder).toSorted()) {
    const axis = file.split(".")[0]!;
    if (!chosen.has(axis)) chosen.set(axis, file);
  }
  return [...chosen.values()].map((file) => readFileSync(join(folder, file), "utf8"));
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

function overridesOf(text: string): Record<string, OverrideType> {
  const found = [...text.matchAll(/^override (\w+): (u32|i32|f32|bool)\b/gm)];
  return Object.fromEntries(found.map((match) => [match[1]!, match[2] as OverrideType]));
}

function reflectPrelude(file: string, text: string): Omit<PreludeModule, "code" | "uses"> {
  return { name: basename(file, ".wgsl"), overrides: overridesOf(text) };
}

/** @throws Error where the file does not have exactly one entry point: wgsl_reflect stops silently at syntax that it does not know. */
export function reflectKernel(file: string, text: string): Omit<KernelModule, "code" | "uses"> {
  const joined = [...defaultPrelude(join(dirname(file), "prelude")), text].map(withoutDirectives).join("\n");
  const reflection = new WgslReflect(joined);
  const entries = reflection.entry.compute;
  if (entries.length !== 1) throw new Error(`${file}: ${entries.length} compute entry points were found; wanted 1 (or syntax that wgsl_reflect does not know)`);
  const variables = reflection.getBindGroups()[0] ?? [];
  const uniform = variables.find((variable) => variable.resourceType === ResourceType.Uniform);
  const params = uniform && { size: uniform.size, fields: flatten(uniform.type as StructInfo, 0, "") };
  return {
    name: basename(file, ".wgsl"),
    entry: entries[0]!.name,
    bindings: variables.map((variable) => ({
      name: variable.name,
      binding: variable.binding,
      kind: kindOf(variable),
      element: elementOf(text, variable.name),
    })),
    params: params ?? null,
    overrides: overridesOf(text),
  };
}

function kindOf(variable: VariableInfo): BindingKind {
  if (variable.resourceType === ResourceType.Uniform) return "uniform";
  return variable.access === "read_write" ? "read_write" : "read";
}

/** The element type as it stands in the text: an alias such as `Lane` has another size in each variant. */
function elementOf(text: string, binding: string): string {
  return new RegExp(`\\b${binding}: array<(\\w+)>`).exec(text)?.[1] ?? "";
}

function flatten(struct: StructInfo, base: number, prefix: string): Record<string, { offset: number; type: "u32" | "i32" | "f32" }> {
  const fields: Record<string, { offset: number; type: "u32" | "i32" | "f32" }> = {};
  for (const member of struct.members as MemberInfo[]) {
    const name = prefix + member.name;
    const type = member.type.name;
    if (type === "u32" || type === "i32" || type === "f32") fields[name] = { offset: base + member.offset, type };
    else if (member.isStruct) Object.assign(fields, flatten(member.type as StructInfo, base + member.offset, `${name}.`));
    else throw new Error(`params.${name}: type ${type} has no packing; use u32, i32, f32 or a struct of them`);
  }
  return fields;
}
