import puppeteer, { type Browser, type KeyInput, type Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the built page, in a folder of a server of this machine. */
    siteUrl: string;
    browserEndpoint: string;
  }
}

/** What a page of the tests tells of itself, before any of its own scripts run. */
interface Watched extends Window {
  violations: string[];
  shift: number;
  devices: GPUDevice[];
}

/** Opens pages of the built site in the one browser of this run; each is closed after its test, and must have stayed without errors. */
export class Site {
  readonly url = inject("siteUrl");
  #browser: Browser | null = null;
  readonly #pages: { page: Page; faults: string[] }[] = [];

  constructor() {
    beforeAll(async () => {
      this.#browser = await puppeteer.connect({ browserWSEndpoint: inject("browserEndpoint"), defaultViewport: null, protocolTimeout: 60_000 });
    });
    afterEach(async () => {
      for (const { page, faults } of this.#pages.splice(0)) {
        const seen = [...faults, ...(await page.evaluate(() => (window as unknown as Watched).violations))];
        await page.close();
        expect(seen).toEqual([]);
      }
    });
    afterAll(async () => this.#browser?.disconnect());
  }

  /** A page that has loaded. @param options.before runs in the page before its own scripts */
  async open(hash: string, options: { before?: () => void; width?: number; theme?: string; motion?: string; url?: string } = {}): Promise<Page> {
    const { width = 1280, theme = "light", motion = "reduce", url = this.url } = options;
    const page = await this.#browser!.newPage();
    const faults: string[] = [];
    this.#pages.push({ page, faults });
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("requestfailed", (request) => faults.push(`failed: ${request.url()}`));
    page.on("request", (request) => {
      const from = request.url();
      if (!from.startsWith(url) && !/^(data|blob):/.test(from)) faults.push(`asked for ${from}`);
    });
    await page.evaluateOnNewDocument(watch);
    if (options.before) await page.evaluateOnNewDocument(options.before);
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: theme },
      { name: "prefers-reduced-motion", value: motion },
    ]);
    await page.goto(url + hash);
    return page;
  }

  /** See with these settings, computed. */
  async see(settings = "", options: Parameters<Site["open"]>[1] = {}): Promise<Page> {
    const page = await this.open(`#see${settings && `?${settings}`}`, options);
    await settled(page);
    return page;
  }
}

function watch(): void {
  const own = window as unknown as Watched;
  own.violations = [];
  own.shift = 0;
  own.devices = [];
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => own.violations.push(`${violatedDirective} ${blockedURI}`));
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) own.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  if (!("GPUAdapter" in window)) return;
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await request.call(this, descriptor);
    own.devices.push(device);
    return device;
  };
}

/** Waits until See has computed what was last asked for. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.getElementById("see-facts")!.getAttribute("aria-busy") === "false", { polling: 20 });
}

export function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent!.trim());
}

/** The table of all statistics, row by row. */
export function statistics(page: Page): Promise<string[][]> {
  return page.$$eval("#statistics tr", (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent!)));
}

/** Sets a control of See as a person's input does, and waits for what comes of it. */
export async function set(page: Page, name: string, value: string): Promise<void> {
  await page.evaluate(
    (wanted, text) => {
      const control = (document.getElementById("see-form") as HTMLFormElement).elements.namedItem(wanted) as HTMLInputElement;
      control.value = text;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    },
    name,
    value,
  );
  await settled(page);
}

export async function press(page: Page, ...keys: KeyInput[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** The part of the address after #. */
export function hashOf(page: Page): string {
  return new URL(page.url()).hash;
}
