/**
 * The whole text of a kernel whose build has shortened its bindings (build/wgsl-minify.ts, `shortHeader`): `Params params x<Source y>Result{members}rest`, with `<` for what is read and `>` for what is
 * written. Each binding has a number, an array and, among the last members of the uniform, its offset.
 */
export function withBindings(text: string): string {
  return text.replace(/^(\w+) (\w+) (.*?){(.*?)}/, (_, struct: string, uniform: string, list: string, members: string) => {
    let offsets = "";
    const bindings = list.split(" ").map((one, i) => {
      const [name, element] = one.split(/[<>]/);
      offsets += `${name}_offset:u32,`;
      return `@group(0)@binding(${i + 1})var<storage,read${one.includes(">") ? "_write" : ""}>${name}:array<${element}>;`;
    });
    return `struct ${struct}{${members}${offsets}}@group(0)@binding(0)var<uniform>${uniform}:${struct};${bindings.join("")}`;
  });
}
