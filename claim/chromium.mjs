import { openBrowser } from "../build/browser.mjs";
import { servePages } from "../build/page-server.mjs";

/** The page of the lanes in a headless Chrome. @param {{ adapter: "swiftshader" | "default" | undefined }} options */
export async function openTrainer({ adapter }) {
  const server = await servePages({ dependencies: { cacheDir: ".cache/claim", entries: ["claim/page.html"] } });
  const { browser } = await openBrowser({ adapter });
  const close = async () => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    // A page that crashed answers nothing: whoever waits must be told.
    /** @type {Promise<never>} */
    const gone = new Promise((_, reject) => {
      page.on("error", (error) => reject(new Error(`the page crashed: ${error.message}`)));
      page.on("pageerror", (error) => reject(error));
      browser.on("disconnected", () => reject(new Error("the browser ended")));
    });
    gone.catch(() => {});
    /** @template Value @param {Promise<Value>} work @returns {Promise<Value>} */
    const held = (work) => Promise.race([work, gone]);
    await held(page.goto(`${server.url}claim/page.html`));
    await held(page.waitForSelector("body[data-ready]", { timeout: 120_000 }));
    return {
      browser: await browser.version(),
      facts: await held(page.evaluate(() => window.claim.facts())),
      /** @param {import("./record.ts").Job} job @returns {Promise<import("./drive.ts").Trainee>} */
      start: async (job) => ({
        learningRate: await held(page.evaluate((wanted) => window.claim.start(wanted), job)),
        advance: (steps) => held(page.evaluate((count) => window.claim.advance(count), steps)),
        accuracy: (digits) => held(page.evaluate((count) => window.claim.accuracy(count), digits)),
      }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
