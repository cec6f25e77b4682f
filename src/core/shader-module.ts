import type { PreludeModule } from "./wgsl.d.ts";

/** A file of shaders/ as the built library holds it, its kernels shortened by build/wgsl-minify.ts. */
export function shaderModule(name: string, text: string, ...uses: readonly PreludeModule[]): PreludeModule {
  return { name, code: wholeKernel(name, text), uses };
}

/**
 * The whole text of a kernel whose build has shortened its bindings and its entry point (`shortKernel`): `Params params x<Source y>Result{members}rest@Invocation work`, with `<` for what is read and `>` for
 * what is written. Each binding has a number, an array and, among the last members of the uniform, its offset; the entry point, of the file's name, hands its invocation on. Another text as it is.
 */
export function wholeKernel(name: string, text: string): string {
  return text.replace(
    /^(\w+) (\w+) (.*?){(.*?)}(.*)@(\w+) (\w+)$/,
    (_, struct: string, uniform: string, list: string, members: string, rest: string, invocation: string, work: string) => {
      let offsets = "";
      const bindings = list.split(" ").map((one, i) => {
        const [binding, element] = one.split(/[<>]/);
        offsets += `${binding}_offset:u32,`;
        return `@group(0)@binding(${i + 1})var<storage,read${one.includes(">") ? "_write" : ""}>${binding}:array<${element}>;`;
      });
      const head = `struct ${struct}{${members}${offsets}}@group(0)@binding(0)var<uniform>${uniform}:${struct};${bindings.join("")}`;
      return `${head}${rest}@compute@workgroup_size(WORKGROUP)fn ${name.replaceAll("-", "_")}(p:${invocation}){${work}(p);}`;
    },
  );
}
