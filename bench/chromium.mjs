import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { openBrowser } from "../build/browser.mjs";
import { ISOLATION, servePages } from "../build/page-server.mjs";
import { buildPeers } from "./peers.mjs";

const root = resolve(import.meta.dirname, "..");

/** The bench's page in a headless Chrome. @param {import("./options.ts").Options} options */
export async function chromium({ adapter, peers }) {
  const bundles = peers ? await buildPeers() : [];
  const server = await servePages({ headers: ISOLATION });
  const opened = await openBrowser({ adapter });
  const close = async () => {
    await opened.browser.close();
    await server.close();
  };
  try {
    const page = await opened.browser.newPage();
    page.on("pageerror", (error) => console.error(error));
    await page.goto(`${server.url}bench/page.html`);
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
