import { defineConfig } from "vitest/config";
import { puppeteerProvider } from "./build/puppeteer-provider.ts";
import { wgsl } from "./build/wgsl-plugin.ts";

/** npm run mutants: a test for each mutant, in headless Chrome. */
export default defineConfig({
  plugins: [wgsl({ minify: false })],
  test: {
    name: "mutants",
    include: ["test/mutants/run.ts"],
    testTimeout: 120_000,
    browser: { enabled: true, headless: true, isolate: false, screenshotFailures: false, provider: puppeteerProvider(), instances: [{ browser: "chromium" }] },
  },
});
