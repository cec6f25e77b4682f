import { fork } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findAdapters, installPackages } from "../native/install.mjs";

const root = resolve(import.meta.dirname, "..");

/** @param {string} file */
const versionIn = (file) => JSON.parse(readFileSync(resolve(root, file), "utf8")).version;

/** Runs one message of a process of its own: Dawn has aborted after several pipelines in one. @param {object} message @returns {Promise<any>} */
function ask(message) {
  return new Promise((done, fail) => {
    const child = fork(join(import.meta.dirname, "dawn-process.mjs"), [], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    child.on("message", (/** @type {{ result?: any, failed?: string }} */ { result, failed }) => (failed ? fail(new Error(failed)) : done(result)));
    child.on("exit", (code, signal) => fail(new Error(`the process with Dawn ended early (${signal ?? `status ${code}`})`)));
    child.send(message);
  });
}

/** A process that aborted is started anew so often. */
const RESTARTS = 2;

/** Processes of Node with Dawn, one for each case. */
export async function dawn() {
  // The Vulkan loader wants it, and a bare machine has none.
  process.env["XDG_RUNTIME_DIR"] ??= mkdtempSync(join(tmpdir(), "normgpu-bench-"));
  installPackages("bench");
  if (!findAdapters("bench", ["dawn"])["dawn"])
    throw new Error("Dawn has no adapter: install a Vulkan driver (mesa-vulkan-drivers 24 or later), or run as root on Debian");
  const versions = { normgpu: versionIn("package.json") };
  const browser = `Dawn for Node ${versionIn("native/node_modules/webgpu/package.json")} on Node ${process.versions.node}`;
  return {
    facts: { browser, adapter: await ask({ adapter: true }), versions },
    /** @param {string} id @param {{ repeats: number, peers: boolean, tuned: boolean }} how */
    async measure(id, how) {
      for (let restart = 0; ; restart++) {
        try {
          return await ask({ id, how });
        } catch (error) {
          if (restart === RESTARTS) throw error;
        }
      }
    },
    close: async () => {},
  };
}
