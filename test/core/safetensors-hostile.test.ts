import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError, readSafetensors, writeSafetensors } from "../../src/index.ts";
import { EVERYTHING, file, tensor } from "./safetensors-file.ts";

const one = (fields: object): Uint8Array => file(`{"w":${tensor(fields)}}`, 8);

describe("hostile files are refused by name", () => {
  test("every prefix of a file, and every file with a byte more", () => {
    const whole = writeSafetensors(EVERYTHING, { format: "pt" });
    for (let length = 0; length < whole.length; length++) expect(() => readSafetensors(whole.subarray(0, length)), `${length}`).toThrow(FormatError);
    const longer = new Uint8Array(whole.length + 1);
    longer.set(whole);
    expect(() => readSafetensors(longer)).toThrow(/1 bytes at the end belong to no tensor/);
  });

  const huge = new Uint8Array(16);
  new DataView(huge.buffer).setBigUint64(0, 100_000_001n, true);
  const beyond = file("{}");
  new DataView(beyond.buffer).setBigUint64(0, 3n, true);
  const far = Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 255]);
  const U = tensor();

  const cases: Record<string, [Uint8Array, RegExp]> = {
    "a header longer than the file": [beyond, /header is 3 bytes long; the file has 2/],
    "a header of more than 100 MB": [huge, /header is 100000001 bytes long; at most 100000000/],
    "a length of 2^64 - 1": [far, /header is 18446744073709551615 bytes long/],
    "an empty header": [file(""), /header begins with ""/],
    "a list for a header": [file("[]"), /header begins with "\["/],
    "a space before the header": [file(" {}"), /header begins with " "/],
    "a byte order mark": [file("\ufeff{}"), /header begins with/],
    "JSON that ends too soon": [file(`{"w":`), /at character 5: found the end; wanted a value/],
    "something after the header": [file("{} x"), /follows the end/],
    "invalid UTF-8": [file(Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), /not valid UTF-8/],
    "half of a surrogate pair": [file(`{"\\ud800":${U}}`, 8), /half of a surrogate pair/],
    "a name twice": [file(`{"w":${U},"w":${U}}`, 8), /the name "w" stands there twice/],
    "a name twice, spelt otherwise": [file(`{"w":${U},"\\u0077":${U}}`, 8), /the name "w" stands there twice/],
    "a field twice": [file(`{"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), /"dtype" stands there twice/],
    "__proto__ twice": [file(`{"__proto__":${U},"__proto__":${U}}`, 8), /"__proto__" stands there twice/],
    "lists without end": [file(`{"w":${"[".repeat(100_000)}`), /nest deeper/],
    "a tensor that is a number": [file(`{"w":1}`), /tensor "w" is 1; wanted an object/],
    "a tensor that is null": [file(`{"__proto__":null}`), /tensor "__proto__" is null; wanted an object/],
    "a missing field": [file(`{"w":{"dtype":"F32","shape":[]}}`), /tensor "w" lacks data_offsets/],
    "an unknown field": [one({ strides: [1] }), /tensor "w" has a field "strides"/],
    "a dtype that is none": [one({ dtype: "F31" }), /tensor "w": dtype is "F31"/],
    "a dtype in lower case": [one({ dtype: "f32" }), /dtype is "f32"/],
    "a dtype that every object inherits": [one({ dtype: "CONSTRUCTOR" }), /dtype is "CONSTRUCTOR"/],
    "a dtype that is a list": [one({ dtype: ["F32"] }), /dtype is \["F32"\]/],
    "a negative extent": [one({ shape: [-2] }), /tensor "w": shape is \[-2\]; wanted a list of whole numbers from 0/],
    "two negative extents": [one({ shape: [-1, -2] }), /shape is \[-1, -2\]/],
    "a fractional extent": [one({ shape: [0.5, 4] }), /shape is \[0.5, 4\]/],
    "an extent that no double holds": [file(`{"w":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]}}`, 8), /shape is/],
    "an infinite extent": [file(`{"w":{"dtype":"F32","shape":[1e999],"data_offsets":[0,8]}}`, 8), /shape is \[Infinity\]/],
    "a product that overflows": [one({ shape: [4294967296, 4294967296] }), /more values than can be counted/],
    "a product that overflows to zero": [one({ shape: [4294967296, 4294967296, 0], data_offsets: [0, 0] }), /more values than can be counted/],
    "a shape that is a text": [one({ shape: "2" }), /shape is "2"/],
    "three offsets": [one({ data_offsets: [0, 4, 8] }), /data_offsets is \[0, 4, 8\]; wanted \[start, end\]/],
    "offsets backwards": [one({ data_offsets: [8, 0] }), /data_offsets is \[8, 0\]/],
    "negative offsets": [one({ data_offsets: [-8, 0] }), /data_offsets is \[-8, 0\]/],
    "fractional offsets": [one({ data_offsets: [0.5, 8.5] }), /data_offsets is \[0.5, 8.5\]/],
    "a range that its shape does not fill": [one({ shape: [3] }), /hold 8 bytes; shape \[3\] of F32 takes 12/],
    "a range past the end": [one({ shape: [4], data_offsets: [0, 16] }), /data_offsets end at 16; the file has 8/],
    "overlapping ranges": [
      file(`{"a":${tensor()},"b":${tensor({ data_offsets: [4, 12] })}}`, 12),
      /tensor "b": data_offsets begin at 4, inside tensor "a", which ends at 8/,
    ],
    "the same range twice": [file(`{"a":${tensor()},"b":${tensor()}}`, 8), /inside tensor "a"/],
    "a hole between ranges": [file(`{"a":${tensor()},"b":${tensor({ data_offsets: [12, 20] })}}`, 20), /4 bytes after tensor "a" belong to no tensor/],
    "a hole before the first range": [file(`{"a":${tensor({ data_offsets: [4, 12] })}}`, 12), /4 bytes after the start of the values belong to no tensor/],
    "bytes that belong to nobody": [file("{}", 5), /5 bytes at the end belong to no tensor/],
    "metadata that is a list": [file(`{"__metadata__":[]}`), /__metadata__ is \[\]; wanted an object of texts/],
    "metadata that is no text": [file(`{"__metadata__":{"a":1}}`), /__metadata__: "a" is 1; wanted a text/],
    "six bits that are not whole bytes": [one({ dtype: "F6_E2M3", shape: [3], data_offsets: [0, 3] }), /18 bits, which are not whole bytes/],
  };
  test.each(Object.entries(cases))("%s", (_name, [bytes, message]) => {
    expect(() => readSafetensors(bytes)).toThrow(FormatError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  test("a name as long as the file is cut in the message", () => {
    const bytes = file(`{"${"a".repeat(1_000_000)}":1}`);
    expect(() => readSafetensors(bytes)).toThrow(/^.{0,300}$/s);
  });

  test("tensors named as what objects inherit are tensors, and change nothing else", () => {
    const { tensors } = readSafetensors(
      file(`{"__proto__":${tensor()},"constructor":${tensor({ data_offsets: [8, 16] })},"toString":${tensor({ data_offsets: [16, 24] })}}`, 24),
    );
    expect([...tensors.keys()]).toEqual(["__proto__", "constructor", "toString"]);
    expect(({} as Record<string, unknown>)["dtype"]).toBeUndefined();
  });

  test("what is no bytes", () => {
    for (const given of [null, undefined, 5, "text", [1, 2, 3], {}]) expect(() => readSafetensors(given as never)).toThrow(FormatError);
  });
});

describe("fuzz: nothing but FormatError, ever", () => {
  const whole = writeSafetensors(EVERYTHING, { format: "pt" });
  const length = Number(new DataView(whole.buffer).getBigUint64(0, true));

  function attempt(bytes: Uint8Array): void {
    try {
      const { tensors } = readSafetensors(bytes);
      for (const { shape, data } of tensors.values()) expect(shape.length + data.length).toBeGreaterThanOrEqual(0);
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
    }
  }

  test("any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 2000 });
  });

  test("any text or JSON for a header", () => {
    const header = fc.oneof(fc.string(), fc.json(), fc.json({ depthSize: "large" }));
    fc.assert(
      fc.property(header, fc.nat(32), (text, bytes) => attempt(file(text, bytes))),
      { numRuns: 2000 },
    );
  });

  test("any JSON in the place of a tensor or of a field", () => {
    fc.assert(
      fc.property(fc.constantFrom("dtype", "shape", "data_offsets"), fc.jsonValue(), (field, value) => attempt(one({ [field]: value }))),
      { numRuns: 2000 },
    );
  });

  test("bytes changed, cut out and put in", () => {
    const change = fc.record({ at: fc.nat(8 + length), value: fc.integer({ min: 0, max: 255 }), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 3 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean(), (changes, keepsLength) => {
        let bytes = [...whole];
        for (const { at, value, remove, insert } of changes) {
          bytes[at] = value;
          bytes = [...bytes.slice(0, at), ...insert, ...bytes.slice(at + remove)];
        }
        if (keepsLength) bytes.splice(0, 8, ...whole.subarray(0, 8));
        attempt(Uint8Array.from(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});

test("a header of a million characters in one name is read without recursion", () => {
  const name = "\\u0061".repeat(200_000);
  expect([...readSafetensors(file(`{"${name}":${tensor()}}`, 8)).tensors.keys()][0]).toHaveLength(200_000);
});
