import { expect } from "vitest";
import { compose } from "../../src/gpu/compose.ts";
import { preludeOf } from "../../src/gpu/prelude.ts";
import type { KernelModule } from "../../src/core/wgsl.d.ts";
import type { Storage, Team, Variant } from "../../src/index.ts";
import { gpuTest } from "../gpu-test.ts";
import { KERNELS } from "../kernels.ts";
import { withMinifiedShaders } from "./minified.ts";

async function expectNoMessage(device: GPUDevice, kernel: KernelModule, variant: Variant): Promise<void> {
  for (const activates of [true, false]) {
    const { code } = compose(kernel, preludeOf(kernel, variant, activates));
    const info = await device.createShaderModule({ code }).getCompilationInfo();
    expect(info.messages.map(({ type, message, lineNum }) => `${JSON.stringify(variant)} ${activates} ${type} ${lineNum}: ${message}`)).toEqual([]);
  }
}

const TEAMS: readonly Team[] = ["invocation", "subgroup", "workgroup", "cluster"];

for (const kernel of KERNELS.values()) {
  gpuTest(`${kernel.name} compiles in every variant, also minified, without a word from the compiler`, async ({ gpu }) => {
    const device = gpu.device as GPUDevice;
    const teams = TEAMS.filter((team) => gpu.capabilities.subgroups || team === "invocation" || team === "workgroup");
    const variants = teams.flatMap((team) =>
      ([1, 4] as const).flatMap((lane) => (["scalar", "lane"] as const).map((parameter): Variant => ({ lane, parameter, team }))),
    );
    const storages = (["f32", "packed", ...(gpu.capabilities.f16 ? ["f16"] : [])] as Storage[]).flatMap((source) =>
      (["f32", "packed", ...(gpu.capabilities.f16 ? ["f16"] : [])] as Storage[]).map((result) => ({ source, result })),
    );
    const stored = ([1, 4] as const).flatMap((lane) => storages.map((storage): Variant => ({ lane, parameter: "scalar", team: "invocation", ...storage })));
    const all = [...variants, ...stored.filter(({ lane, result }) => lane === 4 || result !== "packed")];
    for (const variant of all) await expectNoMessage(device, kernel, variant);
    await withMinifiedShaders(async () => {
      for (const variant of all) await expectNoMessage(device, kernel, variant);
    });
  });
}
