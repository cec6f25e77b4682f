import fc from "fast-check";
import { describe, expect } from "vitest";
import type { Dtype, Gpu, Tensor } from "../../src/index.ts";
import { expectWithin, expectWithinHalf } from "../bound.ts";
import { FAMILIES } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import type { NdArray } from "../../src/reference/index.ts";
import { arraysOf } from "./table/inputs.ts";
import { NORM_ROWS } from "./table/norm-rows.ts";
import { LARGE, type Arrays, type Sample } from "./table/sample.ts";
import { WEIGHT_ROWS } from "./table/weight-rows.ts";

const ROWS = [...NORM_ROWS, ...WEIGHT_ROWS];

/** The inputs on the GPU, and as they are there: halves where the dtype is f16. */
async function placed(gpu: Gpu, arrays: Arrays, dtype: Dtype): Promise<{ tensors: Record<string, Tensor>; stored: Arrays }> {
  const tensors: Record<string, Tensor> = {};
  const stored: Record<string, NdArray> = {};
  for (const [name, { data, shape }] of Object.entries(arrays)) {
    tensors[name] = gpu.tensor(data, shape, { dtype: LARGE.has(name) ? dtype : "f32" });
    stored[name] = { data: LARGE.has(name) && dtype === "f16" ? await tensors[name].read() : data, shape };
  }
  return { tensors, stored };
}

/** The goal for f16, relative to the largest value: one step of a half at 1. */
const HALF_BOUND = 2 ** -10;

async function check(gpu: Gpu, sample: Sample, arrays: Arrays, dtype: Dtype): Promise<void> {
  const { tensors, stored } = await placed(gpu, arrays, dtype);
  const found = sample.gpu(gpu, tensors);
  const exact = sample.reference(stored);
  // In f32 what is normalized is the sum as it is stored: with a mean of 1e4 its rounding is far above every bound. In f16 y is that of the sum before it was rounded.
  const ofSum = found["sum"] && dtype === "f32" ? sample.reference(asSaved(stored, await found["sum"].read())) : exact;
  for (const [name, tensor] of Object.entries(found)) {
    const values = await tensor.read();
    const wanted = (name === "sum" ? exact : ofSum)[name];
    expect(wanted, `the reference has ${name}`).toBeDefined();
    // Backward of a sum that was rounded to f16.
    if (found["sum"] && dtype === "f16" && name.startsWith("d")) expectWithin(values, wanted!, name, HALF_BOUND);
    else if (tensor.dtype === "f16") expectWithinHalf(values, wanted!, name);
    else expectWithin(values, wanted!, name);
  }
  for (const tensor of [...Object.values(tensors), ...Object.values(found)]) tensor.destroy();
}

/** Inputs where a sum was stored: x is the sum, and the residual adds nothing to it. */
function asSaved(stored: Arrays, sum: Float32Array): Arrays {
  const { x, residual } = stored;
  return { ...stored, x: { data: sum, shape: x!.shape }, residual: { data: new Float32Array(residual!.data.length), shape: residual!.shape } };
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const { layer, samples: all, plainDataOnly } of ROWS) {
    // The kernels for GPUs are slow to run and to compile on a CPU, and so are all of them on other implementations than Chrome's: a third of the samples reaches each of them.
    const few = planAs.adapterClass !== "software" || fc.readConfigureGlobal().numRuns !== undefined;
    const samples = few ? all.filter((_sample, i) => i % 3 === 0) : all;
    for (const dtype of ["f32", "f16"] as const) {
      gpuTest(
        `${layer} in ${dtype}, forward and backward: ${samples.length} samples`,
        async ({ gpu }) => {
          for (const sample of samples) {
            try {
              await check(gpu, sample, arraysOf(sample, FAMILIES["mean 0, std 1"]!), dtype);
            } catch (error) {
              throw new Error(`${sample.what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
            }
          }
        },
        planAs,
      );
    }

    if (plainDataOnly) continue;
    gpuTest(
      `${layer}, forward and backward: every family of data`,
      async ({ gpu }) => {
        for (const [name, family] of Object.entries(FAMILIES)) {
          for (const sample of samples.filter((_sample, i) => i % 4 === 0)) {
            try {
              await check(gpu, sample, arraysOf(sample, family), "f32");
            } catch (error) {
              throw new Error(`${name}, ${sample.what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
            }
          }
        }
      },
      planAs,
    );
  }
});
