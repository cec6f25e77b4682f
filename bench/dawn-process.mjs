// A process of Node with Dawn that measures one case, or tells its adapter: see dawn.mjs.
import { join, resolve } from "node:path";
import { runnerImport } from "vite";

const root = resolve(import.meta.dirname, "..");

process.once("message", async (/** @type {any} */ { id, how }) => {
  /** @type {{ result?: unknown, failed?: string }} */
  let answer;
  try {
    await runnerImport(join(root, "native/dawn-setup.ts"));
    const { wgsl } = /** @type {any} */ ((await runnerImport(join(root, "build/wgsl-plugin.ts"))).module);
    const { Session } = /** @type {any} */ ((await runnerImport(join(import.meta.dirname, "session.ts"), { plugins: [wgsl({ minify: true })] })).module);
    const session = await Session.open();
    answer = { result: id ? await session.measure(id, how) : session.adapter() };
  } catch (error) {
    answer = { failed: error instanceof Error ? error.message : String(error) };
  }
  // Dawn keeps a process alive.
  process.send?.(answer, () => process.exit(0));
});
