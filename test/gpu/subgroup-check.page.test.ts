import { expect } from "vitest";
import { Gpu, LayerNorm, layerNorm, type Plan } from "../../src/index.ts";
import { layerNormForward } from "../../src/reference/index.ts";
import { expectWithin } from "../bound.ts";
import { normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";

const SHAPE = [40, 260];
const WITH_SUBGROUPS = { subgroups: true };

/** A Gpu on this device that takes it for a GPU of this maker, and has tested nothing. */
function fresh(gpu: Gpu, sizes = [gpu.capabilities.subgroupMinSize, gpu.capabilities.subgroupMaxSize]): Gpu {
  return Gpu.from(gpu.device, { adapterInfo: { vendor: "nvidia", subgroupMinSize: sizes[0]!, subgroupMaxSize: sizes[1]! } });
}

const teams = ({ dispatches }: Plan): string[] => dispatches.map(({ variant }) => variant.team);
const isTrusting = (plan: Plan): boolean => teams(plan).some((team) => team === "subgroup" || team === "cluster");

/** Runs `body` while every shader of the self-test compiles as `change` makes it. */
async function altered(gpu: Gpu, change: (code: string) => string, body: () => Promise<void>): Promise<number> {
  const device = gpu.device as GPUDevice;
  const create = device.createShaderModule.bind(device);
  let changed = 0;
  device.createShaderModule = (descriptor) => {
    if (!descriptor.code.includes("fn subgroup_check")) return create(descriptor);
    const code = change(descriptor.code);
    if (code !== descriptor.code) changed++;
    return create({ ...descriptor, code });
  };
  try {
    await body();
  } finally {
    Reflect.deleteProperty(device, "createShaderModule");
  }
  return changed;
}

async function expectRight(gpu: Gpu): Promise<void> {
  const data = normal(SHAPE[0]! * SHAPE[1]!, 1, 3);
  const { y } = layerNorm(gpu, gpu.tensor(data, SHAPE));
  expectWithin(await y.read(), layerNormForward({ data, shape: SHAPE }).y);
}

gpuTest(
  "a call waits for nothing: it does without subgroups, and later ones use them once the self-test has passed",
  async ({ gpu: shared }) => {
    const gpu = fresh(shared);
    expect(gpu.capabilities).toMatchObject({ adapterClass: "discrete", subgroups: true, subgroupTest: "untested" });
    const norm = new LayerNorm(gpu, { shape: SHAPE[1]! });
    expect(isTrusting(norm.plan(SHAPE))).toBe(false);
    await expectRight(gpu);
    await norm.prepare(SHAPE);
    expect(gpu.capabilities).toMatchObject({ subgroups: true, subgroupTest: "passed" });
    expect(isTrusting(norm.plan(SHAPE))).toBe(true);
    await expectRight(gpu);
  },
  WITH_SUBGROUPS,
);

gpuTest(
  "prepare waits for the self-test, and compiles what the next call runs",
  async ({ gpu: shared }) => {
    const gpu = fresh(shared);
    const norm = new LayerNorm(gpu, { shape: SHAPE[1]! });
    await norm.prepare(SHAPE);
    const plan = norm.plan(SHAPE);
    expect(isTrusting(plan)).toBe(true);
    expect(
      await altered(
        gpu,
        () => "",
        async () => void norm.forward(gpu.empty(SHAPE)),
      ),
    ).toBe(0);
  },
  WITH_SUBGROUPS,
);

gpuTest(
  "a call inside a batch, and one inside tidy, start the self-test too",
  async ({ gpu: shared }) => {
    const gpu = fresh(shared);
    const { y } = gpu.tidy(() => gpu.batch(() => layerNorm(gpu, gpu.tensor(normal(80, 2), [2, 40]), { saved: false })));
    expectWithin(await y.read(), layerNormForward({ data: normal(80, 2), shape: [2, 40] }).y);
    await gpu.plans.settled();
    expect(gpu.capabilities.subgroupTest).toBe("passed");
  },
  WITH_SUBGROUPS,
);

const FAILURES: Readonly<Record<string, (code: string) => string>> = {
  "sums that are off by one": (code) => code.replaceAll("subgroupAdd(v)", "(subgroupAdd(v) + vec2f(1.0))"),
  "a sum that leaves out idle lanes' neighbours": (code) => code.replaceAll("subgroupAdd(v)", "subgroupAdd(select(v, vec2f(0.0), inv.lane == 3u))"),
  "a largest value that is not": (code) => code.replaceAll("subgroupMax(v)", "v"),
  "a shader that does not compile": (code) => code.replace("fn subgroup_check", "fn subgroup_check("),
};

for (const [what, change] of Object.entries(FAILURES)) {
  gpuTest(
    `${what}: subgroups are not used, and capabilities say so`,
    async ({ gpu: shared }) => {
      const gpu = fresh(shared);
      const norm = new LayerNorm(gpu, { shape: SHAPE[1]! });
      const changed = await altered(gpu, change, async () => {
        await norm.prepare(SHAPE);
      });
      expect(changed).toBeGreaterThan(0);
      expect(gpu.capabilities).toMatchObject({ subgroups: false, subgroupTest: "failed" });
      expect(teams(norm.plan(SHAPE))).toEqual(["workgroup"]);
      await expectRight(gpu);
    },
    WITH_SUBGROUPS,
  );
}

gpuTest(
  "an adapter that reports another size than its subgroups have",
  async ({ gpu: shared }) => {
    const { subgroupMaxSize } = shared.capabilities;
    const gpu = fresh(shared, [subgroupMaxSize * 2, subgroupMaxSize * 2]);
    await new LayerNorm(gpu, { shape: SHAPE[1]! }).prepare(SHAPE);
    expect(gpu.capabilities).toMatchObject({ subgroups: false, subgroupTest: "failed" });
    await expectRight(gpu);
  },
  WITH_SUBGROUPS,
);

gpuTest("nothing is tested when a device is opened, nor where plans want no subgroups", async ({ gpu: shared }) => {
  const device = shared.device as GPUDevice;
  const opened = await altered(
    shared,
    () => "",
    async () => void Gpu.from(device, { adapterInfo: { vendor: "nvidia" } }),
  );
  const software = Gpu.from(device, { adapterInfo: { vendor: "google", architecture: "swiftshader" } });
  const called = await altered(
    shared,
    () => "",
    async () => {
      await new LayerNorm(software, { shape: SHAPE[1]! }).prepare(SHAPE);
      await expectRight(software);
    },
  );
  expect([opened, called]).toEqual([0, 0]);
  expect(software.capabilities.subgroupTest).toBe("untested");
});

gpuTest(
  "a device that is lost during the self-test: the call's reader is told, and nothing is judged",
  async () => {
    const own = await Gpu.open();
    const gpu = fresh(own);
    const pending = layerNorm(gpu, gpu.empty(SHAPE)).y.read();
    (own.device as GPUDevice).destroy();
    await expect(pending).rejects.toThrow("the device is lost");
    await gpu.plans.settled();
    expect(gpu.capabilities.subgroupTest).toBe("untested");
  },
  WITH_SUBGROUPS,
);
