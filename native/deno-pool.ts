import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from "vitest/node";

/** One process of Deno, which runs a test file for Vitest. Deno's end of a channel speaks JSON alone, so that messages go as base64. */
class DenoWorker implements PoolWorker {
  readonly name = "deno";
  readonly cacheFs = true;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;

  constructor(options: PoolOptions) {
    this.#env = options.env as NodeJS.ProcessEnv;
  }

  async start(): Promise<void> {
    this.#child ??= fork(join(import.meta.dirname, "deno-worker.ts"), [], {
      execPath: join(import.meta.dirname, "node_modules/.bin/deno"),
      execArgv: ["run", "--unstable-webgpu", "--no-check", "-A"],
      env: this.#env,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  }

  on(event: string, callback: (argument: unknown) => void): void {
    this.#child!.on(event, callback);
  }

  off(event: string, callback: (argument: unknown) => void): void {
    this.#child?.off(event, callback);
  }

  send(message: WorkerRequest): void {
    this.#child!.send(serialize(message).toString("base64"));
  }

  deserialize(message: unknown): unknown {
    return deserialize(Buffer.from(message as string, "base64"));
  }

  async stop(): Promise<void> {
    const child = this.#child!;
    this.#child = null;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    // It holds a GPU device, which would keep it alive.
    child.kill("SIGKILL");
    await ended;
  }
}

/** Vitest runs test files in Deno. */
export const denoPool: PoolRunnerInitializer = { name: "deno", createPoolWorker: (options) => new DenoWorker(options) };
