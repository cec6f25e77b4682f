import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { KERNELS } from "../../src/gpu/kernels.ts";

/** What every WebGPU device has, also one that asked for nothing. */
const GUARANTEED_STORAGE_BUFFERS = 8;

test("every kernel in shaders/ is in the table", () => {
  const stems = readdirSync(new URL("../../shaders/", import.meta.url)).filter((file) => file.endsWith(".wgsl"));
  expect([...KERNELS.keys()].toSorted()).toEqual(stems.map((file) => file.slice(0, -5)).toSorted());
});

test.each([...KERNELS.values()].map((kernel) => [kernel.name, kernel] as const))(
  "%s binds within the default limits, at numbers of its own, with params at 0",
  (_, kernel) => {
    const storage = kernel.bindings.filter((binding) => binding.kind !== "uniform");
    expect(storage.length).toBeLessThanOrEqual(GUARANTEED_STORAGE_BUFFERS);
    expect(new Set(kernel.bindings.map((binding) => binding.binding)).size).toBe(kernel.bindings.length);
    expect(kernel.bindings.filter((binding) => binding.kind === "uniform").map(({ name, binding }) => [name, binding])).toEqual([["params", 0]]);
    for (const { name, element } of storage) expect(["f32", "u32", "vec4f", "vec4u", "Lane", "Source", "Result", "Parameter"], name).toContain(element);
  },
);
test.each([...KERNELS.values()].map((kernel) => [kernel.name, kernel] as const))("%s: each offset in params belongs to a binding", (_, kernel) => {
  const names = new Set(kernel.bindings.map((binding) => binding.name));
  const offsets = Object.keys(kernel.params!.fields).filter((field) => field.endsWith("_offset"));
  expect(offsets.filter((field) => !names.has(field.slice(0, -"_offset".length)))).toEqual([]);
});
