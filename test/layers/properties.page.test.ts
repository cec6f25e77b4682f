import fc from "fast-check";
import { describe, expect } from "vitest";
import {
  batchNorm,
  batchNormBackward,
  groupNorm,
  groupNormBackward,
  instanceNorm,
  instanceNormBackward,
  layerNorm,
  layerNormBackward,
  rmsNorm,
  rmsNormBackward,
  type Gpu,
  type Layout,
} from "../../src/index.ts";
import { expectWithin } from "../bound.ts";
import { FAMILIES, normal } from "../data.ts";
import { gpuAs, gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { arraysOf, sizeOf } from "./table/inputs.ts";
import { NORM_ROWS } from "./table/norm-rows.ts";
import { WEIGHT_ROWS } from "./table/weight-rows.ts";

const RUNS = 8;
type Values = Record<string, Float32Array>;

/** Values of [N, C, P] as they lie in [N, P, C]. */
function channelsLast(values: Float32Array, [n, c, p]: readonly [number, number, number]): Float32Array {
  const moved = new Float32Array(values.length);
  for (let i = 0; i < n; i++) for (let k = 0; k < c; k++) for (let j = 0; j < p; j++) moved[(i * p + j) * c + k] = values[(i * c + k) * p + j]!;
  return moved;
}

const CHANNEL_LAYERS = {
  BatchNorm: [batchNorm, batchNormBackward, { training: true }],
  GroupNorm: [groupNorm, groupNormBackward, { groups: 2 }],
  InstanceNorm: [instanceNorm, instanceNormBackward, {}],
} as const;

interface Channels {
  readonly layer: keyof typeof CHANNEL_LAYERS;
  readonly shape: readonly [number, number, number];
  readonly seed: number;
  readonly mean: number;
}

const channels: fc.Arbitrary<Channels> = fc.record({
  layer: fc.constantFrom(...(Object.keys(CHANNEL_LAYERS) as (keyof typeof CHANNEL_LAYERS)[])),
  shape: fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 9 }).map((half) => 2 * half),
    fc.integer({ min: 2, max: 70 }),
  ),
  seed: fc.integer({ min: 1, max: 1e6 }),
  mean: fc.constantFrom(0, 10, 1e4),
});

/** Forward and backward of a channel layer over [N, C, P]; in NHWC the same values, moved. */
async function runChannels(gpu: Gpu, { layer, shape, seed, mean }: Channels, layout: Layout, from = 0, to = shape[0]): Promise<Values> {
  const [, c, p] = shape;
  const [forward, backward, options] = CHANNEL_LAYERS[layer] as unknown as [typeof groupNorm, typeof groupNormBackward, { groups: number }];
  const own = [to - from, c, p] as const;
  const place = (values: Float32Array): Float32Array => {
    const part = values.slice(from * c * p, to * c * p);
    return layout === "nhwc" ? channelsLast(part, own) : part;
  };
  const dims = layout === "nhwc" ? [own[0], p, c] : own;
  const x = gpu.tensor(place(normal(sizeOf(shape), seed, mean, 2)), dims);
  const dy = gpu.tensor(place(normal(sizeOf(shape), seed + 1)), dims);
  const given = { ...options, layout, gamma: gpu.tensor(normal(c, seed + 2, 1, 0.3)), beta: gpu.tensor(normal(c, seed + 3)) };
  const { y, saved } = forward(gpu, x, given);
  const { dx, dgamma, dbeta } = backward(gpu, dy, saved!, given);
  const found = { y: await y.read(), dx: await dx.read(), dgamma: await dgamma!.read(), dbeta: await dbeta!.read() };
  for (const tensor of [x, dy, y, dx, dgamma!, dbeta!, given.gamma, given.beta]) tensor.destroy();
  saved!.destroy();
  return found;
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  gpuTest(
    "channels last gives what channels first gives",
    async ({ gpu }) => {
      await fc.assert(
        fc.asyncProperty(channels, async (one) => {
          const [first, last] = [await runChannels(gpu, one, "nchw"), await runChannels(gpu, one, "nhwc")];
          for (const name of ["y", "dx"] as const) expectWithin(last[name]!, channelsLast(first[name]!, one.shape), name);
          for (const name of ["dgamma", "dbeta"] as const) expectWithin(last[name]!, first[name]!, name);
        }),
        { numRuns: RUNS, seed: 7 },
      );
    },
    planAs,
  );

  gpuTest(
    "a sample alone gives what it gives in a batch",
    async ({ gpu }) => {
      const single = channels.filter(({ layer }) => layer !== "BatchNorm");
      await fc.assert(
        fc.asyncProperty(single, fc.constantFrom<Layout>("nchw", "nhwc"), async (one, layout) => {
          const whole = await runChannels(gpu, one, layout);
          const each = one.shape[1] * one.shape[2];
          const total = { dgamma: new Float64Array(one.shape[1]), dbeta: new Float64Array(one.shape[1]) };
          for (let n = 0; n < one.shape[0]; n++) {
            const alone = await runChannels(gpu, one, layout, n, n + 1);
            for (const name of ["y", "dx"] as const) expectWithin(alone[name]!, whole[name]!.subarray(n * each, (n + 1) * each), name);
            for (const name of ["dgamma", "dbeta"] as const) for (const [c, value] of alone[name]!.entries()) total[name][c]! += value;
          }
          for (const name of ["dgamma", "dbeta"] as const) expectWithin(whole[name]!, total[name], name);
        }),
        { numRuns: RUNS, seed: 8 },
      );
    },
    planAs,
  );

  gpuTest(
    "rows in another order give the same rows in that order, and the same gradients of parameters",
    async ({ gpu }) => {
      const rows = fc.record({
        count: fc.integer({ min: 2, max: 90 }),
        length: fc.integer({ min: 2, max: 300 }),
        seed: fc.integer({ min: 1, max: 1e6 }),
        rms: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(rows, async ({ count, length, seed, rms }) => {
          const [forward, backward] = rms ? [rmsNorm, rmsNormBackward] : [layerNorm, layerNormBackward];
          const reversed = (values: Float32Array): Float32Array => {
            const turned = new Float32Array(values.length);
            for (let row = 0; row < count; row++) turned.set(values.subarray(row * length, (row + 1) * length), (count - 1 - row) * length);
            return turned;
          };
          const [data, slopes] = [normal(count * length, seed, 3, 2), normal(count * length, seed + 1)];
          const gamma = gpu.tensor(normal(length, seed + 2, 1, 0.3));
          const results = [];
          for (const order of [(values: Float32Array) => values, reversed]) {
            const x = gpu.tensor(order(data), [count, length]);
            const dy = gpu.tensor(order(slopes), [count, length]);
            const { y, saved } = forward(gpu, x, { gamma });
            const { dx, dgamma } = backward(gpu, dy, saved!, { gamma });
            results.push({ y: order(await y.read()), dx: order(await dx.read()), dgamma: await dgamma!.read() });
          }
          for (const name of ["y", "dx", "dgamma"] as const) expectWithin(results[1]![name], results[0]![name], name);
        }),
        { numRuns: RUNS, seed: 9 },
      );
    },
    planAs,
  );
});

for (const { layer, samples } of [...NORM_ROWS, ...WEIGHT_ROWS]) {
  gpuTest(`${layer}: the same plan twice gives the same bits, and all teams agree`, async () => {
    for (const sample of samples.filter((_, i) => i % 3 === 0)) {
      const arrays = arraysOf(sample, FAMILIES["mean 0, std 1"]!);
      const byTeam: Values[] = [];
      for (const planAs of Object.values(PLANNED_AS)) {
        const planned = await gpuAs(planAs);
        if (!planned) continue;
        const tensors = Object.fromEntries(Object.entries(arrays).map(([name, { data, shape }]) => [name, planned.tensor(data, shape)]));
        const twice: Values[] = [];
        for (let i = 0; i < 2; i++) {
          const found: Values = {};
          for (const [name, tensor] of Object.entries(sample.gpu(planned, tensors))) found[name] = await tensor.read();
          twice.push(found);
        }
        expect(twice[1], `${sample.what}: bits`).toEqual(twice[0]);
        byTeam.push(twice[0]!);
      }
      for (const other of byTeam.slice(1))
        for (const [name, values] of Object.entries(other)) expectWithin(values, byTeam[0]![name]!, `${sample.what}: ${name}`);
    }
  });
}
