import { defineBrowserProvider } from "@vitest/browser";
import type { Browser, Page } from "puppeteer";
import type { BrowserProvider, CDPSession, TestProject } from "vitest/node";
import { describeAdapter, openBrowser } from "./browser.mjs";

/** Runs Vitest's browser mode in a headless Chrome that puppeteer drives. */
class PuppeteerProvider implements BrowserProvider {
  readonly name = "puppeteer";
  readonly supportsParallelism = false;
  readonly #pages = new Map<string, Page>();
  #browser: Promise<Browser> | null = null;

  async #open(): Promise<Browser> {
    const opened = await openBrowser();
    console.log(`page tests run on ${describeAdapter(opened)}`);
    return opened.browser;
  }

  getCommandsContext(sessionId: string): Record<string, unknown> {
    return { page: this.#pages.get(sessionId) };
  }

  async openPage(sessionId: string, url: string): Promise<void> {
    this.#browser ??= this.#open();
    const page = await (await this.#browser).newPage();
    this.#pages.set(sessionId, page);
    page.on("error", (error) => console.error(`the test page crashed: ${error.message}`));
    await page.goto(url, { timeout: 0 });
  }

  async getCDPSession(sessionId: string): Promise<CDPSession> {
    const session = await this.#pages.get(sessionId)!.createCDPSession();
    return session as unknown as CDPSession;
  }

  async close(): Promise<void> {
    await (await this.#browser)?.close();
    this.#browser = null;
  }
}

/** The provider for `test.browser.provider`. */
export function puppeteerProvider(): ReturnType<typeof defineBrowserProvider> {
  return defineBrowserProvider({ name: "puppeteer", options: {}, providerFactory: (_project: TestProject) => new PuppeteerProvider() });
}
