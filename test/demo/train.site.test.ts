import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "puppeteer";
import { describe, expect, test } from "vitest";
import { hashOf, Site, textOf } from "./site.ts";

const site = new Site();

/** A lane that computes nothing, for what the page does with lanes. Chunks of the build are named for their files. */
const STAND_IN = `export async function openLane({ norm, batch, seed }) {
  let samples = 0;
  return {
    async step() { await new Promise((done) => setTimeout(done)); samples += batch; return norm === "weight" && samples > 400 ? NaN : seed + 2 - samples / 2500; },
    async accuracy() { return samples / 5000; },
    destroy() {},
  };
}`;

/** Train with these settings and lanes that compute nothing. */
async function train(settings = ""): Promise<Page> {
  const page = await site.open("#measure");
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    if (/\/lane-[^/]*\.js$/.test(request.url())) void request.respond({ contentType: "text/javascript", body: STAND_IN });
    else void request.continue();
  });
  await page.evaluate((hash) => (location.hash = hash), `#train${settings && `?${settings}`}`);
  await ready(page);
  return page;
}

const ready = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => !(document.getElementById("train-play") as HTMLButtonElement).disabled, { polling: 20 });
const status = (page: Page): Promise<string> => textOf(page, "#train-status");
const digits = (page: Page): Promise<number> => page.$eval("#train-progress", (bar) => (bar as HTMLProgressElement).value);
const told = (page: Page, words: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.getElementById("train-status")!.textContent!.includes(wanted), { polling: 20 }, words);
const idle = (page: Page): Promise<unknown> => page.waitForFunction(() => document.getElementById("train-form")!.ariaBusy === "false", { polling: 20 });
const rows = (page: Page, table: string): Promise<string[][]> =>
  page.$$eval(`${table} tbody tr`, (all) => all.map((row) => [...row.children].map((cell) => cell.textContent!.trim())));
const isOff = (page: Page, id: string): Promise<boolean> => page.$eval(id, (button) => (button as HTMLButtonElement).disabled);

/** Whether a chart has a drawn pixel. */
const isDrawn = (page: Page, id: string): Promise<boolean> =>
  page.$eval(`${id} canvas`, (canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    return (canvas as HTMLCanvasElement)
      .getContext("2d")!
      .getImageData(0, 0, width, height)
      .data.some((value) => value > 0);
  });

describe("on the GPU", () => {
  test("a step trains each lane on one batch, and Reset begins anew", async () => {
    const page = await site.open("#train?lanes=batch.group%2Bws&batch=2");
    await ready(page);
    expect(await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => /lane-|training-digits/.test(name)).length)).toBe(0);
    await page.click("#train-step");
    await told(page, "Paused after 2 digits");
    await page.click("#train-step");
    await told(page, "Paused after 4 digits");
    const found = await rows(page, "#train-table");
    expect(found.map(([name]) => name)).toEqual(["BatchNorm", "GroupNorm + WS"]);
    for (const [, loss, right, seen, pace] of found) {
      expect(Number(loss)).toBeGreaterThan(0.5);
      expect([right, seen]).toEqual(["–", "4"]);
      expect(pace).toMatch(/^[\d.]+ ms$/);
    }
    expect(found[0]![1]).not.toBe(found[1]![1]);
    expect(await isDrawn(page, "#train-loss")).toBe(true);
    await page.click("#train-reset");
    expect(await digits(page)).toBe(0);
    expect((await rows(page, "#train-table"))[0]).toEqual(["BatchNorm", "–", "–", "0", "–"]);
    await page.click("#train-step");
    await told(page, "Paused after 2 digits");
  });

  test("a lost device ends training with a sentence, and Restart makes it work again", async () => {
    const page = await site.open("#train?lanes=group&batch=1");
    await ready(page);
    await page.click("#train-play");
    await page.waitForFunction(() => (document.getElementById("train-progress") as HTMLProgressElement).value >= 2, { polling: 20 });
    await page.evaluate(() => (window as unknown as { devices: GPUDevice[] }).devices.forEach((device) => device.destroy()));
    await told(page, "The GPU device was lost");
    await idle(page);
    expect([await textOf(page, "#train-play"), await isOff(page, "#train-play")]).toEqual(["Play", true]);
    await page.click("#restart");
    await ready(page);
    expect(await digits(page)).toBe(0);
    await page.click("#train-step");
    await told(page, "Paused after 1 digits");
    expect(Number((await rows(page, "#train-table"))[0]![1])).toBeGreaterThan(0);
  });
});

describe("controls", () => {
  test("Play goes on to the last digit, with curves, their tables and their words; Reset goes back", async () => {
    const page = await train("batch=16&lanes=none.weight");
    await page.click("#train-play");
    expect(await textOf(page, "#train-play")).toBe("Pause");
    await told(page, "Done after 4,000 digits");
    expect(await status(page)).toContain("last: Weight Norm with 80 %");
    expect([await isOff(page, "#train-play"), await isOff(page, "#train-step"), await isOff(page, "#train-reset")]).toEqual([true, true, false]);
    expect((await rows(page, "#train-table")).map((row) => row.slice(0, 4))).toEqual([
      ["no norm", "1.48", "80 %", "4,000"],
      ["Weight Norm", "diverged", "80 %", "4,000"],
    ]);
    const curves = await rows(page, "#train-curves");
    expect(curves).toHaveLength(20);
    expect(curves[0]).toEqual(["208", "2.95", "4.2 %", "2.95", "4.2 %"]);
    expect(curves[9]!.slice(3)).toEqual(["–", "40 %"]);
    expect(await page.$eval("#train-accuracy", (chart) => chart.getAttribute("aria-label"))).toContain("no norm 80 %, Weight Norm 80 %");
    for (const chart of ["#train-loss", "#train-accuracy"]) expect(await isDrawn(page, chart)).toBe(true);
    expect(await page.evaluate(() => (window as unknown as { shift: number }).shift)).toBeLessThan(0.01);
    await page.click("#train-reset");
    expect([await digits(page), await isOff(page, "#train-play")]).toEqual([0, false]);
    expect(await rows(page, "#train-curves")).toEqual([]);
  });

  test("Pause, another view and other lanes stop it", async () => {
    const page = await train("batch=1");
    const goes = async (): Promise<void> => {
      const before = await digits(page);
      await page.click("#train-play");
      await page.waitForFunction((from) => (document.getElementById("train-progress") as HTMLProgressElement).value > from, { polling: 20 }, before);
    };
    await goes();
    await page.click("#train-play");
    await told(page, "Paused after");
    await goes();
    await page.click("#tab-measure");
    await idle(page);
    const kept = await digits(page);
    await page.click("#tab-train");
    await page.waitForFunction(() => location.hash.startsWith("#train"));
    expect([await digits(page), await textOf(page, "#train-play")]).toEqual([kept, "Play"]);
    await goes();
    await page.click('#train-lanes label:has([value="layer"])');
    await idle(page);
    expect([await digits(page), await textOf(page, "#train-play")]).toEqual([0, "Play"]);
    expect((await rows(page, "#train-table")).map(([name]) => name)).toEqual(["no norm", "BatchNorm", "GroupNorm", "GroupNorm + WS", "LayerNorm"]);
  });

  test("the speed is a limit", async () => {
    const page = await train("batch=1&speed=slow");
    await page.click("#train-play");
    await new Promise((done) => setTimeout(done, 1300));
    expect(await digits(page)).toBeLessThanOrEqual(2);
    await page.click('#train-speed label:has([value="full"])');
    await page.waitForFunction(() => (document.getElementById("train-progress") as HTMLProgressElement).value > 10, { polling: 20 });
    expect(hashOf(page)).toBe("#train?batch=1");
  });

  test("without a lane there is nothing to play", async () => {
    const page = await train("lanes=group");
    await page.click('#train-lanes label:has([value="group"])');
    expect([await status(page), await isOff(page, "#train-play"), hashOf(page)]).toEqual(["Tick a lane.", true, "#train?lanes="]);
  });
});

describe("address", () => {
  test("every setting is in it and comes back from it", async () => {
    const page = await train("lanes=group.layer&batch=16&seed=7&speed=steady");
    expect(hashOf(page)).toBe("#train?lanes=group.layer&batch=16&seed=7&speed=steady");
    await page.click('#train-batch label:has([value="64"])');
    await page.click('#train-lanes label:has([value="batch"])');
    await page.$eval('#train-form [name="seed"]', (input) => {
      (input as HTMLInputElement).value = "12";
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const hash = "#train?lanes=batch.group.layer&batch=64&seed=12&speed=steady";
    expect(hashOf(page)).toBe(hash);
    await page.reload();
    await ready(page);
    expect(hashOf(page)).toBe(hash);
    expect(await page.$$eval("#train-form :checked", (all) => all.map((one) => (one as HTMLInputElement).value))).toEqual([
      "batch",
      "group",
      "layer",
      "64",
      "steady",
    ]);
  });

  test("what is out of range is brought into it", async () => {
    const page = await train("lanes=nothing.group&batch=30&seed=123456&speed=warp");
    expect(hashOf(page)).toBe("#train?lanes=group&batch=16&seed=9999");
    await page.focus("#train-form [name=seed]");
    await page.keyboard.type("99");
    await page.keyboard.press("Tab");
    expect([hashOf(page), await page.$eval("#train-form [name=seed]", (input) => (input as HTMLInputElement).value)]).toEqual([
      "#train?lanes=group&batch=16&seed=9999",
      "9999",
    ]);
  });
});

test("without WebGPU it says so, and shows what a recorded run found", async () => {
  const before = (): void => {
    Object.defineProperty(Navigator.prototype, "gpu", { get: () => undefined });
  };
  const page = await site.open("#train", { before });
  await told(page, "Train needs WebGPU. This browser has no navigator.gpu");
  expect([await isOff(page, "#train-play"), await isOff(page, "#train-step")]).toEqual([true, true]);
  const { runs } = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../docs/claim/runs.json"), "utf8")) as {
    runs: { norm: string; batch: number; accuracy: number[][] }[];
  };
  const shares = runs.filter(({ norm, batch }) => norm === "batch" && batch === 1).map(({ accuracy }) => accuracy.at(-1)![1]! * 100);
  const [name, first] = (await rows(page, "#recorded-table"))[1]!;
  expect([name, Number.parseFloat(first!)]).toEqual(["BatchNorm", Math.round((10 * shares.reduce((a, b) => a + b, 0)) / shares.length) / 10]);
  await page.waitForFunction(() => (document.getElementById("recorded-figure") as HTMLImageElement).naturalWidth > 0);
});
