import { expect, test } from "vitest";
import { minifyShader, namesOf, shortHeader } from "../../build/wgsl-minify.ts";
import { withBindings } from "../../src/core/shader-header.ts";

const minified = (text: string, ...others: string[]): string => minifyShader(text, namesOf([text, ...others]));

test("a function's own names become letters, in the order in which they come; storage bindings, overrides and entry points keep theirs", () => {
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
      "fn E(a:f32,b:A)->f32{let c=a*2.0;return c*FACTOR+f32(b.a);}" +
      "@compute@workgroup_size(64)fn some_kernel(@builtin(global_invocation_id)a:vec3u){y[a.x*B.view.item]=E(1.0,A(B.count));}",
  );
});

test("a short name is never one that stands in the same place already", () => {
  const members = "struct Pair { gamma: f32, g: f32, a: f32, alpha: f32 }";
  const declared = [...minified(members).matchAll(/(\w+):/g)].map((match) => match[1]);
  expect(new Set(declared).size).toBe(4);
  expect(minified("@group(0) @binding(1) var<storage, read> a: array<f32>;\nfn first() -> f32 { let value = a[0]; return value; }")).toContain(
    "let b=a[0];return b;",
  );
  expect(minified("fn total() -> f32 { let b = 1.0; let sum = b; return sum; }")).toContain("let a=1.0;let b=a;return b;");
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

test("bindings of a kernel in a few letters are written out again letter for letter; other texts stay", () => {
  const kernel =
    "struct C{view:D,count:u32,x_offset:u32,y_offset:u32,}@group(0)@binding(0)var<uniform>B:C;@group(0)@binding(1)var<storage,read>x:array<Source>;" +
    "@group(0)@binding(2)var<storage,read_write>y:array<vec4f>;fn E()->u32{return B.count;}";
  expect(shortHeader(kernel)).toBe("C B x<Source y>vec4f{view:D,count:u32,}fn E()->u32{return B.count;}");
  expect(withBindings(shortHeader(kernel)!)).toBe(kernel);
  expect(shortHeader("fn E()->u32{return 1u;}")).toBeNull();
  expect(() => shortHeader(kernel.replace("x_offset:u32,y_offset:u32,", "y_offset:u32,x_offset:u32,"))).toThrow("offsets of all bindings last");
  expect(() => shortHeader(kernel.replace("@binding(2)", "@binding(3)"))).toThrow("bindings in turn");
});
