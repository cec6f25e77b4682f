import { describe, expect } from "vitest";
import { Gpu, groupNorm, groupNormBackward, layerNorm, layerNormBackward, rmsNorm, rmsNormBackward, type Tensor } from "../../src/index.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const ROWS = [1, 2, 3, 17, 64, 300];

type Values = Readonly<Record<"y" | "mean" | "rstd" | "dx", Float32Array>>;
interface Call {
  /** Shape of one row. */
  readonly row: readonly number[];
  /** Values of gamma and beta. */
  readonly parameters: number;
  /** Statistics of one row. */
  readonly statistics: number;
  readonly forward: typeof layerNorm;
  readonly backward: typeof layerNormBackward;
}

const channels = { groups: 2 } as const;
const CALLS: Readonly<Record<string, Call>> = {
  ...Object.fromEntries(
    [6, 96, 771].map((length): [string, Call] => [
      `LayerNorm of ${length} values`,
      { row: [length], parameters: length, statistics: 1, forward: layerNorm, backward: layerNormBackward },
    ]),
  ),
  "RMSNorm of 768 values": { row: [768], parameters: 768, statistics: 1, forward: rmsNorm, backward: rmsNormBackward },
  "GroupNorm of 8 channels": {
    row: [8, 5, 5],
    parameters: 8,
    statistics: 2,
    forward: (gpu, x, options) => groupNorm(gpu, x, { ...options, ...channels } as Parameters<typeof groupNorm>[2]),
    backward: (gpu, dy, saved, options) => groupNormBackward(gpu, dy, saved, { ...options, ...channels } as Parameters<typeof groupNormBackward>[3]),
  },
};

const known = new Map<string, Float32Array>();

/** All rows of a call, made once. */
function data(size: number, seed: number, mean: number): Float32Array {
  const key = `${size} ${seed} ${mean}`;
  const made = known.get(key) ?? normal(size * Math.max(...ROWS), seed, mean, 2);
  known.set(key, made);
  return made;
}

/** The first `rows` of the same rows, forward and backward. */
async function run(gpu: Gpu, call: Call, rows: number): Promise<Values> {
  const size = call.row.reduce((a, b) => a * b, 1);
  const take = (seed: number, mean: number): Tensor => gpu.tensor(data(size, seed, mean).subarray(0, rows * size), [rows, ...call.row]);
  const affine = { gamma: gpu.tensor(normal(call.parameters, 3, 1, 0.4)), beta: gpu.tensor(normal(call.parameters, 4)), activation: "silu" } as const;
  const [x, dy] = [take(1, 3), take(2, 0.3)];
  const { y, saved } = call.forward(gpu, x, call.forward === rmsNorm ? { ...affine, beta: null } : affine);
  const { dx, ...parameters } = call.backward(gpu, dy, saved!, call.forward === rmsNorm ? { ...affine, beta: null } : affine);
  const found = { y: await y.read(), mean: (await saved!.mean?.read()) ?? new Float32Array(), rstd: await saved!.rstd.read(), dx: await dx.read() };
  for (const tensor of [x, dy, y, dx, affine.gamma, affine.beta, ...(Object.values(parameters) as Tensor[])]) tensor.destroy();
  saved!.destroy();
  return found;
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const [name, call] of Object.entries(CALLS)) {
    gpuTest(
      `${name}: the first row has the same bits among 1, 2, 3, 17, 64 and 300 rows, and so has every row that two calls share`,
      async ({ gpu }) => {
        const all = await run(gpu, call, Math.max(...ROWS));
        for (const rows of ROWS) {
          const some = await run(gpu, call, rows);
          for (const part of ["y", "mean", "rstd", "dx"] as const)
            expect(some[part], `${part} of ${rows} rows`).toEqual(all[part].subarray(0, some[part].length));
          expect(some.y.some((value) => value !== 0)).toBe(true);
        }
      },
      { ...planAs, batchInvariant: true },
    );
  }
});

gpuTest("Gpu.open and Gpu.from take the wish, and the default is not to", async ({ gpu }) => {
  expect(gpu.capabilities.batchInvariant).toBe(false);
  expect(Gpu.from(gpu.device, { batchInvariant: true }).capabilities.batchInvariant).toBe(true);
  const own = await Gpu.open({ batchInvariant: true });
  expect(own.capabilities.batchInvariant).toBe(true);
  own.destroy();
});
