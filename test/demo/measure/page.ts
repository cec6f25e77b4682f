import type { Page } from "puppeteer";
import { textOf } from "../site.ts";

/** What a page of these tests keeps of what would leave it. */
export interface Kept extends Window {
  blobs: Blob[];
  names: string[];
  copied: string[];
  shift: number;
  devices: GPUDevice[];
  isHidden: boolean;
}

/** Keeps downloads and the clipboard in the page, and lets a test hide the tab. */
export function keep(): void {
  const own = window as unknown as Kept;
  [own.blobs, own.names, own.copied] = [[], [], []];
  const create = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (blob: Blob) => {
    own.blobs.push(blob);
    return create(blob);
  };
  HTMLAnchorElement.prototype.click = function () {
    own.names.push(this.download);
  };
  Clipboard.prototype.writeText = (text) => {
    own.copied.push(text);
    return Promise.resolve();
  };
  Object.defineProperty(document, "visibilityState", { get: () => (own.isHidden ? "hidden" : "visible") });
}

export const status = (page: Page): Promise<string> => textOf(page, "#status");
export const isOff = (page: Page, id: string): Promise<boolean> => page.$eval(`#${id}`, (button) => (button as HTMLButtonElement).disabled);
export const rows = (page: Page): Promise<string[]> => page.$$eval("#measure-table tbody tr", (all) => all.map((row) => row.dataset["id"]!));
export const ticked = (page: Page, name: string): Promise<string[]> =>
  page.$$eval(`input[name="${name}"]:checked`, (boxes) => boxes.map((box) => (box as HTMLInputElement).value));
export const tick = (page: Page, name: string, value: string): Promise<void> => page.click(`label:has([name="${name}"][value="${value}"])`);

export async function started(page: Page): Promise<void> {
  await page.click("#run");
  await page.waitForFunction(() => document.getElementById("status")!.textContent!.startsWith("1 of"));
}

export async function ended(page: Page): Promise<void> {
  await page.waitForFunction(() => (document.getElementById("stop") as HTMLButtonElement).disabled, { timeout: 50_000 });
}

export async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    (window as unknown as Kept).isHidden = hidden;
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}
