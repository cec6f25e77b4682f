import { expect } from "vitest";
import {
  batchNormApply,
  batchNormBackwardApply,
  batchNormBackwardMoments,
  batchNormMoments,
  Gpu,
  mergeBackwardMoments,
  mergeMoments,
  type Activation,
  type Saved,
  type Tensor,
} from "../../src/index.ts";
import { batchNormBackward, batchNormForward, type BatchNormArguments, type NdArray } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** Shares of one batch: their shapes, where the channels are, and data whose mean differs from device to device. */
const CASES = [
  {
    name: "NCHW",
    shares: [
      [2, 5, 6, 7],
      [3, 5, 6, 7],
    ],
    channelAxis: 1,
    activation: "none",
  },
  {
    name: "NCHW, aligned planes",
    shares: [
      [1, 8, 16, 16],
      [4, 8, 16, 16],
      [2, 8, 16, 16],
    ],
    channelAxis: 1,
    activation: "none",
  },
  {
    name: "NHWC",
    shares: [
      [2, 9, 9, 12],
      [1, 9, 9, 12],
    ],
    channelAxis: 3,
    activation: "silu",
  },
  {
    name: "[N, C]",
    shares: [
      [1, 33],
      [70, 33],
    ],
    channelAxis: 1,
    activation: "none",
  },
  {
    name: "one sample each",
    shares: [
      [1, 3, 40, 40],
      [1, 3, 40, 40],
    ],
    channelAxis: 1,
    activation: "none",
  },
  {
    name: "an empty share",
    shares: [
      [0, 4, 5, 5],
      [6, 4, 5, 5],
    ],
    channelAxis: 1,
    activation: "none",
  },
] as const;

/** Two devices, or as many as there are shares: each with a Gpu of its own. */
async function openDevices(count: number, planAs: object): Promise<Gpu[]> {
  const opened = await Promise.all(Array.from({ length: count }, () => Gpu.open()));
  for (const gpu of opened) Object.defineProperty(gpu, "capabilities", { value: { ...gpu.capabilities, subgroupTest: "passed", ...planAs } });
  return opened;
}

/** The shares of a batch one after the other along N. */
function joined(shares: readonly NdArray[]): NdArray {
  const data = new Float32Array(shares.reduce((total, share) => total + share.data.length, 0));
  let at = 0;
  for (const share of shares) {
    data.set(Array.from(share.data), at);
    at += share.data.length;
  }
  const [first] = shares;
  return { data, shape: [shares.reduce((total, share) => total + share.shape[0]!, 0), ...first!.shape.slice(1)] };
}

for (const [device, planAs] of Object.entries(PLANNED_AS)) {
  for (const { name, shares, channelAxis, activation } of CASES) {
    gpuTest(`as ${device}: ${shares.length} devices together equal one with the whole batch: ${name}`, async () => {
      const gpus = await openDevices(shares.length, planAs);
      const xs = shares.map((shape, i): NdArray => ({ data: normal(sizeOf(shape), i + 1, 1e3 * (i + 1), 3), shape }));
      const channels = shares[0][channelAxis]!;
      const gamma = normal(channels, 7, 1, 0.2);
      const beta = normal(channels, 8);
      const start = { mean: new Float32Array(channels).fill(5), variance: new Float32Array(channels).fill(2) };
      const whole = joined(xs);
      const one = (data: Float32Array): NdArray => ({ data, shape: [channels] });
      const args = { training: true, channelAxis, gamma: one(gamma), beta: one(beta), activation, ...start, momentum: 0.3 };
      const expected = batchNormForward(whole, args);
      const affine = gpus.map((gpu) => ({ gamma: gpu.tensor(gamma), beta: gpu.tensor(beta) }));
      const saves: Saved[] = [];
      const inputs = gpus.map((gpu, i) => gpu.tensor(xs[i]!.data, xs[i]!.shape));
      // Any transport will do: here the values leave each device and come to all.
      const sent = await Promise.all(gpus.map((gpu, i) => batchNormMoments(gpu, inputs[i]!, { channelAxis }).read()));
      const everywhere: Float32Array[] = [];
      let at = 0;
      for (const [i, gpu] of gpus.entries()) {
        const mean = gpu.tensor(start.mean);
        const variance = gpu.tensor(start.variance);
        const partials = sent.map((values) => gpu.tensor(values, [channels, 4]));
        const moments = mergeMoments(gpu, partials, { mean, variance, momentum: 0.3 });
        const { y, saved } = batchNormApply(gpu, inputs[i]!, moments, { channelAxis, ...affine[i]!, activation });
        saves.push(saved!);
        expectWithin(await y.read(), expected.y.subarray(at, at + inputs[i]!.size), `y of device ${i}`);
        at += inputs[i]!.size;
        expectWithin(await mean.read(), expected.runningMean!, "running mean");
        expectWithin(await variance.read(), expected.runningVariance!, "running variance");
        everywhere.push(await moments.statistics.read());
      }
      for (const statistics of everywhere) expect(statistics, "every device has the same bits").toEqual(everywhere[0]);
      await checkBackward({ gpus, shares, channelAxis, activation, whole, args, affine, saves });
      for (const gpu of gpus) gpu.destroy();
    });
  }
}

interface Shared {
  readonly gpus: readonly Gpu[];
  readonly shares: readonly (readonly number[])[];
  readonly channelAxis: number;
  readonly activation: Activation;
  readonly whole: NdArray;
  readonly args: BatchNormArguments;
  readonly affine: readonly { gamma: Tensor; beta: Tensor }[];
  readonly saves: readonly Saved[];
}

/** dx of every share is that of the whole batch; dgamma and dbeta of the shares add up to those of the whole. */
async function checkBackward({ gpus, shares, channelAxis, activation, whole, args, affine, saves }: Shared): Promise<void> {
  const dys = shares.map((shape, i): NdArray => ({ data: normal(sizeOf(shape), i + 20, 0.5, 2), shape }));
  const expected = batchNormBackward(joined(dys), whole, args);
  const inputs = gpus.map((gpu, i) => gpu.tensor(dys[i]!.data, dys[i]!.shape));
  const own = gpus.map((gpu, i) => batchNormBackwardMoments(gpu, inputs[i]!, saves[i]!, { channelAxis, activation, ...affine[i]! }));
  const sent = await Promise.all(own.map(({ moments }) => moments.read()));
  const channels = affine[0]!.gamma.size;
  const total = { dgamma: new Float64Array(channels), dbeta: new Float64Array(channels) };
  let at = 0;
  for (const [i, gpu] of gpus.entries()) {
    const merged = mergeBackwardMoments(
      gpu,
      sent.map((values) => gpu.tensor(values, [channels, 8])),
    );
    const { dx } = batchNormBackwardApply(gpu, inputs[i]!, saves[i]!, merged, { channelAxis, activation, ...affine[i]! });
    expectWithin(await dx.read(), expected.dx.subarray(at, at + inputs[i]!.size), `dx of device ${i}`);
    at += inputs[i]!.size;
    for (const name of ["dgamma", "dbeta"] as const) for (const [c, value] of (await own[i]![name]!.read()).entries()) total[name][c]! += value;
  }
  expectWithin(total.dgamma, expected.dgamma!.data, "dgamma");
  expectWithin(total.dbeta, expected.dbeta!.data, "dbeta");
}

gpuTest("the same partials in one tensor or in a list give the same bits", async ({ gpu }) => {
  const shares = [1, 2].map((seed) => batchNormMoments(gpu, gpu.tensor(normal(60, seed, 100), [4, 3, 5])));
  const values = await Promise.all(shares.map((share) => share.read()));
  const stack = gpu.tensor([...values[0]!, ...values[1]!], [2, 3, 4]);
  const fromList = mergeMoments(gpu, shares);
  expect(await fromList.statistics.read()).toEqual(await mergeMoments(gpu, stack).statistics.read());
  expect(await mergeMoments(gpu, stack, { out: fromList }).statistics.read()).toEqual(await fromList.statistics.read());
});

gpuTest("shares that are all empty leave running statistics alone", async ({ gpu }) => {
  const running = { mean: gpu.tensor([1, 2, 3]), variance: gpu.tensor([4, 5, 6]) };
  const shares = [0, 0].map(() => batchNormMoments(gpu, gpu.empty([0, 3, 5])));
  const { statistics } = mergeMoments(gpu, shares, running);
  expect([...(await running.mean.read()), ...(await running.variance.read())]).toEqual([1, 2, 3, 4, 5, 6]);
  expect((await statistics.read()).every(Number.isFinite)).toBe(true);
});

gpuTest("refusals name what was found and what was wanted", async ({ gpu }) => {
  const x = gpu.tensor(normal(60), [4, 3, 5]);
  const own = batchNormMoments(gpu, x);
  const two = gpu.empty([2, 4]);
  expect(() => mergeMoments(gpu, [])).toThrow("mergeMoments: partials is an empty list; wanted one tensor [channels, 4] of each device");
  expect(() => mergeMoments(gpu, [own, two])).toThrow("mergeMoments: partials[1] is [2, 4]; wanted [3, 4]");
  expect(() => mergeMoments(gpu, two)).toThrow("mergeMoments: partials is [2, 4]; wanted [devices, channels, 4]");
  expect(() => mergeMoments(gpu, [own], { mean: gpu.empty([3]) })).toThrow("mergeMoments: variance is missing; mean and variance come together");
  expect(() => mergeMoments(gpu, [own], { mean: gpu.empty([3]), variance: gpu.empty([4]) })).toThrow("mergeMoments: variance is [4]; wanted [3]");
  expect(() => batchNormApply(gpu, gpu.empty([4, 2, 5]), mergeMoments(gpu, [own]))).toThrow(
    "batchNormApply: x is [4, 2, 5]; channels (2) must equal those of moments (3)",
  );
  expect(() => batchNormMoments(gpu, x, { out: two })).toThrow("batchNormMoments: out is [2, 4]; wanted [3, 4]");
});
