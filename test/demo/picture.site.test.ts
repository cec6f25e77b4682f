import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ElementHandle, Page } from "puppeteer";
import { describe, expect, test } from "vitest";
import { settled, Site, statistics, textOf } from "./site.ts";

const site = new Site();
const see = site.see.bind(site);

describe("a person's picture", () => {
  /** A picture of 40 x 40 pixels, blue on the left and yellow on the right, as the browser itself writes it. */
  async function pictureFile(page: Page, name = "two-halves.png"): Promise<string> {
    const base64 = await page.evaluate(() => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 40;
      const context = canvas.getContext("2d")!;
      context.fillStyle = "#0000ff";
      context.fillRect(0, 0, 20, 40);
      context.fillStyle = "#ffff00";
      context.fillRect(20, 0, 20, 40);
      return canvas.toDataURL("image/png").split(",")[1]!;
    });
    const file = join(mkdtempSync(join(tmpdir(), "see-")), name);
    writeFileSync(file, Buffer.from(base64, "base64"));
    return file;
  }

  test("is chosen: its channels are red, green and blue", async () => {
    const page = await see("n=1&uneven=0");
    const input = (await page.$("#see-picture")) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(await pictureFile(page));
    await page.waitForFunction(() => document.getElementById("see-source")!.textContent === "two-halves.png");
    await settled(page);
    const rows = (await statistics(page)).slice(1);
    expect(rows.map(([name]) => name).slice(0, 4)).toEqual(["channel 1, red", "channel 2, green", "channel 3, blue", "channel 4, upright edges"]);
    for (const row of rows.slice(0, 3)) expect([Number(row[1]), Number(row[2])].map((value) => value.toFixed(2))).toEqual(["0.50", "0.50"]);
    expect(await textOf(page, "#see-error")).toContain("within");
    await page.click("#see-digits");
    expect(await textOf(page, "#see-source")).toBe("handwritten digits (MNIST)");
  });

  test("is dropped", async () => {
    const page = await see();
    await page.evaluate(async () => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 8;
      canvas.getContext("2d")!.fillRect(0, 0, 4, 8);
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([blob!], "dropped.png"));
      document.querySelector("header")!.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    });
    await page.waitForFunction(() => document.getElementById("see-source")!.textContent === "dropped.png");
  });

  test("that is none is refused with a sentence", async () => {
    const page = await see();
    const file = join(mkdtempSync(join(tmpdir(), "see-")), "notes.txt");
    writeFileSync(file, "no picture");
    const input = (await page.$("#see-picture")) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(file);
    await page.waitForFunction(() => document.getElementById("see-problem")!.textContent === "notes.txt is no picture that this browser can read");
    expect(await textOf(page, "#see-source")).toBe("handwritten digits (MNIST)");
    await page.click("#see-digits");
    expect(await textOf(page, "#see-problem")).toBe("");
  });

  test("may have a long name, and be chosen twice", async () => {
    const page = await see("", { width: 360 });
    const file = await pictureFile(page, `${"long".repeat(50)}.png`);
    for (let i = 0; i < 2; i++) {
      const input = (await page.$("#see-picture")) as ElementHandle<HTMLInputElement>;
      await input.uploadFile(file);
      await page.waitForFunction(() => document.getElementById("see-source")!.textContent!.startsWith("longlong"));
      expect(await page.evaluate(() => [document.documentElement.scrollWidth, document.querySelector<HTMLInputElement>("#see-picture")!.value])).toEqual([
        360,
        "",
      ]);
      await page.click("#see-digits");
      expect(await textOf(page, "#see-source")).toBe("handwritten digits (MNIST)");
    }
  });
});
