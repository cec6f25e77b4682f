import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type { Page } from "puppeteer";
import { expect, test } from "vitest";
import { settled, Site } from "./site.ts";

const site = new Site();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Kept as they are, for a person to look at. */
const screenshots = resolve(import.meta.dirname, "../../screenshots");
mkdirSync(screenshots, { recursive: true });

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

/** What axe finds wrong, in words. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as { violations: Finding[] };
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`));
}

const overflow = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Waits until the view has nothing left to do by itself. */
async function rest(page: Page, view: string): Promise<void> {
  if (view === "see") await settled(page);
  else if (view === "train") await page.waitForFunction(() => !(document.getElementById("train-play") as HTMLButtonElement).disabled);
  else await page.waitForFunction(() => !(document.getElementById("run") as HTMLButtonElement).disabled);
}

/** Waits until what has changed is drawn. */
const frames = (page: Page): Promise<unknown> => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Keeps how it looks, wide and narrow; nothing may be wider than the page. */
async function shoot(page: Page, name: string): Promise<void> {
  for (const width of [1280, 360]) {
    await page.setViewport({ width, height: 900 });
    await frames(page);
    await page.screenshot({ path: join(screenshots, `${name}-${width}.png`) as `${string}.png`, fullPage: true });
    expect(await overflow(page)).toBe(0);
  }
}

test.each([
  ["see", "light"],
  ["see", "dark"],
  ["measure", "light"],
  ["measure", "dark"],
])("axe finds nothing, and nothing is wider than the page: %s, %s", async (view, theme) => {
  // Two small cases, so that there are results to look at.
  const page = await site.open(view === "measure" ? "?run=1&cases=(instance|group).*1x512x7x7#measure" : `#${view}`, { theme });
  await rest(page, view);
  await page.$$eval("#view-measure details", (all) => all.forEach((one) => (one.open = true)));
  expect(await findings(page)).toEqual([]);
  await shoot(page, `${view}-${theme}`);
});

test("axe finds nothing, and nothing is wider than the page: train, light and dark", async () => {
  const page = await site.open("#train?lanes=none.batch.group&batch=64");
  for (let digits = 64; digits <= 256; digits += 64) {
    await page.waitForFunction(() => !(document.getElementById("train-step") as HTMLButtonElement).disabled);
    await page.click("#train-step");
    await page.waitForFunction((seen) => document.getElementById("train-status")!.textContent!.startsWith(`Paused after ${seen} `), {}, digits);
  }
  for (const theme of ["light", "dark"]) {
    // No motion either: colours on their way to others have no contrast that could be judged.
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: theme },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    await frames(page);
    await page.$eval("#view-train details", (details, isOpen) => ((details as HTMLDetailsElement).open = isOpen), theme === "dark");
    expect(await findings(page)).toEqual([]);
    await shoot(page, `train-${theme}`);
  }
});

test.each(["light", "dark"])("axe finds nothing where WebGPU is missing and the tables are open: %s", async (theme) => {
  const before = (): void => {
    Object.defineProperty(Navigator.prototype, "gpu", { get: () => undefined });
  };
  const page = await site.open("#see?norm=weight-norm&shows=y", { theme, before });
  await settled(page);
  await page.$$eval("details", (all) => all.forEach((one) => (one.open = true)));
  await page.screenshot({ path: join(screenshots, `see-without-webgpu-${theme}.png`) as `${string}.png` });
  expect(await findings(page)).toEqual([]);
});

test.each(["see", "measure", "train"])("the focus is seen on every control of %s", async (view) => {
  const page = await site.open(`#${view}`);
  await rest(page, view);
  const unseen = await page.evaluate(async (name) => {
    const found: string[] = [];
    for (const control of document.querySelectorAll<HTMLElement>(`#view-${name} :is(input, select, button, summary, [tabindex='0']):not(:disabled)`)) {
      if (!control.checkVisibility()) continue;
      control.focus({ focusVisible: true } as FocusOptions);
      const near = [control, control.nextElementSibling, control.closest(".button")].filter((one) => one !== null);
      if (!near.some((one) => getComputedStyle(one).outlineStyle !== "none" && getComputedStyle(one).outlineWidth !== "0px")) found.push(control.outerHTML);
    }
    return found;
  }, view);
  expect(unseen).toEqual([]);
});
