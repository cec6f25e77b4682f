import { resolve } from "node:path";
import { build, preview } from "vite";
import type { TestProject } from "vitest/node";
import { describeAdapter, openBrowser } from "../../build/browser.mjs";

const root = resolve(import.meta.dirname, "../..");

/** Builds the page, serves it from a folder of a server of this machine, and opens the browser of this run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const outDir = resolve(root, ".cache/site");
  await build({ mode: "test", configFile: resolve(root, "vite.config.ts"), logLevel: "error", build: { outDir } });
  const server = await preview({
    configFile: false,
    root: resolve(root, "demo"),
    base: "/some/folder/",
    build: { outDir },
    preview: { host: "127.0.0.1", port: 0 },
    logLevel: "error",
  });
  const opened = await openBrowser();
  console.log(`tests of the site run on ${describeAdapter(opened)}`);
  project.provide("siteUrl", server.resolvedUrls!.local[0]!);
  project.provide("browserEndpoint", opened.browser.wsEndpoint());
  return async () => {
    await opened.browser.close();
    await server.close();
  };
}
