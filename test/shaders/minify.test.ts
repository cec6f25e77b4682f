import { expect, test } from "vitest";
import { minifyShader, namesOf, shortKernel } from "../../build/wgsl-minify.ts";
import { shaderModule, wholeKernel } from "../../src/core/shader-module.ts";

const minified = (text: string, ...others: string[]): string => minifyShader(text, namesOf([text, ...others]));

test("a function's own names become letters, those of a kind in the order in which they come; storage bindings, overrides and entry points keep theirs", () => {
  const text = `// A comment.
override FACTOR: f32 = 1.0;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<Result>;
struct Params { count: u32, view: View }
struct View { item: u32 }
struct Own { other: u32 }

fn scaled(value: f32, own: Own) -> f32 { let twice = value * 2.0; return twice * FACTOR + f32(own.other); }

@compute @workgroup_size(64)
fn some_kernel(@builtin(global_invocation_id) id: vec3u) {
  y[id.x * params.view.item] = scaled(1.0, Own(params.count));
}
`;
  expect(minified(text)).toBe(
    "override FACTOR:f32=1.0;@group(0)@binding(0)var<uniform>B:C;@group(0)@binding(1)var<storage,read_write>y:array<Result>;" +
      "struct C{count:u32,view:D}struct D{item:u32}struct A{a:u32}" +
      "fn E(v:f32,p:A)->f32{let k=v*2.0;return k*FACTOR+f32(p.a);}" +
      "@compute@workgroup_size(64)fn some_kernel(@builtin(global_invocation_id)p:vec3u){y[p.x*B.view.item]=E(1.0,A(B.count));}",
  );
});

test("a short name is never one that stands in the same place already", () => {
  const members = "struct Pair { gamma: f32, g: f32, a: f32, alpha: f32 }";
  const declared = [...minified(members).matchAll(/(\w+):/g)].map((match) => match[1]);
  expect(new Set(declared).size).toBe(4);
  expect(minified("@group(0) @binding(1) var<storage, read> k: array<f32>;\nfn first() -> f32 { let value = k[0]; return value; }")).toContain(
    "let l=k[0];return l;",
  );
  expect(minified("fn total() -> f32 { let l = 1.0; let sum = l; return sum; }")).toContain("let k=1.0;let l=k;return l;");
});

test("names of one kind begin at the same letter, whatever stands before them, and go on past those of the next kind", () => {
  const loop = "for (var step = from; step < to; step++) { total += step; }";
  expect(minified(`fn f(from: u32, to: u32) -> u32 { var total = 0u; ${loop} return total; }`)).toContain(
    "(a:u32,b:u32)->u32{var s=0u;for(var i=a;i<b;i++){s+=i;}return s;}",
  );
  const names = Array.from({ length: 20 }, (_, i) => `name${i}`);
  const text = minified(`fn f() -> f32 { var sum = 0.0; ${names.map((name) => `let ${name} = 1.0;`).join(" ")} return ${names.join("+")}; }`);
  const given = [...text.matchAll(/(?:let|var) (\w+)/g)].map((match) => match[1]);
  expect(given.slice(0, 3)).toEqual(["s", "k", "l"]);
  expect(new Set(given).size).toBe(21);
});

test("tokens that would become one stay apart; those that touched stay together", () => {
  expect(minified("fn f() -> i32 { return 1 - -2; }")).toContain("return 1- -2;");
  expect(minified("fn f() -> u32 { return 1u >> 2u; }")).toContain("1u>>2u");
  expect(minified("fn f(v: array<vec4<f32>, 2>) -> f32 { return v[0].x; }")).toContain("array<vec4<f32>,2>");
});

test("a directive keeps its line; a name of another file is the same in both", () => {
  expect(minified("enable f16;\nfn one() -> f32 { return helper(); }", "fn helper() -> f32 { return 1.0; }")).toMatch(
    /^enable f16;\nfn (\w)\(\)->f32\{return (\w)\(\);\}$/,
  );
  const names = namesOf(["fn one() { helper(); }", "fn helper() {}"]);
  expect(minifyShader("fn one() { helper(); }", names)).toContain(`${names.globals.get("helper")!}();`);
});

test("bindings and entry point of a kernel in a few letters are written out again letter for letter; other texts stay", () => {
  const kernel =
    "struct C{view:D,count:u32,x_offset:u32,y_offset:u32,}@group(0)@binding(0)var<uniform>B:C;@group(0)@binding(1)var<storage,read>x:array<Source>;" +
    "@group(0)@binding(2)var<storage,read_write>y:array<vec4f>;fn E()->u32{return B.count;}@compute@workgroup_size(WORKGROUP)fn row_twice(p:F){G(p);}";
  const short = "C B x<Source y>vec4f{view:D,count:u32,}fn E()->u32{return B.count;}@F G";
  expect(shortKernel("row-twice", kernel)).toBe(short);
  expect(wholeKernel("row-twice", short)).toBe(kernel);
  expect(shaderModule("row-twice", short)).toEqual({ name: "row-twice", code: kernel, uses: [] });
  const prelude = shaderModule("one", "fn E()->u32{return 1u;}");
  expect(shaderModule("two", "struct F{a:u32,}fn H(p:F)->u32{return p.a;}", prelude).uses).toEqual([prelude]);
  expect(shortKernel("one", prelude.code)).toBe(prelude.code);
  expect(wholeKernel("one", prelude.code)).toBe(prelude.code);
  expect(() => shortKernel("row-twice", kernel.replace("x_offset:u32,y_offset:u32,", "y_offset:u32,x_offset:u32,"))).toThrow("offsets of all bindings last");
  expect(() => shortKernel("row-twice", kernel.replace("@binding(2)", "@binding(3)"))).toThrow("bindings in turn");
  expect(() => shortKernel("row-thrice", kernel)).toThrow("entry point");
  expect(() => shortKernel("row-twice", kernel.replace("G(p);", "G(p);H();"))).toThrow("entry point");
});
