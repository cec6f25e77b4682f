import { Gpu, type Capabilities } from "../../src/index.ts";
import { PLANNED_AS } from "../gpu-test.ts";

/** A Gpu of its own, because pipelines are kept. */
export function fresh(gpu: Gpu, as: keyof typeof PLANNED_AS): Gpu {
  const own = Gpu.from(gpu.device, { adapterInfo: gpu.adapter });
  const capabilities: Capabilities = { ...gpu.capabilities, subgroupTest: "passed", ...PLANNED_AS[as] };
  Object.defineProperty(own, "capabilities", { value: capabilities });
  return own;
}
