import { expect } from "vitest";
import { batchNormApply, batchNormMoments, Gpu, mergeMoments } from "../../src/index.ts";
import { batchNormForward, type NdArray } from "../../src/reference/index.ts";
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
  },
  {
    name: "NCHW, aligned planes",
    shares: [
      [1, 8, 16, 16],
      [4, 8, 16, 16],
      [2, 8, 16, 16],
    ],
    channelAxis: 1,
  },
  {
    name: "NHWC",
    shares: [
      [2, 9, 9, 12],
      [1, 9, 9, 12],
    ],
    channelAxis: 3,
  },
  {
    name: "[N, C]",
    shares: [
      [1, 33],
      [70, 33],
    ],
    channelAxis: 1,
  },
  {
    name: "one sample each",
    shares: [
      [1, 3, 40, 40],
      [1, 3, 40, 40],
    ],
    channelAxis: 1,
  },
  {
    name: "an empty share",
    shares: [
      [0, 4, 5, 5],
      [6, 4, 5, 5],
    ],
    channelAxis: 1,
  },
] as const;

/** Two devices, or as many as there are shares: each with a Gpu of its own. */
async function openDevices(count: number, planAs: object): Promise<Gpu[]> {
  const opened = await Promise.all(Array.from({ length: count }, () => Gpu.open()));
  for (const gpu of opened) Object.defineProperty(gpu, "capabilities", { value: { ...gpu.capabilities, ...planAs } });
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
  for (const { name, shares, channelAxis } of CASES) {
    gpuTest(`as ${device}: ${shares.length} devices together equal one with the whole batch: ${name}`, async () => {
      const gpus = await openDevices(shares.length, planAs);
      const xs = shares.map((shape, i): NdArray => ({ data: normal(sizeOf(shape), i + 1, 1e3 * (i + 1), 3), shape }));
      const channels = shares[0][channelAxis]!;
      const gamma = normal(channels, 7, 1, 0.2);
      const beta = normal(channels, 8);
      const start = { mean: new Float32Array(channels).fill(5), variance: new Float32Array(channels).fill(2) };
      const whole = joined(xs);
      const one = (data: Float32Array): NdArray => ({ data, shape: [channels] });
      const expected = batchNormForward(whole, { training: true, channelAxis, gamma: one(gamma), beta: one(beta), ...start, momentum: 0.3 });
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
        const { y } = batchNormApply(gpu, inputs[i]!, moments, { channelAxis, gamma: gpu.tensor(gamma), beta: gpu.tensor(beta) });
        expectWithin(await y.read(), expected.y.subarray(at, at + inputs[i]!.size), `y of device ${i}`);
        at += inputs[i]!.size;
        expectWithin(await mean.read(), expected.runningMean!, "running mean");
        expectWithin(await variance.read(), expected.runningVariance!, "running variance");
        everywhere.push(await moments.statistics.read());
      }
      for (const statistics of everywhere) expect(statistics, "every device has the same bits").toEqual(everywhere[0]);
      for (const gpu of gpus) gpu.destroy();
    });
  }
}

gpuTest("the same partials in one tensor or in a list give the same bits", async ({ gpu }) => {
  const shares = [1, 2].map((seed) => batchNormMoments(gpu, gpu.tensor(normal(60, seed, 100), [4, 3, 5])));
  const values = await Promise.all(shares.map((share) => share.read()));
  const stack = gpu.tensor([...values[0]!, ...values[1]!], [2, 3, 4]);
  const fromList = mergeMoments(gpu, shares);
  expect(await fromList.statistics.read()).toEqual(await mergeMoments(gpu, stack).statistics.read());
  expect(await mergeMoments(gpu, stack, { out: fromList }).statistics.read()).toEqual(await fromList.statistics.read());
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
