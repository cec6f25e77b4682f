import { Gpu, layerNorm } from "../../src/index.ts";

/** Runs inside the iframe of content-security-policy.page.test.ts and tells its parent what came of it. */
const violations: string[] = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));

function evalIsBlocked(): boolean {
  try {
    return Function("return false")() as boolean;
  } catch {
    return true;
  }
}

try {
  const gpu = await Gpu.open();
  const y = await layerNorm(gpu, gpu.tensor([1, 2, 3, 4])).y.read();
  gpu.destroy();
  const own = [...violations];
  parent.postMessage({ y: [...y], violations: own, isStrict: evalIsBlocked() }, "*");
} catch (error) {
  parent.postMessage({ error: String(error), violations }, "*");
}
