import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createServer } from "vite";
import { openBrowser } from "../build/browser.mjs";
import { buildPeers } from "./peers.mjs";

const root = resolve(import.meta.dirname, "..");

/** What the clock of a page needs to tell microseconds apart. */
const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** The bench's page in a headless Chrome. @param {import("./options.ts").Options} options */
export async function chromium({ adapter, peers }) {
  const bundles = peers ? await buildPeers() : [];
  const server = await createServer({
    configFile: resolve(root, "vite.config.ts"),
    root,
    logLevel: "error",
    server: { port: 0, host: "127.0.0.1", hmr: false, watch: null, headers: ISOLATION },
  });
  await server.listen();
  const opened = await openBrowser({ adapter });
  const close = async () => {
    await opened.browser.close();
    await server.close();
  };
  try {
    const page = await opened.browser.newPage();
    page.on("pageerror", (error) => console.error(error));
    await page.goto(`${server.resolvedUrls?.local[0]}bench/page.html`);
    await page.waitForSelector("body[data-ready]");
    if (!(await page.evaluate(() => window.crossOriginIsolated))) throw new Error("the page is not cross-origin isolated: its clock is too coarse");
    /** @type {Record<string, string>} */
    const versions = { normgpu: JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")).version };
    for (const { name, url, version } of bundles) {
      await page.evaluate((address) => window.startPeer(address), url);
      versions[name] = version;
    }
    return {
      facts: { browser: await opened.browser.version(), adapter: await page.evaluate(() => window.bench.adapter()), versions },
      /** @param {string} id @param {{ repeats: number, peers: boolean, tuned: boolean }} how */
      measure: (id, how) => page.evaluate((...words) => window.bench.measure(...words), id, how),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
