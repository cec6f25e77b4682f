// What a shader binds and takes, read from its own text: written once, in WGSL, and shipped once. It reads what the files of shaders/ look like, with and without white space, not WGSL as a whole;
// a test holds it against wgsl_reflect for every kernel.

export interface KernelBinding {
  readonly name: string;
  readonly binding: number;
  readonly kind: "uniform" | "read" | "read_write";
  /** Element type of a storage array as it stands in the text: f32, vec4f, Lane, Source, Result or Parameter. Of a uniform its struct. */
  readonly element: string;
}

export interface ParamField {
  readonly offset: number;
  readonly type: "u32" | "i32" | "f32";
}

/** Members of `params`, those of nested structs with a dotted name. */
export interface Params {
  readonly size: number;
  readonly fields: Readonly<Record<string, ParamField>>;
}

/** The bindings of a kernel's text, in its order. */
export function bindingsIn(code: string): KernelBinding[] {
  const found = code.matchAll(/@binding\((\d+)\)\s*var<\w+(?:,\s*(\w+))?>\s*(\w+)\s*:\s*(?:array<)?(\w+)/g);
  return [...found].map(
    ([, binding, kind = "uniform", name, element]) => ({ name: name!, binding: Number(binding), kind, element: element! }) as KernelBinding,
  );
}

/** The layout of a struct of u32, i32, f32 and structs of them, in a text with all files that declare them. */
export function paramsIn(code: string, struct: string): Params {
  const { size, fields } = layoutIn(code.replaceAll(/\/\/.*/g, ""), struct);
  return { size, fields };
}

function layoutIn(code: string, struct: string): Params & { align: number } {
  if (/^[uif]32$/.test(struct)) return { size: 4, align: 4, fields: { "": { offset: 0, type: struct as ParamField["type"] } } };
  const fields: Record<string, ParamField> = {};
  let size = 0;
  let align = 4;
  const body = new RegExp(`struct ${struct}\\s*{([^}]*)}`).exec(code)![1]!;
  for (const [, own, name, type] of body.matchAll(/(?:@align\((\d+)\)\s*)?(\w+)\s*:\s*(\w+)/g)) {
    const inner = layoutIn(code, type!);
    const step = Number(own ?? inner.align);
    size = Math.ceil(size / step) * step;
    for (const [key, field] of Object.entries(inner.fields)) fields[key ? `${name}.${key}` : name!] = { ...field, offset: size + field.offset };
    align = Math.max(align, step);
    size += inner.size;
  }
  return { size: Math.ceil(size / align) * align, align, fields };
}
