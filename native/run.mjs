// npm run test:native [-- --all | FILE...]: the GPU tests of the page again on Dawn for Node (Tint, native f16) and on Deno (wgpu and naga, Firefox's compiler).
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Transform } from "node:stream";
import { createVitest } from "vitest/node";
import { findAdapters, IMPLEMENTATIONS, installPackages } from "./install.mjs";
import { closing, fewest, unfinished } from "./report.mjs";

const here = import.meta.dirname;
const root = resolve(here, "..");

/** A process that dies is started anew so often; the tests that it did not finish fail after that. */
const RESTARTS = 2;

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
  installPackages("test:native");
  const adapters = findAdapters("test:native");
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
