import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError, readSafetensors, toFloat32, writeSafetensors, type GivenTensor, type StoredDtype } from "../../src/index.ts";
import { EVERYTHING, file, tensor } from "./safetensors-file.ts";

describe("round trip", () => {
  test("every dtype, bit by bit, with names that need escapes", () => {
    const given = new Map(Object.entries(EVERYTHING)).set("__proto__", { shape: [1], data: Float32Array.of(3) });
    const { tensors, metadata } = readSafetensors(writeSafetensors(given, { format: "pt", __prot: "x" }));
    expect([...tensors.keys()].toSorted()).toEqual([...given.keys()].toSorted());
    for (const [name, { shape, dtype = "f32", data }] of given) {
      const found = tensors.get(name)!;
      expect({ shape: found.shape, dtype: found.dtype }, name).toEqual({ shape, dtype });
      expect(found.data.constructor, name).toBe(data.constructor);
      const own = data as Uint8Array;
      expect(new Uint8Array(found.data.buffer, found.data.byteOffset, found.data.byteLength), name).toEqual(
        new Uint8Array(own.buffer, own.byteOffset, own.byteLength),
      );
    }
    expect([...metadata]).toEqual([
      ["format", "pt"],
      ["__prot", "x"],
    ]);
  });

  test("payloads of NaN survive, in f32 and f64", () => {
    const bits = Uint32Array.of(0x7fc12345, 0xffabcdef, 0x7f800001, 0x80000000);
    const { tensors } = readSafetensors(
      writeSafetensors({ w: { shape: [4], data: new Float32Array(bits.buffer) }, d: { shape: [2], dtype: "f64", data: new Float64Array(bits.buffer) } }),
    );
    for (const name of ["w", "d"]) {
      const { data } = tensors.get(name)!;
      expect(new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + 16)), name).toEqual(bits);
    }
  });

  test("no tensor, no metadata", () => {
    expect(readSafetensors(writeSafetensors({}))).toEqual({ tensors: new Map(), metadata: new Map() });
  });

  test("any tensors (property)", () => {
    const given = fc.dictionary(
      fc.string({ unit: "binary" }).filter((name) => name !== "__metadata__"),
      fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) => {
        const count = shape.reduce((a, b) => a * b, 1);
        return fc.record({
          shape: fc.constant(shape),
          dtype: fc.constant("i32"),
          data: fc.int32Array({ minLength: count, maxLength: count }),
        });
      }),
    );
    fc.assert(
      fc.property(given, (tensors) => {
        const found = readSafetensors(writeSafetensors(tensors)).tensors;
        expect(found.size).toBe(Object.keys(tensors).length);
        for (const [name, { shape, data }] of Object.entries(tensors)) {
          expect(found.get(name)!.shape).toEqual(shape);
          expect(Array.from(found.get(name)!.data as Int32Array)).toEqual(Array.from(data));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("the layout of a written file", () => {
  test("values start at a multiple of 8, widest dtypes first, so that every one is aligned", () => {
    const written = writeSafetensors({ a: { shape: [1], dtype: "u8", data: Uint8Array.of(1) }, b: { shape: [1], dtype: "i64", data: BigInt64Array.of(2n) } });
    const length = Number(new DataView(written.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(written.subarray(8, 8 + length));
    expect(length % 8).toBe(0);
    expect(JSON.parse(header)).toEqual({
      b: { dtype: "I64", shape: [1], data_offsets: [0, 8] },
      a: { dtype: "U8", shape: [1], data_offsets: [8, 9] },
    });
    expect(Object.keys(JSON.parse(header) as object)).toEqual(["b", "a"]);
  });

  test("numbers are rounded to the dtype that is asked for", () => {
    const { tensors } = readSafetensors(
      writeSafetensors({ h: { shape: [4], dtype: "F16", data: [1, 65519.9, 65520, 2 ** -25] }, b: { shape: [3], dtype: "bf16", data: [1, 1.00390625, NaN] } }),
    );
    expect(Array.from(toFloat32(tensors.get("h")!))).toEqual([1, 65504, Infinity, 0]);
    expect(Array.from(toFloat32(tensors.get("b")!))).toEqual([1, 1, NaN]);
  });
});

describe("files of others", () => {
  test("values that are not aligned are copied, aligned ones are views", () => {
    const bytes = file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":${tensor({ data_offsets: [1, 9] })}}`, 9);
    new DataView(bytes.buffer).setFloat32(bytes.length - 8, 1.5, true);
    const { tensors } = readSafetensors(bytes);
    expect(Array.from(tensors.get("w")!.data as Float32Array)).toEqual([1.5, 0]);
    expect(tensors.get("a")!.data.buffer).toBe(bytes.buffer);
  });

  test("an ArrayBuffer, a part of one, shared memory, and a Node Buffer are read alike", () => {
    const written = writeSafetensors(EVERYTHING);
    const wanted = [...readSafetensors(written).tensors.keys()];
    const shifted = new Uint8Array(written.length + 3);
    shifted.set(written, 3);
    const shared = new Uint8Array(new SharedArrayBuffer(written.length));
    shared.set(written);
    for (const bytes of [written.buffer, shifted.subarray(3), shared, Buffer.from(written)]) {
      const { tensors } = readSafetensors(bytes);
      expect([...tensors.keys()]).toEqual(wanted);
      expect(Array.from(toFloat32(tensors.get("scalar")!))).toEqual([42]);
    }
  });

  test("the header of a file by the format's own library (0.4, compact, padded)", () => {
    const header = `{"__metadata__":{"format":"pt"},"running_mean":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}   `;
    const { tensors, metadata } = readSafetensors(file(header, 16));
    expect([...tensors.keys()]).toEqual(["running_mean", "num_batches_tracked"]);
    expect(tensors.get("num_batches_tracked")!.data).toEqual(BigInt64Array.of(0n));
    expect(metadata.get("format")).toBe("pt");
  });

  test("values as f32: halves, bfloat16, wide floats and integers; not what has no f32", () => {
    const values = (dtype: StoredDtype, data: GivenTensor["data"]): number[] =>
      Array.from(toFloat32(readSafetensors(writeSafetensors({ w: { shape: [(data as Uint8Array).length], dtype, data } })).tensors.get("w")!));
    expect(values("f16", Uint16Array.of(0x0001, 0xfbff, 0x7c00, 0x7c01, 0x8000))).toEqual([2 ** -24, -65504, Infinity, NaN, -0]);
    expect(values("bf16", Uint16Array.of(0x3f80, 0xc000, 0x7f80))).toEqual([1, -2, Infinity]);
    expect(values("f64", Float64Array.of(0.1))).toEqual([Math.fround(0.1)]);
    expect(values("i64", BigInt64Array.of(-7n))).toEqual([-7]);
    expect(() => values("f8_e4m3", Uint8Array.of(1))).toThrow(FormatError);
  });
});

describe("what cannot be written is refused", () => {
  const cases: Record<string, [Record<string, unknown>, RegExp]> = {
    "the reserved name": [{ __metadata__: { shape: [], data: [1] } }, /"__metadata__": the name is taken/],
    "half of a surrogate pair": [{ "\ud800": { shape: [], data: [1] } }, /half of a surrogate pair/],
    "a dtype that is none": [{ w: { shape: [], dtype: "f31", data: [1] } }, /tensor "w": dtype is "f31"/],
    "a shape that is none": [{ w: { shape: [-1], data: [1] } }, /shape is -1; wanted a list/],
    "values that do not fill the shape": [{ w: { shape: [2], data: [1] } }, /data has 4 bytes; \[2\] of f32 takes 8/],
    "numbers for an integer dtype": [{ w: { shape: [1], dtype: "i64", data: [1] } }, /data is Array; wanted BigInt64Array for dtype i64/],
    "BigInts for a float dtype": [{ w: { shape: [1], dtype: "f32", data: BigInt64Array.of(1n) } }, /data is BigInt64Array; wanted Float32Array/],
    "no values": [{ w: { shape: [1], data: null } }, /data is object; wanted Float32Array/],
  };
  test.each(Object.entries(cases))("%s", (_name, [tensors, message]) => {
    expect(() => writeSafetensors(tensors as never)).toThrow(FormatError);
    expect(() => writeSafetensors(tensors as never)).toThrow(message);
  });

  test("metadata that is no text", () => {
    expect(() => writeSafetensors({}, { a: 1 } as never)).toThrow(/metadata "a" is number; wanted a text/);
  });
});
