import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "puppeteer";
import { beforeAll, describe, expect, test } from "vitest";
import { ended, hide, isOff, keep, rows, started, status, tick, ticked, type Kept } from "./measure/page.ts";
import { hashOf, press, Site, textOf } from "./site.ts";

const site = new Site();
/** One small case: seconds, not minutes. */
const SMALL = "layers=instance&shapes=1x512x7x7";

/** A library that works, and one that does not. */
beforeAll(() => {
  const peers = resolve(import.meta.dirname, "../../.cache/site/peers");
  for (const name of ["tfjs", "jax-js"]) mkdirSync(join(peers, name), { recursive: true });
  writeFileSync(join(peers, "versions.json"), JSON.stringify({ tfjs: "4.5.6", "jax-js": "0.1.2" }));
  cpSync(join(import.meta.dirname, "measure/stub-peer.js"), join(peers, "tfjs/peer.js"));
  writeFileSync(join(peers, "jax-js/peer.js"), 'export async function open() { throw new Error("it has no backend"); }\n');
});

/** Measure with these settings, ready to run. */
async function open(settings = ""): Promise<Page> {
  const page = await site.open(`#measure${settings && `?${settings}`}`, { before: keep });
  await page.waitForFunction(
    () => document.getElementById("measure-count")!.textContent !== "" && document.getElementById("adapter")!.textContent !== "looking for WebGPU …",
  );
  return page;
}

describe("settings", () => {
  test("ticks choose the cases, and stand in the address", async () => {
    const page = await open();
    const initial = await rows(page);
    expect(initial.length).toBeGreaterThan(15);
    expect(hashOf(page)).toBe("#measure");
    await page.click("[data-all=layers]");
    expect([await ticked(page, "layers"), await rows(page), await isOff(page, "run")]).toEqual([[], [], true]);
    expect(await textOf(page, "#measure-count")).toBe("0 cases: tick something of every list");
    await tick(page, "layers", "group");
    await tick(page, "directions", "backward");
    await tick(page, "shapes", "8x256x28x28");
    await tick(page, "layouts", "nhwc");
    await tick(page, "dtypes", "f16");
    expect(await rows(page)).toEqual(["", " f16"].flatMap((dtype) => ["8x256x28x28", "8x64x56x56"].map((shape) => `GroupNorm 32 ${shape} NCHW${dtype}`)));
    expect(hashOf(page)).toBe("#measure?layers=group&directions=forward&shapes=8x256x28x28.8x64x56x56.4096x768.512x2304&layouts=nchw.rows&dtypes=all");
    expect([await textOf(page, "#measure-count"), await isOff(page, "run")]).toEqual(["4 cases", false]);
    await page.click("[data-all=layers]");
    await page.click("[data-all=compare]");
    expect(await ticked(page, "compare")).toHaveLength(4);
    expect(hashOf(page)).toContain("compare=all");
    expect(await page.$$eval("#measure-table .peers", (cells) => cells.every((cell) => cell.checkVisibility()))).toBe(true);
  });

  test("the keyboard ticks, and a seed is kept within its bounds", async () => {
    const page = await open(SMALL);
    await page.focus("[name=dtypes][value=f16]");
    await press(page, "Space");
    expect(await ticked(page, "dtypes")).toEqual(["f32", "f16"]);
    await page.focus("[name=seed]");
    await press(page, "ArrowUp");
    expect(hashOf(page)).toBe(`#measure?${SMALL}&dtypes=all&seed=2`);
    await page.keyboard.type("34567");
    expect(hashOf(page)).toContain("seed=9999");
    await press(page, "Tab");
    expect(await page.$eval("[name=seed]", (input) => (input as HTMLInputElement).value)).toBe("9999");
  });

  test("every setting comes back from the address, and what is none starts as it does", async () => {
    const every = "layers=rms.group&directions=backward&shapes=8x64x56x56.4096x768&layouts=nhwc.rows&dtypes=f16&compare=tfjs&seed=42";
    const page = await open(every);
    expect(hashOf(page)).toBe(`#measure?${every}`);
    expect(await rows(page)).toEqual(["RMSNorm backward 4096x768 f16", "GroupNorm 32 backward 8x56x56x64 NHWC f16"]);
    const initial = await open("layers=nothing&directions=up&shapes=1x2x3&layouts=&dtypes=f64.f32&compare=%3Cb%3E&seed=-1e99&<b>=1");
    expect(hashOf(initial)).toBe("#measure?layouts=");
    await initial.evaluate(() => (location.hash = "#measure?seed=7"));
    await initial.waitForFunction(() => (document.querySelector("[name=seed]") as HTMLInputElement).value === "7");
    expect(await ticked(initial, "layouts")).toHaveLength(3);
  });
});

test("the device is described, with every feature and limit", async () => {
  const page = await open();
  const facts = await page.$$eval("#device-facts div", (all) => all.map((one) => [...one.children].map((part) => part.textContent!)));
  const software = await page.evaluate(async () => (await navigator.gpu.requestAdapter())!.info.vendor);
  expect(Object.fromEntries(facts)).toMatchObject({ "Vendor, architecture": expect.stringContaining(software), Class: expect.stringMatching(/./) });
  await page.click("#device-more summary");
  const limits = await page.$$eval("#device-limits tbody tr", (all) => all.map((row) => row.textContent!));
  expect(limits.length).toBeGreaterThan(20);
  expect(limits).toContainEqual(expect.stringMatching(/^maxStorageBufferBindingSize\d.*[MG]iB$/));
  expect(await textOf(page, "#device-features")).toMatch(/^Features: .*\.$/);
});

describe("a run", () => {
  let page: Page;
  /** The one full run of these tests: both types, a library that works and one that does not. */
  async function full(): Promise<Page> {
    page = await open(`${SMALL}&dtypes=all&compare=tfjs.jax-js.onnxruntime-web&seed=3`);
    expect(await isOff(page, "measure-json")).toBe(true);
    await started(page);
    expect([await isOff(page, "run"), await isOff(page, "stop"), await page.$eval("[name=layers]", (box) => box.matches(":disabled"))]).toEqual([
      true,
      false,
      true,
    ]);
    await ended(page);
    return page;
  }

  test("has every figure in the table and the chart, and all of it can be taken away", async () => {
    await full();
    expect(await status(page)).toBe("All 2 results are within the bound.");
    expect(await page.$eval("#progress", (bar) => (bar as HTMLProgressElement).position)).toBe(1);
    expect(await textOf(page, "#measure-peers")).toBe(
      "onnxruntime-web: could not be loaded (it is not part of this build of the page) · TensorFlow.js 4.5.6: ready · jax-js: could not be loaded (it has no backend)",
    );
    await checkTable();
    await checkJson();
    await checkMarkdown();
    await checkPicture();
    expect(await page.evaluate(() => (window as unknown as Kept).shift)).toBeLessThan(0.01);
  });

  async function checkTable(): Promise<void> {
    const cells = await page.$$eval("#measure-table tbody tr", (all) => all.map((row) => [...row.children].map((cell) => cell.textContent!)));
    for (const [i, dtype] of ["f32", "f16"].entries()) {
      const [name, median, spread, runs, rate, share, error, first, plan, peers] = cells[i]!;
      expect(name).toBe(`InstanceNorm1×512×7×7 NCHW ${dtype}`);
      for (const time of [median, first]) expect(time).toMatch(/^[\d.]+ (µs|ms)$/);
      expect(spread).toMatch(/^[\d.]+ to [\d.]+ (µs|ms)$/);
      expect(Number(runs)).toBeGreaterThanOrEqual(3);
      expect(Number(rate)).toBeGreaterThan(0);
      expect(share).toMatch(/^[\d.]+ %$/);
      expect(error).toMatch(dtype === "f32" ? /^\d\.\de−[678]$/ : /^\d\.\de−[45]$/);
      expect(plan).toMatch(/dispatch/);
      expect(peers).toMatch(dtype === "f32" ? /^[\d.]+ × TensorFlow\.js$/ : /^TensorFlow\.js: none$/);
    }
    expect(await page.$eval("#measure-chart", (chart) => chart.getAttribute("aria-label"))).toMatch(/2 of 2 measured, from [\d.]+ % .* to [\d.]+ %/);
    expect(await page.$$eval("#measure-chart svg rect", (bars) => bars.length)).toBe(5);
  }

  async function blobText(id: string): Promise<string> {
    await page.click(`#${id}`);
    return await page.evaluate(() => (window as unknown as Kept).blobs.at(-1)!.text());
  }

  async function checkJson(): Promise<void> {
    const found = JSON.parse(await blobText("measure-json")) as { cases: Record<string, unknown>[] };
    expect(found).toMatchObject({
      schema: 1,
      seed: 3,
      library: { name: "normgpu" },
      browser: expect.stringContaining("Chrome"),
      peers: { tfjs: "4.5.6" },
      address: hashOf(page),
    });
    expect(found).toHaveProperty("adapter.limits.maxBufferSize", expect.any(Number));
    expect(found.cases).toHaveLength(2);
    for (const one of found.cases) {
      expect(one).toMatchObject({
        isWithinBound: true,
        time: { median: expect.any(Number), warmUps: expect.any(Number) },
        copy: { variant: expect.any(String) },
      });
      expect(one["error"] as number).toBeLessThanOrEqual(one["bound"] as number);
      expect((one["entries"] as { name: string }[]).filter(({ name }) => name === "copy")).toHaveLength(2);
    }
  }

  async function checkMarkdown(): Promise<void> {
    await page.click("#measure-copy");
    const [text] = await page.evaluate(() => (window as unknown as Kept).copied);
    expect(text!.split("\n").filter((line) => line.startsWith("| InstanceNorm | 1×512×7×7 NCHW f"))).toHaveLength(2);
    expect(await textOf(page, "#measure-exported")).toBe("Copied as Markdown.");
    await page.evaluate(() => {
      Clipboard.prototype.writeText = () => Promise.reject(new Error("not allowed"));
    });
    await page.click("#measure-copy");
    await page.waitForFunction(() => !document.getElementById("measure-markdown")!.hidden);
    expect(await page.$eval("#measure-markdown", (area) => (area as HTMLTextAreaElement).value)).toBe(text);
  }

  /** A picture of the size that it says, with bars of the accent on the card's colour. */
  async function checkPicture(): Promise<void> {
    await page.click("#measure-png");
    await page.waitForFunction(() => (window as unknown as Kept).names.length === 2);
    expect(await page.evaluate(() => (window as unknown as Kept).names)).toEqual(["normgpu-measured.json", "normgpu-measured.png"]);
    const { type, width, colours } = await page.evaluate(async () => {
      const blob = (window as unknown as Kept).blobs.at(-1)!;
      const bitmap = await createImageBitmap(blob);
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext("2d")!;
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      const counts: Record<string, number> = {};
      for (let i = 0; i < data.length; i += 4) {
        const colour = `${data[i]},${data[i + 1]},${data[i + 2]}`;
        counts[colour] = (counts[colour] ?? 0) + 1;
      }
      return { type: blob.type, width: bitmap.width, colours: counts };
    });
    expect([type, width]).toEqual(["image/png", 1920]);
    expect(colours["31,95,214"]).toBeGreaterThan(500);
    expect(colours["255,255,255"]).toBeGreaterThan(10_000);
  }

  test("Stop ends it between two runs, and another can be started", async () => {
    page = await open(SMALL);
    await started(page);
    await page.click("#stop");
    await ended(page);
    expect(await status(page)).toBe("Ended after 0 of 1 cases: stopped.");
    expect([await isOff(page, "run"), await isOff(page, "measure-json"), await page.$eval("[name=layers]", (box) => box.matches(":disabled"))]).toEqual([
      false,
      true,
      false,
    ]);
    await started(page);
    await page.click("#stop");
    await ended(page);
  });

  test("waits while the tab is hidden or another view is shown, and says so", async () => {
    page = await open(SMALL);
    await started(page);
    await hide(page, true);
    await page.waitForFunction(() => document.getElementById("status")!.textContent === "Paused: this tab is hidden.");
    await new Promise((done) => setTimeout(done, 300));
    expect(await status(page)).toBe("Paused: this tab is hidden.");
    await hide(page, false);
    await page.waitForFunction(() => document.getElementById("status")!.textContent!.startsWith("Goes on"));
    await page.click("#tab-see");
    await page.waitForFunction(() => document.getElementById("status")!.textContent === "Paused: another view is shown.");
    await page.click("#tab-measure");
    await page.waitForFunction(() => document.getElementById("status")!.textContent!.startsWith("Goes on"));
    await page.click("#stop");
    await ended(page);
    expect(await status(page)).toBe("Ended after 0 of 1 cases: stopped. Paused twice while nobody could look.");
  });

  test("keeps its settings where the address changes meanwhile", async () => {
    page = await open(SMALL);
    await started(page);
    await page.evaluate(() => (location.hash = "#measure?layers=group&seed=9"));
    await page.waitForFunction((hash) => location.hash === hash, {}, `#measure?${SMALL}`);
    expect(await rows(page)).toEqual(["InstanceNorm 1x512x7x7 NCHW"]);
    await page.click("#stop");
    await ended(page);
  });

  test("ends where the reference does not start", async () => {
    page = await open(SMALL);
    await page.evaluate(() => {
      // As a worker is whose file is missing.
      class Missing extends EventTarget {
        constructor() {
          super();
          setTimeout(() => this.dispatchEvent(new Event("error")), 50);
        }

        postMessage(): void {}
        terminate(): void {}
      }
      window.Worker = Missing as unknown as typeof Worker;
    });
    await page.click("#run");
    await page.waitForFunction(() => document.getElementById("status")!.textContent === "1 could not be measured.");
    expect(await isOff(page, "stop")).toBe(true);
    expect(await textOf(page, "#measure-table .plan:not(th)")).toContain("the reference's worker did not start");
  });

  test("ends with its device; after Restart there is another", async () => {
    page = await open(SMALL);
    await started(page);
    await page.evaluate(() => (window as unknown as Kept).devices.at(-1)!.destroy());
    await ended(page);
    expect(await status(page)).toBe("Ended after 0 of 1 cases: the device was lost.");
    expect([await textOf(page, "#adapter"), await isOff(page, "run")]).toEqual(["the device is lost", true]);
    await page.click("#restart");
    await page.waitForFunction(() => !(document.getElementById("run") as HTMLButtonElement).disabled);
    await started(page);
    await page.click("#stop");
    await ended(page);
    await page.evaluate(() => (window as unknown as Kept).devices.at(-1)!.destroy());
    await page.waitForFunction(() => document.getElementById("status")!.textContent!.startsWith("The GPU device was lost"));
    await page.click("#restart");
    await page.waitForFunction(() => document.getElementById("status")!.textContent === "Ended after 0 of 1 cases: stopped.");
  });
});
