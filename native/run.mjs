// npm run test:native [-- --all | FILE...]: the GPU tests of the page again on Dawn for Node (Tint, native f16) and on Deno (wgpu and naga, Firefox's compiler).
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Transform } from "node:stream";
import { createVitest } from "vitest/node";
import { installMesa } from "./mesa.mjs";
import { closing, fewest, unfinished } from "./report.mjs";

const here = import.meta.dirname;
const root = resolve(here, "..");

/** A process that dies is started anew so often; the tests that it did not finish fail after that. */
const RESTARTS = 2;

const IMPLEMENTATIONS = {
  dawn: { title: "Dawn for Node", probe: [process.execPath, "probe.mjs"] },
  deno: { title: "Deno", probe: [join(here, "node_modules/.bin/deno"), "run", "--unstable-webgpu", "-A", "probe.mjs"] },
};

function installPackages() {
  const versions = ["webgpu", "deno"].every((name) => existsSync(join(here, "node_modules", name, "package.json")));
  if (versions && existsSync(join(here, "node_modules/.package-lock.json"))) {
    try {
      execFileSync("npm", ["ls", "--silent"], { cwd: here, stdio: "ignore" });
      return;
    } catch {
      // Other versions than the lock file's.
    }
  }
  console.log("test:native: npm ci in native/ ...");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: here, stdio: "inherit" });
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

/** The adapter of each implementation, Mesa installed where one has none, or only a software adapter that is too old for f16. */
function findAdapters() {
  const probe = () => Object.fromEntries(Object.entries(IMPLEMENTATIONS).map(([id, one]) => [id, adapterOf(one)]));
  const found = probe();
  const lacking = Object.values(found).some((adapter) => !adapter || (/llvmpipe|lavapipe/i.test(adapter.name) && !adapter.features.includes("shader-f16")));
  if (!lacking) return found;
  console.log("test:native: no adapter that serves: installing Mesa's software adapter ...");
  return installMesa() ? probe() : found;
}

/** Dawn says this for every device. */
const NOISE = /^Warning: maxDynamic\w+ artificially reduced/;

function quietErrors() {
  const stream = new Transform({
    transform(chunk, _encoding, done) {
      const kept = String(chunk)
        .split("\n")
        .filter((line) => !NOISE.test(line))
        .join("\n");
      done(null, kept);
    },
  });
  // Each test process's stderr is piped into it, and would end it.
  stream.end = () => stream;
  stream.pipe(process.stderr);
  return stream;
}

/** @param {string[]} filters names of test files, or none for all */
async function runTests(filters) {
  const options = { config: join(here, "vitest.config.ts"), watch: false, root };
  const vitest = await createVitest("test", options, {}, { stderr: /** @type {any} */ (quietErrors()) });
  await vitest.start(filters);
  for (let restart = 0; restart < RESTARTS; restart++) {
    const again = unfinished(vitest.state.getTestModules());
    if (!again.length) break;
    console.log(`test:native: ${again.map((module) => module.relativeModuleId).join(", ")}: the process died, and is started anew`);
    await vitest.runTestSpecifications(again.map((module) => module.toTestSpecification()));
  }
  const modules = vitest.state.getTestModules();
  const errors = vitest.state.getUnhandledErrors();
  await vitest.close();
  return { modules, errors };
}

async function main() {
  // The Vulkan loader wants it, and a bare machine has none.
  process.env["XDG_RUNTIME_DIR"] ??= mkdtempSync(join(tmpdir(), "normgpu-native-"));
  // Mesa's software adapter: there is a process for each core already.
  process.env["LP_NUM_THREADS"] ??= "0";
  installPackages();
  const adapters = findAdapters();
  for (const [id, { title }] of Object.entries(IMPLEMENTATIONS)) console.log(`${title}: ${adapters[id]?.name ?? "no adapter"}`);
  if (Object.values(adapters).includes(null)) {
    console.error("test:native: an implementation has no adapter: install a Vulkan driver (mesa-vulkan-drivers 24 or later), or run as root on Debian");
    return 1;
  }
  const filters = process.argv.slice(2).filter((word) => word !== "--all");
  if (filters.length || process.argv.includes("--all")) process.env["NORMGPU_NATIVE_ALL"] = "1";
  const { modules, errors } = await runTests(filters);
  return closing(IMPLEMENTATIONS, modules, errors, filters.length ? {} : fewest);
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
