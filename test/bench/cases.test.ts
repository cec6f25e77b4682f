import { expect, test } from "vitest";
import { CASES } from "../../bench/case-list.ts";
import { batchNorm, casesMatching, idOf, layerNorm, parameterShape } from "../../bench/cases.ts";
import { errorOf } from "../../bench/error.ts";
import { bytesOf, inputsOf, samples } from "../../bench/inputs.ts";
import { resnet50Norms } from "../../bench/resnet50.ts";

const byId = new Map(CASES.map((one) => [idOf(one), one]));

test("every case stands once, has a tag, and what it stands beside is in the list", () => {
  expect(byId.size).toBe(CASES.length);
  for (const one of CASES) {
    expect(one.tags.length, idOf(one)).toBeGreaterThan(0);
    if (one.beside) expect(byId.has(one.beside.id), one.beside.id).toBe(true);
  }
});

test("a case of the page that has a target too keeps both tags", () => {
  const one = byId.get("LayerNorm 4096x768")!;
  expect(one.tags).toEqual(expect.arrayContaining(["page", "target"]));
  expect(one.target).toBe(1.8);
});

test("each targeted case in NCHW has a twin in NHWC of as many values", () => {
  const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
  const images = CASES.filter(({ target, layout }) => target !== null && layout === "NCHW");
  expect(images.length).toBeGreaterThan(8);
  for (const one of images) {
    const twin = CASES.find(({ beside, layout }) => layout === "NHWC" && beside?.id === idOf(one) && beside.most === 1.5);
    expect(twin && size(twin.shape), idOf(one)).toBe(size(one.shape));
    expect(parameterShape(twin!)).toEqual(parameterShape(one));
  }
});

test("a ResNet-50 normalizes 53 activations, 11 million values an image", () => {
  const shapes = resnet50Norms(1);
  expect(shapes).toHaveLength(53);
  const values = shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  expect(values).toBe(11_113_984);
});

test("cases are chosen by a regular expression; none is an error that shows what ids look like", () => {
  expect(casesMatching(CASES, "^layernorm 4096x768$").map(idOf)).toEqual(["LayerNorm 4096x768"]);
  expect(() => casesMatching(CASES, "BatchNrom")).toThrow('no case matches "BatchNrom"; cases read like "LayerNorm 4096x768"');
});

test("bytes are those of every input and output, once", () => {
  expect(bytesOf(layerNorm([10, 6]))).toBe(4 * (2 * 60 + 2 * 6));
  expect(bytesOf(layerNorm([10, 6], true))).toBe(4 * (4 * 60 + 2 * 6));
  expect(bytesOf(batchNorm([2, 3, 4, 4], false, false))).toBe(4 * (2 * 96 + 4 * 3));
  expect(bytesOf({ ...layerNorm([10, 6]), direction: "backward" })).toBe(4 * (3 * 60 + 3 * 6));
  const network = byId.get("ResNet-50's BatchNorm training of batch 1 53")!;
  expect(bytesOf(network)).toBeGreaterThan(8 * 11_113_984);
});

test("a case is given what its call takes, and no more", () => {
  const names = (one: Parameters<typeof inputsOf>[0]): string[] => Object.keys(inputsOf(one, new Float32Array(one.shape.reduce((a, b) => a * b, 1))));
  expect(names(batchNorm([2, 3, 2, 2], false, false))).toEqual(["x", "gamma", "beta", "mean", "variance"]);
  expect(names(byId.get("RMSNorm 512x4096")!)).toEqual(["x", "gamma"]);
  expect(names(byId.get("WeightStandardization 512x2304")!)).toEqual(["x"]);
  expect(names({ ...layerNorm([4, 4], true) })).toEqual(["x", "residual", "gamma", "beta"]);
});

test("an error is relative to the largest value expected; what is missing, too short or not a number is infinitely wrong", () => {
  const expected = { y: new Float64Array([1, -8]) };
  expect(errorOf({ y: new Float32Array([1, -7]) }, expected)).toBe(1 / 8);
  expect(errorOf({ y: new Float32Array([1, -8]) }, expected)).toBe(0);
  expect(errorOf({}, expected)).toBe(Infinity);
  for (const y of [new Float32Array([1]), new Float32Array([NaN, -8])]) expect(errorOf({ y }, expected)).toBe(Infinity);
});

test("the bench's x has a mean of 0.3 and a standard deviation of 1.5", () => {
  const x = samples([300, 100]);
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const deviation = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length);
  expect(mean).toBeCloseTo(0.3, 1);
  expect(deviation).toBeCloseTo(1.5, 1);
});
