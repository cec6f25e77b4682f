import { defineConfig } from "vitest/config";
import { digits } from "./build/digits-plugin.ts";
import { puppeteerProvider } from "./build/puppeteer-provider.ts";
import { wgsl } from "./build/wgsl-plugin.ts";

export default defineConfig({
  test: {
    reporters: ["default", "./build/page-test-count.ts"],
    projects: [
      {
        plugins: [wgsl({ minify: false })],
        test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/**/*.{page,site}.test.ts"], testTimeout: 60_000, environment: "node" },
      },
      {
        plugins: [wgsl({ minify: false }), digits()],
        optimizeDeps: {
          include: ["fast-check", "@tensorflow/tfjs-core", "@tensorflow/tfjs-core/dist/register_all_gradients.js", "@tensorflow/tfjs-backend-webgpu"],
        },
        test: {
          name: "page",
          include: ["test/**/*.page.test.ts"],
          testTimeout: 120_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            isolate: false,
            screenshotFailures: false,
            provider: puppeteerProvider(),
            instances: [{ browser: "chromium" }],
          },
        },
      },
      {
        test: {
          name: "site",
          include: ["test/demo/*.site.test.ts"],
          globalSetup: "test/demo/global-setup.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          isolate: false,
          environment: "node",
        },
      },
    ],
  },
});
