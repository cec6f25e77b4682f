import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { installIn } from "../build/install-package.mjs";
import { installMesa } from "./mesa.mjs";

const here = import.meta.dirname;

/** Implementations of WebGPU beside Chrome's, each with what tells its adapter. @type {Record<string, { title: string, probe: string[] }>} */
export const IMPLEMENTATIONS = {
  dawn: { title: "Dawn for Node", probe: [process.execPath, "probe.mjs"] },
  deno: { title: "Deno", probe: [join(here, "node_modules/.bin/deno"), "run", "--unstable-webgpu", "-A", "probe.mjs"] },
};

/** @param {string} command whose output names it */
export function installPackages(command) {
  installIn(here, command);
}

/** @param {{ probe: string[] }} implementation @returns {{ name: string, features: string[] } | null} */
function adapterOf({ probe: [program = "", ...words] }) {
  try {
    const lines = execFileSync(program, words, { cwd: here, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 60_000 })
      .trim()
      .split("\n");
    return JSON.parse(lines.at(-1) ?? "null");
  } catch {
    return null;
  }
}

/**
 * The adapter of each implementation, Mesa installed where one has none, or only a software adapter that is too old for f16.
 * @param {string} command @param {readonly string[]} names of implementations
 */
export function findAdapters(command, names = Object.keys(IMPLEMENTATIONS)) {
  const probe = () => Object.fromEntries(names.map((id) => [id, adapterOf(/** @type {{ probe: string[] }} */ (IMPLEMENTATIONS[id]))]));
  const found = probe();
  const lacking = Object.values(found).some((adapter) => !adapter || (/llvmpipe|lavapipe/i.test(adapter.name) && !adapter.features.includes("shader-f16")));
  if (!lacking) return found;
  console.log(`${command}: no adapter that serves: installing Mesa's software adapter ...`);
  return installMesa() ? probe() : found;
}
