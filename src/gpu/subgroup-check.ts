import { DeviceLostError } from "../core/errors.ts";
import { isSound, planSubgroupChecks } from "../plan/subgroup-check-plan.ts";
import type { Gpu } from "./device.ts";
import { run } from "./run.ts";
import type { Tensor } from "./tensor.ts";

const CALL = "Gpu: the self-test of subgroups";

/** Runs the self-test of subgroups. @returns whether plans may rely on them. @throws DeviceLostError */
export async function checkSubgroups(gpu: Gpu): Promise<boolean> {
  const checks = planSubgroupChecks(gpu.capabilities);
  const made: Tensor[] = [];
  try {
    // After this, no batch and no tidy of a caller is open: they are synchronous.
    await Promise.all(checks.flatMap(({ plan }) => plan.dispatches.map((dispatch) => gpu.pipelines.prepare(dispatch))));
    const found = checks.map(({ plan, values }) => {
      const tensor = gpu.empty([values]);
      made.push(tensor);
      run(gpu, plan, { found: tensor }, {}, CALL);
      return tensor.read();
    });
    const values = await Promise.all(found);
    return checks.every((check, i) => isSound(values[i]!, check, gpu.capabilities));
  } catch (error) {
    if (gpu.isLost || error instanceof DeviceLostError) throw error;
    // A compiler that refuses what it promised, or a device that refuses the call: subgroups are not to be used.
    return false;
  } finally {
    for (const tensor of made) tensor.destroy();
  }
}
