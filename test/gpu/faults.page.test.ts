import { expect } from "vitest";
import { Gpu, layerNorm, ShaderError, TensorError, type Plan, type Tensor } from "../../src/index.ts";
import { KERNELS } from "../kernels.ts";
import { run } from "../../src/gpu/run.ts";
import { gatherDispatch } from "../../src/plan/gather-plan.ts";
import { gpuTest } from "../gpu-test.ts";
import { countCalls } from "./spy.ts";

const ROW = Float32Array.of(1, 2, 3, 4);
const USAGE = 128 | 8 | 4; // STORAGE, COPY_DST, COPY_SRC

function norm(gpu: Gpu, x: Tensor): Tensor {
  return layerNorm(gpu, x, { saved: false }).y;
}

gpuTest("a wrapped buffer that is destroyed fails every call that uses it, alone or in a batch, and no other", async ({ gpu }) => {
  const device = gpu.device as GPUDevice;
  const buffer = device.createBuffer({ size: 16, usage: USAGE });
  const x = gpu.wrap(buffer, [4]);
  buffer.destroy();
  await expect(norm(gpu, x).read()).rejects.toBeInstanceOf(TensorError);
  await expect(norm(gpu, x).read()).rejects.toBeInstanceOf(TensorError);
  const out = { y: gpu.empty([4]) };
  for (let i = 0; i < 2; i++) {
    layerNorm(gpu, x, { saved: false, out });
    await expect(out.y.read(), "the same buffers again").rejects.toBeInstanceOf(TensorError);
  }
  const inBatch = gpu.batch(() => norm(gpu, x));
  await expect(inBatch.read()).rejects.toThrow("the device refused the call");
  await expect(x.read()).rejects.toBeInstanceOf(TensorError);
  expect(await norm(gpu, gpu.tensor([1, 1, 1, 1])).read()).toEqual(new Float32Array(4));
});

gpuTest("a wrapped buffer of another device fails every call that uses it", async ({ gpu }) => {
  const other = await Gpu.open();
  const foreign = (other.device as GPUDevice).createBuffer({ size: 16, usage: USAGE });
  const x = gpu.wrap(foreign, [4]);
  for (let i = 0; i < 3; i++) await expect(norm(gpu, x).read()).rejects.toBeInstanceOf(TensorError);
  other.destroy();
});

gpuTest("the error belongs to one read; the tensor can be written again", async ({ gpu }) => {
  const buffer = (gpu.device as GPUDevice).createBuffer({ size: 16, usage: USAGE });
  const bad = gpu.wrap(buffer, [4]);
  buffer.destroy();
  const out = layerNorm(gpu, bad, { saved: false });
  await expect(out.y.read()).rejects.toBeInstanceOf(TensorError);
  layerNorm(gpu, gpu.tensor(ROW), { saved: false, out });
  expect((await out.y.read())[3]).toBeGreaterThan(1);
});

gpuTest("error scopes are opened at first use only", async ({ gpu }) => {
  const x = gpu.tensor([...ROW, ...ROW, ...ROW], [3, 4]);
  const out = layerNorm(gpu, x);
  expect(countCalls(gpu, () => layerNorm(gpu, x, { out: { y: gpu.empty([3, 4]) } }))["pushErrorScope"]).toBeGreaterThan(0);
  await out.y.read();
  const settled = countCalls(gpu, () => {
    for (let i = 0; i < 10; i++) layerNorm(gpu, x, { out });
    gpu.batch(() => layerNorm(gpu, x, { out }));
  });
  expect(settled).toEqual({ submit: 11 });
});

/** A copy of 4 values by the gather kernel. */
function copyPlan(gpu: Gpu): Plan {
  return { walk: "general", team: "invocation", dispatches: [gatherDispatch([4], [1], "source", "target", gpu.capabilities)], scratch: {}, bytesMoved: 32 };
}

gpuTest("a plan is bound by name, at offsets that are no multiple of 256", async ({ gpu }) => {
  const arena = (gpu.device as GPUDevice).createBuffer({ size: 1024, usage: USAGE });
  const target = gpu.empty([4]);
  const plan = copyPlan(gpu);
  for (const offset of [0, 4, 252, 256, 260, 1008]) {
    const source = gpu.wrap(arena, [4], { offset });
    source.write([offset, 1, 2, 3]);
    run(gpu, plan, { source, target }, {}, "copy");
    expect(await target.read()).toEqual(Float32Array.of(offset, 1, 2, 3));
  }
});

/** Runs `body` while the gather kernel's text has a mistake in its last line but one. */
async function withBrokenKernel(body: (line: number) => Promise<void>): Promise<void> {
  const kernel = KERNELS.get("gather")! as { code: string };
  const { code } = kernel;
  const lines = code.trimEnd().split("\n");
  lines[lines.length - 2] = "  no_such_name = 1;";
  kernel.code = lines.join("\n");
  try {
    await body(lines.length - 1);
  } finally {
    kernel.code = code;
  }
}

gpuTest("prepare rejects a shader that does not compile, with file, line and column", async ({ gpu }) => {
  await withBrokenKernel(async (line) => {
    const own = Gpu.from(gpu.device);
    const error = await own.prepare(copyPlan(own).dispatches).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(ShaderError);
    expect((error as Error).message).toMatch(new RegExp(`^shaders/gather\\.wgsl:${line}:3: .*no_such_name`));
  });
});

gpuTest("without prepare the shader's error rejects the read of what it should have written, each time", async ({ gpu }) => {
  await withBrokenKernel(async (line) => {
    const own = Gpu.from(gpu.device);
    const target = own.empty([4]);
    const plan = copyPlan(own);
    for (let i = 0; i < 2; i++) {
      run(own, plan, { source: own.tensor(ROW), target }, {}, "copy");
      await expect(target.read()).rejects.toThrow(`shaders/gather.wgsl:${line}:3`);
    }
    own.batch(() => run(own, plan, { source: own.tensor(ROW), target }, {}, "copy"));
    await expect(target.read()).rejects.toBeInstanceOf(ShaderError);
    expect(await target.read(), "the next read is not blamed").toEqual(new Float32Array(4));
  });
});

gpuTest("an override that no file of the kernel declares is refused at once", async ({ gpu }) => {
  const [dispatch] = copyPlan(gpu).dispatches;
  await expect(gpu.prepare([{ ...dispatch!, overrides: { ...dispatch!.overrides, SPEED: 1 } }])).rejects.toThrow("gather declares no override SPEED");
});
