import { describe, expect } from "vitest";
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from "../../src/index.ts";
import { batchNormForward, groupNormForward, instanceNormForward, layerNormForward, rmsNormForward } from "../../src/reference/index.ts";
import { expectNormalized, expectWithin } from "../bound.ts";
import { FAMILIES, normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const LENGTHS = [1, 2, 3, 31, 32, 33, 63, 64, 65, 255, 256, 257, 768, 1023, 4095, 4096, 4097, 65537, 2 ** 20 + 3];
const MOST_VALUES = 2 ** 22;

/** Rows of one family, each with a seed of its own. */
function rows(count: number, length: number, family: (length: number, seed: number) => Float32Array): Float32Array {
  const values = new Float32Array(count * length);
  for (let row = 0; row < count; row++) values.set(family(length, row + 1), row * length);
  return values;
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  // Wide workgroups are slow on a CPU: there the longest rows are left to the plan that is meant for it.
  const lengths = LENGTHS.filter((length) => planAs.adapterClass === "software" || length <= 65537);
  for (const length of lengths) {
    gpuTest(
      `LayerNorm of rows of ${length} values: every family of data`,
      async ({ gpu }) => {
        const count = 3;
        for (const family of Object.values(FAMILIES)) {
          const data = rows(count, length, family);
          const x = gpu.tensor(data, [count, length]);
          const { y, saved } = layerNorm(gpu, x);
          const expected = layerNormForward({ data, shape: [count, length] });
          expectNormalized(await y.read(), expected.y);
          expectWithin(await saved!.mean!.read(), expected.mean, "mean");
          const variance = await saved!.variance.read();
          for (const [row, value] of expected.variance.entries()) expect(Math.abs(variance[row]! - value)).toBeLessThanOrEqual(2e-6 * value);
          x.destroy();
          y.destroy();
          saved!.destroy();
        }
      },
      planAs,
    );
  }

  for (const count of [1, 2, 63, 65535, 65536, 65537, 131073]) {
    gpuTest(
      `LayerNorm and RMSNorm of ${count} rows, with gamma and beta`,
      async ({ gpu }) => {
        const length = count < 1000 ? 96 : 12;
        const shape = [count, length];
        const data = normal(count * length, 5, 0.5, 2);
        const [g, b] = [normal(length, 6, 1, 0.2), normal(length, 7)];
        const [x, gamma, beta] = [gpu.tensor(data, shape), gpu.tensor(g), gpu.tensor(b)];
        const args = { gamma: { data: g, shape: [length] }, beta: { data: b, shape: [length] } };
        expectWithin(await layerNorm(gpu, x, { gamma, beta }).y.read(), layerNormForward({ data, shape }, args).y);
        expectWithin(await rmsNorm(gpu, x, { gamma }).y.read(), rmsNormForward({ data, shape }, { gamma: args.gamma }).y);
      },
      planAs,
    );
  }

  gpuTest(
    "a constant row gives exactly beta, whatever the constant",
    async ({ gpu }) => {
      const constants = [0, 0.1, 1, 3.1415927, -1e4, 1e4, 123456.7, 1e-6, 1e7, 1e10];
      const beta = gpu.tensor(normal(768, 3));
      const wanted = await beta.read();
      const data = new Float32Array(constants.length * 768).map((_, i) => constants[Math.floor(i / 768)]!);
      for (const eps of [1e-5, 0]) {
        const y = await layerNorm(gpu, gpu.tensor(data, [constants.length, 768]), { beta, eps }).y.read();
        for (let row = 0; row < constants.length; row++) expect(y.subarray(row * 768, (row + 1) * 768)).toEqual(wanted);
      }
    },
    planAs,
  );

  gpuTest(
    "values of 1e18 in rows up to 64 values",
    async ({ gpu }) => {
      for (const length of [2, 31, 64]) {
        const data = new Float32Array(2 * length).map((_, i) => (i % 3 ? 1e18 : -1e18));
        const shape = [2, length];
        expectWithin(await layerNorm(gpu, gpu.tensor(data, shape)).y.read(), layerNormForward({ data, shape }).y);
        expectWithin(await rmsNorm(gpu, gpu.tensor(data, shape)).y.read(), rmsNormForward({ data, shape }).y);
      }
    },
    planAs,
  );

  gpuTest(
    "a row with NaN leaves its neighbours as they are, bit for bit",
    async ({ gpu }) => {
      const data = normal(9 * 768, 11);
      const clean = await layerNorm(gpu, gpu.tensor(data, [9, 768])).y.read();
      const poisoned = data.slice();
      poisoned[4 * 768 + 5] = NaN;
      poisoned[6 * 768 + 700] = Infinity;
      const y = await layerNorm(gpu, gpu.tensor(poisoned, [9, 768])).y.read();
      for (const row of [0, 1, 2, 3, 5, 7, 8]) expect(y.subarray(row * 768, (row + 1) * 768)).toEqual(clean.subarray(row * 768, (row + 1) * 768));
      expect(y[4 * 768 + 5]).toBeNaN();
    },
    planAs,
  );

  // Walks by runs and by columns: BatchNorm over [N, C, H, W] and [N, H, W, C], InstanceNorm over [N, H, W, C]; the family runs along what shares a statistic.
  for (const [family, make] of Object.entries(FAMILIES)) {
    gpuTest(
      `BatchNorm and InstanceNorm by runs and by columns: ${family}`,
      async ({ gpu }) => {
        const [n, positions, c] = [5, 77, 8];
        const channels = Array.from({ length: c }, (_unused, channel) => make(n * positions, channel + 1));
        const planes = new Float32Array(n * c * positions).map(
          (_value, i) => channels[Math.floor(i / positions) % c]![Math.floor(i / positions / c) * positions + (i % positions)]!,
        );
        const columns = new Float32Array(n * c * positions).map((_value, i) => channels[i % c]![Math.floor(i / c)]!);
        const [nchw, nhwc] = [gpu.tensor(planes, [n, c, positions]), gpu.tensor(columns, [n, positions, c])];
        const training = { training: true } as const;
        expectNormalized(await batchNorm(gpu, nchw, training).y.read(), batchNormForward({ data: planes, shape: nchw.shape }, training).y);
        const last = { ...training, layout: "nhwc" } as const;
        expectNormalized(await batchNorm(gpu, nhwc, last).y.read(), batchNormForward({ data: columns, shape: nhwc.shape }, last).y);
        const instances = instanceNormForward({ data: columns, shape: nhwc.shape }, { layout: "nhwc" }).y;
        expectNormalized(await instanceNorm(gpu, nhwc, { layout: "nhwc" }).y.read(), instances);
      },
      planAs,
    );
  }

  gpuTest(
    "constant channels give exactly beta by runs and by columns",
    async ({ gpu }) => {
      const constants = [0, 0.1, -1e4, 123456.7, 1e7, 1e10, 3.1415927, 1e-6];
      const beta = gpu.tensor([1, 2, 3, 4, 5, 6, 7, 8].map((value) => value / 3));
      const wanted = await beta.read();
      const planes = new Float32Array(4 * 8 * 35).map((_value, i) => constants[Math.floor(i / 35) % 8]!);
      const columns = new Float32Array(4 * 35 * 8).map((_value, i) => constants[i % 8]!);
      const runs = await batchNorm(gpu, gpu.tensor(planes, [4, 8, 35]), { training: true, beta }).y.read();
      expect(runs).toEqual(planes.map((_value, i) => wanted[Math.floor(i / 35) % 8]!));
      const down = await batchNorm(gpu, gpu.tensor(columns, [4, 35, 8]), { training: true, beta, layout: "nhwc" }).y.read();
      expect(down).toEqual(columns.map((_value, i) => wanted[i % 8]!));
    },
    planAs,
  );

  gpuTest(
    "LayerNorm 64 x 4096 with mean 1e6, std 1e2",
    async ({ gpu }) => {
      const data = normal(64 * 4096, 1, 1e6, 1e2);
      const y = await layerNorm(gpu, gpu.tensor(data, [64, 4096])).y.read();
      expectWithin(y, layerNormForward({ data, shape: [64, 4096] }).y);
    },
    planAs,
  );

  gpuTest(
    "few long groups are split, and are as right",
    async ({ gpu }) => {
      const shape = [1, 8, 128, 160];
      for (const family of Object.values(FAMILIES)) {
        const data = rows(4, 2 * 128 * 160, family);
        const { y, saved } = groupNorm(gpu, gpu.tensor(data, shape), { groups: 4 });
        expectNormalized(await y.read(), groupNormForward({ data, shape }, { groups: 4 }).y);
        y.destroy();
        saved!.destroy();
      }
    },
    planAs,
  );
});

gpuTest("no case of this file is larger than what it promises", async () => {
  expect(Math.max(...LENGTHS) * 3).toBeLessThanOrEqual(MOST_VALUES);
});
