import { expect } from "vitest";
import type { KernelModule } from "../../src/core/wgsl.d.ts";
import { KERNELS, preludeOf } from "../../src/gpu/kernels.ts";
import { batchNorm, Gpu, groupNorm, instanceNorm, layerNorm, type Capabilities } from "../../src/index.ts";
import { batchNormForward, groupNormForward, instanceNormForward, layerNormForward, type NdArray } from "../../src/reference/index.ts";
import { F32_BOUND, relativeError } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";

type Layer = (gpu: Gpu) => Promise<number>;

const array = (shape: readonly number[], mean = 1e4): NdArray => ({
  data: normal(
    shape.reduce((a, b) => a * b, 1),
    3,
    mean,
  ),
  shape,
});

async function error(read: Promise<Float32Array>, expected: Float64Array): Promise<number> {
  return relativeError(await read, expected);
}

/** Row lengths with a ragged end, a mean far from 0, gamma and beta that matter. */
const LAYERS: Readonly<Record<string, Layer>> = {
  rows: (gpu) => {
    const [x, g, b] = [array([70, 516]), array([516], 1), array([516], 0)];
    const y = layerNorm(gpu, gpu.tensor(x.data, x.shape), { gamma: gpu.tensor(g.data), beta: gpu.tensor(b.data) }).y;
    return error(y.read(), layerNormForward(x, { gamma: g, beta: b }).y);
  },
  runs: (gpu) => {
    const x = array([3, 4, 100, 52]);
    return error(batchNorm(gpu, gpu.tensor(x.data, x.shape), { training: true }).y.read(), batchNormForward(x, { training: true }).y);
  },
  columns: (gpu) => {
    const x = array([8, 37, 12]);
    return error(instanceNorm(gpu, gpu.tensor(x.data, x.shape), { layout: "nhwc" }).y.read(), instanceNormForward(x, { layout: "nhwc" }).y);
  },
  "split columns": (gpu) => {
    const x = array([2, 370, 12]);
    return error(groupNorm(gpu, gpu.tensor(x.data, x.shape), { groups: 3, layout: "nhwc" }).y.read(), groupNormForward(x, { groups: 3, layout: "nhwc" }).y);
  },
  general: (gpu) => {
    const x = array([3, 4, 5, 6]);
    return error(layerNorm(gpu, gpu.tensor(x.data, x.shape), { axes: [0, 2] }).y.read(), layerNormForward(x, { axes: [0, 2] }).y);
  },
};

interface Mutant {
  readonly file: string;
  readonly line: string;
  readonly wrong: string;
  readonly layer: string;
  readonly as?: string;
}

/** One wrong line each. `as`: the device that plans the kernel. */
const MUTANTS: readonly Mutant[] = [
  { file: "row-stream", line: "(h - m.x) * a + (b - a * m.y)", wrong: "(h - m.x) * a + b", layer: "rows" },
  { file: "row-stream", line: "sums.second += e * e;", wrong: "sums.second += e * e * 1.00002;", layer: "rows" },
  { file: "row-stream", line: "i < start + span; i +=", wrong: "i + 1u < start + span; i +=", layer: "rows" },
  { file: "row-stream", line: "shift = row_shift(row, total, inv)", wrong: "shift = 0.0", layer: "rows" },
  { file: "row-stream", line: "i, m3, g, b);", wrong: "i, m2, g, b);", layer: "rows" },
  { file: "row-hold", line: "return select(Lane(0.0), h - shift, i < total);", wrong: "return h - shift;", layer: "rows", as: "a GPU with subgroups" },
  { file: "row-hold", line: "if (HELD > 1u) { normalize(row, i + w, h1, m); }", wrong: "", layer: "rows", as: "a GPU without subgroups" },
  { file: "team.workgroup", line: "half > 0u; half >>= 1u", wrong: "half > 1u; half >>= 1u", layer: "rows", as: "a GPU without subgroups" },
  { file: "team.cluster", line: "total += team_partials[slot];", wrong: "total = team_partials[slot];", layer: "rows", as: "a GPU with subgroups" },
  {
    file: "run-moments",
    line: "let end = min(part + CHAIN * team_width(inv), start + items);",
    wrong: "let end = min(part + CHAIN * team_width(inv), start + items) - 1u;",
    layer: "runs",
  },
  { file: "merge-moments", line: "squares += (p.w - p.z * own) + p.x * from_mean * from_mean;", wrong: "squares += p.w - p.z * own;", layer: "runs" },
  { file: "merge-moments", line: "i < count; i += team_width(inv)", wrong: "i + 1u < count; i += team_width(inv)", layer: "runs" },
  { file: "apply-run", line: "b = beta_at(beta_base) - a * delta", wrong: "b = beta_at(beta_base) + a * (delta + 0.00001)", layer: "runs" },
  { file: "column-norm", line: "outer_end); r++", wrong: "outer_end) - 1u; r++", layer: "columns" },
  { file: "column-moments", line: "a < min(part + CHAIN, end)", wrong: "a < min(part + CHAIN, end - 1u)", layer: "split columns" },
  { file: "apply-column", line: "r < end; r++", wrong: "r + 1u < end; r++", layer: "split columns" },
  { file: "gather", line: "rest = peel(rest, params.extent6, params.stride6);", wrong: "", layer: "general" },
];

function moduleOf(file: string): { code: string } {
  const team = file.split(".")[1] as "workgroup" | "cluster" | undefined;
  const found = team ? preludeOf(KERNELS.get("row-stream")!, { lane: 4, parameter: "lane", team }).find((part) => part.name === file) : KERNELS.get(file);
  return found as unknown as { code: string };
}

/** A Gpu of its own, because pipelines are kept. */
function fresh(gpu: Gpu, as: string): Gpu {
  const other = Gpu.from(gpu.device);
  const capabilities: Capabilities = { ...gpu.capabilities, ...PLANNED_AS[as] };
  Object.defineProperty(other, "capabilities", { value: capabilities });
  return other;
}

for (const { file, line, wrong, layer, as = "software" } of MUTANTS) {
  gpuTest(`shaders: without "${line}" in ${file} the bound is broken`, async ({ gpu }) => {
    const run = LAYERS[layer]!;
    expect(await run(fresh(gpu, as)), "the kernel as it is").toBeLessThanOrEqual(F32_BOUND);
    const module = moduleOf(file);
    const { code } = module;
    expect(code.includes(line), "the line is there").toBe(true);
    module.code = code.replaceAll(line, wrong);
    try {
      expect(await run(fresh(gpu, as)), "the kernel with one wrong line").toBeGreaterThan(F32_BOUND);
    } finally {
      module.code = code;
    }
  });
}

gpuTest("sabotage leaves every kernel as it was", async () => {
  const names = [...KERNELS.values()].map((kernel: KernelModule) => kernel.name);
  expect(new Set([...MUTANTS.map((mutant) => mutant.file), "fixed-statistics", ...names]).size).toBe(names.length + 2);
});
