import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "puppeteer";
import { describe, expect, test } from "vitest";
import { hashOf, press, settled, Site, statistics, textOf } from "./site.ts";

const site = new Site();

const chosenTab = (page: Page): Promise<string> => textOf(page, "[role=tab][aria-selected=true]");
const shownPanels = (page: Page): Promise<string[]> => page.$$eval("[role=tabpanel]:not([hidden])", (panels) => panels.map(({ id }) => id));

describe("tabs", () => {
  test("a click, arrows, Home and End choose a view; the address and the Back button follow", async () => {
    const page = await site.open("");
    await settled(page);
    expect([await chosenTab(page), await shownPanels(page)]).toEqual(["See", ["view-see"]]);
    await page.click("#tab-measure");
    await page.waitForFunction(() => location.hash === "#measure");
    expect([await chosenTab(page), await shownPanels(page)]).toEqual(["Measure", ["view-measure"]]);
    for (const [key, tab] of [
      ["ArrowRight", "Train"],
      ["ArrowRight", "See"],
      ["ArrowLeft", "Train"],
      ["Home", "See"],
      ["End", "Train"],
    ] as const) {
      await press(page, key);
      expect(await chosenTab(page)).toBe(tab);
      expect(await page.evaluate(() => document.activeElement!.textContent)).toBe(tab);
    }
    await page.goBack();
    expect(await chosenTab(page)).toBe("See");
    expect(await page.$$eval("[role=tab]", (tabs) => tabs.map((tab) => (tab as HTMLElement).tabIndex))).toEqual([0, -1, -1]);
  });

  test("a view keeps its settings while another is shown", async () => {
    const page = await site.open("#see?norm=group&n=2");
    await settled(page);
    await page.click("#tab-measure");
    await page.waitForFunction(() => location.hash === "#measure");
    await page.click("#tab-see");
    await page.waitForFunction(() => location.hash === "#see?norm=group&n=2");
    expect(await textOf(page, "#see-title")).toBe("GroupNorm");
  });

  test("an address that names no view shows See", async () => {
    for (const word of ["nothing", "toString", "__proto__"]) {
      const page = await site.open(`#${word}?n=2`);
      await settled(page);
      expect([await chosenTab(page), await shownPanels(page)]).toEqual(["See", ["view-see"]]);
    }
  });
});

describe("what the page asks of the browser", () => {
  test("the policy is strict: no eval, no inline script, no other origin", async () => {
    const html = readFileSync(join(resolve(import.meta.dirname, "../../.cache/site"), "index.html"), "utf8");
    expect(html).toContain(`content="default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:"`);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|https?:/);
    const page = await site.open("#measure");
    await page.waitForFunction(() => !(document.getElementById("run") as HTMLButtonElement).disabled);
  });

  test("nothing moves while the page loads and computes", async () => {
    const page = await site.open("#see");
    await settled(page);
    await new Promise((done) => setTimeout(done, 200));
    expect(await page.evaluate(() => (window as unknown as { shift: number }).shift)).toBeLessThan(0.01);
  });
});

describe("without WebGPU", () => {
  const notice = (page: Page): Promise<string> => textOf(page, "#notice:not([hidden]) p");
  const missing = (): void => {
    Object.defineProperty(Navigator.prototype, "gpu", { get: () => undefined });
  };

  test("no navigator.gpu: the page says so, and See computes on the reference what it computes on a GPU", async () => {
    const hash = "#see?norm=group&c=4&size=medium";
    const page = await site.open(hash, { before: missing });
    await settled(page);
    expect(await notice(page)).toMatch(/has no navigator\.gpu.*Use a current Chrome/);
    expect(await textOf(page, "#see-engine")).toContain("float64 reference, on the CPU");
    const found = await statistics(page);
    await page.click("#tab-measure");
    expect(await page.$eval("#run", (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    await page.waitForFunction(() => document.getElementById("status")!.textContent!.includes("navigator.gpu"));
    const gpu = await site.open(hash);
    await settled(gpu);
    expect(await textOf(gpu, "#see-engine")).not.toContain("reference");
    expect(await statistics(gpu)).toEqual(found);
    expect(found).toHaveLength(9);
  });

  test("no adapter", async () => {
    const page = await site.open("", { before: () => (GPU.prototype.requestAdapter = async () => null) });
    await settled(page);
    expect(await notice(page)).toMatch(/finds no adapter.*hardware acceleration/);
    expect(await textOf(page, "#restart")).toBe("Try again");
    await page.click("#dismiss");
    expect(await page.evaluate(() => document.activeElement!.id)).toBe("tab-see");
    expect(await page.$eval("#notice", (element) => (element as HTMLElement).hidden)).toBe(true);
  });

  test("an adapter that gives no device", async () => {
    const before = (): void => {
      GPUAdapter.prototype.requestDevice = () => Promise.reject(new Error("it is busy"));
    };
    const page = await site.open("", { before });
    await settled(page);
    expect(await notice(page)).toMatch(/gave no device \(.*it is busy\).*Close other pages/);
  });

  test("no secure context", async () => {
    const insecure = (): void => {
      Object.defineProperty(window, "isSecureContext", { value: false });
    };
    const page = await site.open("", { before: insecure });
    await settled(page);
    expect(await notice(page)).toMatch(/not in a secure context.*https/);
  });
});

test("Measure runs by itself where the address asks for it, and reports", async () => {
  const before = (): void => {
    const own = window as unknown as { __report: (report: object) => void; told: object };
    own.__report = (report) => (own.told = report);
  };
  const page = await site.open("?run=1&cases=layernorm%20512x4096", { before });
  await page.waitForFunction(() => "told" in window);
  const { failed, table } = await page.evaluate(() => (window as unknown as { told: { failed: number; table: string[] } }).told);
  expect([failed, table.length > 1]).toEqual([0, true]);
  expect(await textOf(page, "#status")).toMatch(/^All \d+ results are within the bound\.$/);
});

test("no two elements have the same id", async () => {
  const page = await site.open("");
  const ids = await page.$$eval("[id]", (elements) => elements.map(({ id }) => id));
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
});

test("a lost device: a sentence, the CPU reference meanwhile, and Restart", async () => {
  const page = await site.open("#see?norm=rms");
  await settled(page);
  await page.evaluate(() => (window as unknown as { devices: GPUDevice[] }).devices.at(-1)!.destroy());
  await page.waitForSelector("#notice:not([hidden])");
  expect(await textOf(page, "#notice p")).toMatch(/device was lost \(destroyed.*Restart/);
  await page.waitForFunction(() => document.getElementById("see-engine")!.textContent!.includes("CPU"));
  await page.click("#restart");
  await page.waitForFunction(() => !document.getElementById("see-engine")!.textContent!.includes("the CPU:"));
  await settled(page);
  expect(await page.$eval("#notice", (element) => (element as HTMLElement).hidden)).toBe(true);
  expect(await textOf(page, "#see-error")).toContain("within");
  expect(hashOf(page)).toBe("#see?norm=rms");
});
