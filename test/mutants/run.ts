import { expect } from "vitest";
import type { Gpu } from "../../src/index.ts";
import { gpuTest } from "../gpu-test.ts";
import { fresh } from "./fresh.ts";
import { MUTANTS, SHADERS, type Mutant } from "./mutant.ts";

// Run by build/mutants.mjs: a test for each mutant, which passes where the mutant is killed.
const MARK = "// mutant";

/** What a check says of its own: null where it passes, its complaint where an assertion fails. Any other error is nobody's verdict. */
async function complaint({ check, as = "software" }: Mutant, gpu: Gpu): Promise<string | null> {
  const own = fresh(gpu, as);
  try {
    await check(own);
    return null;
  } catch (error) {
    if (error instanceof Error && error.name === "AssertionError") return error.message;
    throw error;
  } finally {
    own.destroy();
  }
}

/** Runs `body`, and gives the shader modules with the mutant's text that were compiled on the way. */
async function compiled(device: GPUDevice, body: () => Promise<void>): Promise<GPUShaderModule[]> {
  const modules: GPUShaderModule[] = [];
  const create = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    const module = create(descriptor);
    if (descriptor.code.includes(MARK)) modules.push(module);
    return module;
  };
  try {
    await body();
  } finally {
    Reflect.deleteProperty(device, "createShaderModule");
  }
  return modules;
}

const sound = new Map<string, Promise<string | null>>();
const keys = new Map<Mutant["check"], number>();

/** The verdict on the kernels as they are, once for each check and device. */
function baseline(mutant: Mutant, gpu: Gpu): Promise<string | null> {
  if (!keys.has(mutant.check)) keys.set(mutant.check, keys.size);
  const key = `${keys.get(mutant.check)} ${mutant.as ?? ""}`;
  if (!sound.has(key)) sound.set(key, complaint(mutant, gpu));
  return sound.get(key)!;
}

for (const mutant of MUTANTS) {
  gpuTest(`${mutant.file}: ${mutant.what}`, async ({ gpu }) => {
    expect(await baseline(mutant, gpu), "the kernels as they are").toBeNull();
    const shader = SHADERS.get(mutant.file)!;
    const { code } = shader;
    expect(code.split(mutant.line), "the line stands there once").toHaveLength(2);
    shader.code = `${code.replace(mutant.line, () => mutant.wrong)}\n${MARK}`;
    try {
      let found: string | null = null;
      const modules = await compiled(gpu.device as GPUDevice, async () => {
        found = await complaint(mutant, gpu);
      });
      expect(modules.length, "the check runs the kernel").toBeGreaterThan(0);
      const messages = (await Promise.all(modules.map((module) => module.getCompilationInfo()))).flatMap((info) => info.messages);
      expect(
        messages.filter(({ type }) => type === "error").map(({ message }) => message),
        "the mutant compiles",
      ).toEqual([]);
      expect(found, "the mutant lives").not.toBeNull();
    } finally {
      shader.code = code;
    }
  });
}
