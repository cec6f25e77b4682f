import { expect } from "vitest";
import { BatchNorm, GroupNorm, InstanceNorm, LayerNorm, presets, RMSNorm } from "../../src/index.ts";
import { groupNormForward, instanceNormForward, layerNormForward, rmsNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";

/** Small values, so that each eps shows. */
const data = normal(4 * 5 * 64, 1, 0, 0.02);
const shape = [4, 5, 64];

/** Mean and biased variance of channel c of 64, channels last, or of 5, channels second. */
function moments(layout: "nchw" | "nhwc", c: number): { mean: number; variance: number; count: number } {
  const values = [...data].filter((_, i) => (layout === "nhwc" ? i % 64 === c : Math.floor(i / 64) % 5 === c));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length, count: values.length };
}

/** How each framework moves its running statistics, written out from its documentation. */
const MOVES = {
  pytorch: { layout: "nchw", eps: 1e-5, mean: (m: number) => 0.1 * m, variance: (v: number, n: number) => 0.9 + 0.1 * v * (n / (n - 1)) },
  onnx: { layout: "nchw", eps: 1e-5, mean: (m: number) => m * (1 - 0.9), variance: (v: number) => 0.9 + v * (1 - 0.9) },
  keras: { layout: "nhwc", eps: 1e-3, mean: (m: number) => m * (1 - 0.99), variance: (v: number) => 0.99 + v * (1 - 0.99) },
  flax: { layout: "nhwc", eps: 1e-5, mean: (m: number) => m * (1 - 0.99), variance: (v: number) => 0.99 + v * (1 - 0.99) },
} as const;

for (const [name, { layout, eps, mean, variance }] of Object.entries(MOVES)) {
  gpuTest(`BatchNorm as ${name} has it`, async ({ gpu }) => {
    const channels = layout === "nhwc" ? 64 : 5;
    const norm = new BatchNorm(gpu, { channels, ...presets[name as keyof typeof MOVES].batchNorm });
    const { saved } = norm.forward(gpu.tensor(data, shape));
    const found = Array.from({ length: channels }, (_, c) => moments(layout, c));
    expectWithin(
      await norm.runningMean!.read(),
      found.map((own) => mean(own.mean)),
    );
    expectWithin(
      await norm.runningVariance!.read(),
      found.map((own) => variance(own.variance, own.count)),
    );
    const rstd = found.map((own) => 1 / Math.sqrt(own.variance + eps));
    expectWithin(await saved!.rstd.read(), rstd);
  });
}

const OTHERS = [
  { name: "pytorch", layer: 1e-5, rms: 2 ** -23, group: 1e-5, instance: 1e-5, layout: "nchw" },
  { name: "onnx", layer: 1e-5, rms: 1e-5, group: 1e-5, instance: 1e-5, layout: "nchw" },
  { name: "keras", layer: 1e-3, rms: 1e-6, group: 1e-3, instance: null, layout: "nhwc" },
  { name: "flax", layer: 1e-6, rms: 1e-6, group: 1e-6, instance: 1e-6, layout: "nhwc" },
] as const;

for (const { name, layer, rms, group, instance, layout } of OTHERS) {
  gpuTest(`LayerNorm, RMSNorm, GroupNorm and InstanceNorm as ${name} has them`, async ({ gpu }) => {
    const x = { data, shape };
    const tensor = gpu.tensor(data, shape);
    const own = presets[name];
    expectWithin(await new LayerNorm(gpu, { shape: 64, ...own.layerNorm }).forward(tensor).y.read(), layerNormForward(x, { eps: layer }).y);
    expectWithin(await new RMSNorm(gpu, { shape: 64, ...own.rmsNorm }).forward(tensor).y.read(), rmsNormForward(x, { eps: rms }).y);
    const channels = layout === "nhwc" ? 64 : 5;
    const groups = layout === "nhwc" ? 32 : 5;
    expectWithin(
      await new GroupNorm(gpu, { channels, groups, ...own.groupNorm }).forward(tensor).y.read(),
      groupNormForward(x, { groups, layout, eps: group }).y,
    );
    if (!("instanceNorm" in own)) return expect(instance).toBeNull();
    const norm = new InstanceNorm(gpu, { channels, ...own.instanceNorm });
    expectWithin(await norm.forward(tensor).y.read(), instanceNormForward(x, { layout, eps: instance! }).y);
    expect(norm.gamma !== null).toBe(name !== "pytorch");
  });
}

gpuTest("RMSNorm as Gemma has it", async ({ gpu }) => {
  const norm = new RMSNorm(gpu, { shape: 64, ...presets.gemma.rmsNorm });
  const gamma = normal(64, 2, 0, 0.1);
  norm.gamma!.write(gamma);
  const expected = rmsNormForward({ data, shape }, { eps: 1e-6, gamma: { data: gamma.map((value) => 1 + value), shape: [64] } });
  expectWithin(await norm.forward(gpu.tensor(data, shape)).y.read(), expected.y);
});
