import { expect, test } from "vitest";
import { packParams } from "../../src/gpu/bind-groups.ts";
import { INTERFACES } from "../kernel-interface.ts";

const FIELDS = { count: { offset: 0, type: "u32" }, eps: { offset: 4, type: "f32" }, "gamma.step": { offset: 16, type: "u32" } } as const;

test("values go where reflection found their fields, in little-endian order and in the field's type", () => {
  const view = new DataView(new ArrayBuffer(32));
  packParams(view, FIELDS, { "gamma.step": 7, eps: 1e-5, count: 4294967295 });
  expect([...new Uint8Array(view.buffer)]).toEqual([
    255,
    255,
    255,
    255,
    ...new Uint8Array(Float32Array.of(1e-5).buffer),
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    7,
    ...Array.from({ length: 15 }, () => 0),
  ]);
});

test("a value without a field is refused, a field without a value stays 0", () => {
  const view = new DataView(new ArrayBuffer(32));
  expect(() => packParams(view, FIELDS, { gamma: 1 })).toThrow("params has no field gamma");
  packParams(view, FIELDS, { count: 1 });
  expect(view.getUint32(16, true)).toBe(0);
});

test("reflected fields are aligned, apart from each other, and inside the struct, which is a multiple of 4", () => {
  for (const { name, params } of INTERFACES) {
    const fields = Object.values(params.fields);
    expect(fields.length, name).toBeGreaterThan(0);
    expect(
      fields.every(({ offset }) => offset % 4 === 0 && offset + 4 <= params.size),
      name,
    ).toBe(true);
    expect(new Set(fields.map(({ offset }) => offset)).size, name).toBe(fields.length);
    expect(params.size % 4, name).toBe(0);
  }
});
