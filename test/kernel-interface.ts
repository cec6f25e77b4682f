import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { ResourceType, WgslReflect, type MemberInfo, type StructInfo } from "wgsl_reflect/wgsl_reflect.module.js";
import type { KernelBinding, ParamField, Params } from "../src/core/shader-interface.ts";

/** What a kernel binds and takes, found by wgsl_reflect: what the library's own reader is held against. */
export interface KernelInterface {
  readonly name: string;
  readonly entry: string;
  readonly bindings: readonly KernelBinding[];
  readonly params: Params;
  /** Those of the file itself, with their types. */
  readonly overrides: Readonly<Record<string, string>>;
}

const FOLDER = join(import.meta.dirname, "../shaders");

/** One file of each prelude axis (`axis.value.wgsl`), and every file without one: enough for the types of a kernel to resolve. */
function defaultPrelude(): string[] {
  const folder = join(FOLDER, "prelude");
  const chosen = new Map<string, string>();
  for (const file of readdirSync(folder).toSorted()) {
    const axis = file.split(".")[0]!;
    if (!chosen.has(axis)) chosen.set(axis, file);
  }
  return [...chosen.values()].map((file) => readFileSync(join(folder, file), "utf8"));
}

function withoutDirectives(text: string): string {
  return text.replaceAll(/^(enable|requires) .*;$/gm, "");
}

/** @throws Error where the file does not have exactly one entry point: wgsl_reflect stops silently at syntax that it does not know. */
function reflect(file: string): KernelInterface {
  const text = readFileSync(join(FOLDER, file), "utf8");
  const reflection = new WgslReflect([...defaultPrelude(), text].map(withoutDirectives).join("\n"));
  const entries = reflection.entry.compute;
  if (entries.length !== 1) throw new Error(`${file}: ${entries.length} compute entry points were found; wanted 1 (or syntax that wgsl_reflect does not know)`);
  const variables = reflection.getBindGroups()[0] ?? [];
  const uniform = variables.find((variable) => variable.resourceType === ResourceType.Uniform)!;
  return {
    name: basename(file, ".wgsl"),
    entry: entries[0]!.name,
    bindings: variables.map((variable) => {
      const isUniform = variable.resourceType === ResourceType.Uniform;
      const kind = isUniform ? "uniform" : variable.access === "read_write" ? "read_write" : "read";
      // The element type as it stands in the text: an alias such as `Lane` has another size in each variant.
      const element = isUniform ? uniform.type.name : new RegExp(`\\b${variable.name}: array<(\\w+)>`).exec(text)![1]!;
      return { name: variable.name, binding: variable.binding, kind, element };
    }),
    params: { size: uniform.size, fields: flatten(uniform.type as StructInfo, 0, "") },
    overrides: Object.fromEntries([...text.matchAll(/^override (\w+): (u32|i32|f32|bool)\b/gm)].map((match) => [match[1]!, match[2]!])),
  };
}

function flatten(struct: StructInfo, base: number, prefix: string): Record<string, ParamField> {
  const fields: Record<string, ParamField> = {};
  for (const member of struct.members as MemberInfo[]) {
    const name = prefix + member.name;
    const type = member.type.name;
    if (type === "u32" || type === "i32" || type === "f32") fields[name] = { offset: base + member.offset, type };
    else if (member.isStruct) Object.assign(fields, flatten(member.type as StructInfo, base + member.offset, `${name}.`));
    else throw new Error(`params.${name}: type ${type} has no packing; use u32, i32, f32 or a struct of them`);
  }
  return fields;
}

/** Every kernel's interface. */
export const INTERFACES: readonly KernelInterface[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".wgsl"))
  .map(reflect);
