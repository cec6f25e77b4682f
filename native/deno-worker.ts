import { deserialize, serialize } from "node:v8";
import { init, runBaseTests, setupEnvironment } from "vitest/worker";

// Run by Deno: Vitest's worker over a channel that carries base64 (see deno-pool.ts).
const listeners = new Map<unknown, (message: string) => void>();

init({
  post: (message) => process.send!(serialize(message).toString("base64")),
  on(callback) {
    const listener = (message: string): unknown => callback(deserialize(Buffer.from(message, "base64")));
    listeners.set(callback, listener);
    process.on("message", listener);
  },
  off: (callback) => process.off("message", listeners.get(callback)!),
  runTests: (state, traces) => runBaseTests("run", state, traces),
  collectTests: (state, traces) => runBaseTests("collect", state, traces),
  setup: setupEnvironment,
});
