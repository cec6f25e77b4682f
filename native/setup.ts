import fc from "fast-check";
import { join, relative } from "node:path";
import { beforeEach, inject } from "vitest";
import { exclusionOf } from "./exclusions.ts";

declare module "vitest" {
  interface ProvidedContext {
    implementation: string;
  }
  interface TaskMeta {
    /** The adapter that a file's tests ran on. */
    adapter?: string;
  }
}

// In every test file: its adapter is noted in its report, excluded tests are skipped, and properties are tried with fewer shapes: each is a new pipeline,
// which takes a CPU's compiler half a second. (No limit of time: fast-check leaves what it interrupts running into the next test.)
fc.configureGlobal({ numRuns: 40 });
const implementation = inject("implementation");
const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
if (!adapter) throw new Error("requestAdapter found no adapter");
const { vendor, architecture, device, description } = adapter.info;
const name = [vendor, architecture, device, description].filter(Boolean).join(" ");

beforeEach(({ task, skip }) => {
  task.file.meta.adapter = name;
  const reason = exclusionOf(implementation, relative(join(import.meta.dirname, ".."), task.file.filepath), task.name);
  skip(reason !== undefined, reason);
});
