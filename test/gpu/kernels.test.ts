import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kernelOf } from "../../src/plan/kernels.ts";
import { minifyShader, namesOf } from "../../build/wgsl-minify.ts";
import { bindingsIn, paramsIn } from "../../src/core/shader-interface.ts";
import { compose } from "../../src/gpu/compose.ts";
import { preludeOf } from "../../src/gpu/prelude.ts";
import { INTERFACES } from "../kernel-interface.ts";
import { KERNELS } from "../kernels.ts";

/** What every WebGPU device has, also one that asked for nothing. */
const GUARANTEED_STORAGE_BUFFERS = 8;

const SHADERS = new URL("../../shaders/", import.meta.url);
const FILES = ["", "prelude/"].flatMap((folder) => readdirSync(new URL(folder, SHADERS)).flatMap((file) => (file.endsWith(".wgsl") ? [folder + file] : [])));
const NAMES = namesOf(FILES.map((file) => readFileSync(new URL(file, SHADERS), "utf8")));

test("every kernel in shaders/ is imported and named by a planner, and by nothing else", () => {
  const plan = new URL("../../src/plan/", import.meta.url);
  const sources = readdirSync(plan).map((file) => readFileSync(new URL(file, plan), "utf8"));
  for (const stem of KERNELS.keys()) {
    const own = sources.flatMap((text) => {
      const name = new RegExp(`^import (\\w+) from "../../shaders/${stem}.wgsl";$`, "m").exec(text)?.[1];
      return name ? [new RegExp(`(?:kernelName\\(|\\b(?:dispatchOf|pNormDispatch)\\([^;]*?)\\b${name}\\b`).test(text)] : [];
    });
    expect(own.length, stem).toBeGreaterThan(0);
    expect(own, stem).not.toContain(false);
  }
});

test("a kernel that no plan has named is refused", () => {
  expect(() => kernelOf("no-such-kernel")).toThrow("no plan has named the kernel no-such-kernel");
});

test.each([
  ["row-stream", ["activation", "affine", "moments", "parameter-view", "record", "row-forward", "row-sums"]],
  ["gather", []],
  ["local-response-norm", ["local-response", "moments", "power"]],
])("%s uses these files of the prelude", (name, wanted) => {
  expect(KERNELS.get(name)!.uses.map((file) => file.name)).toEqual(wanted);
});

test.each(INTERFACES)("$name: what the library reads in its text is what wgsl_reflect finds, also once it is minified", ({ name, bindings, params, entry }) => {
  expect(entry).toBe(name.replaceAll("-", "_"));
  const whole = compose(KERNELS.get(name)!, preludeOf(KERNELS.get(name)!, { lane: 1, parameter: "scalar", team: "invocation" }, true)).code;
  expect(bindingsIn(whole)).toEqual(bindings);
  expect(paramsIn(whole, bindings[0]!.element)).toEqual(params);
  const short = minifyShader(whole, NAMES);
  const found = bindingsIn(short);
  const isNamed = ({ element }: { element: string }): boolean => /^(?:Source|Result|Parameter|u32|f32|vec4[uf])$/.test(element);
  // The uniform is found by its kind alone.
  const named = found.map((one, i) => (one.kind === "uniform" ? { ...one, name: bindings[i]!.name } : one));
  expect(named.map((one, i) => (isNamed(bindings[i]!) ? one : { ...one, element: bindings[i]!.element }))).toEqual(bindings);
  expect(paramsIn(short, found[0]!.element)).toEqual(params);
});

test.each(INTERFACES.map((kernel) => [kernel.name, kernel] as const))(
  "%s binds within the default limits, at numbers of its own, with params at 0",
  (_, kernel) => {
    const storage = kernel.bindings.filter((binding) => binding.kind !== "uniform");
    expect(storage.length).toBeLessThanOrEqual(GUARANTEED_STORAGE_BUFFERS);
    expect(new Set(kernel.bindings.map((binding) => binding.binding)).size).toBe(kernel.bindings.length);
    expect(kernel.bindings.filter((binding) => binding.kind === "uniform").map(({ name, binding }) => [name, binding])).toEqual([["params", 0]]);
    for (const { name, element } of storage) expect(["f32", "u32", "vec4f", "vec4u", "Lane", "Source", "Result", "Parameter"], name).toContain(element);
  },
);
test.each(INTERFACES.map((kernel) => [kernel.name, kernel] as const))("%s: each offset in params belongs to a binding", (_, kernel) => {
  const names = new Set(kernel.bindings.map((binding) => binding.name));
  const offsets = Object.keys(kernel.params.fields).filter((field) => field.endsWith("_offset"));
  expect(offsets.filter((field) => !names.has(field.slice(0, -"_offset".length)))).toEqual([]);
});
