import type { Page } from "puppeteer";
import { describe, expect, test } from "vitest";
import { hashOf, press, set, settled, Site, statistics, textOf } from "./site.ts";

const site = new Site();
const see = site.see.bind(site);

/** Mean and deviation under a histogram. */
async function moments(page: Page, chart: "before" | "after"): Promise<string> {
  return (await textOf(page, `#see-${chart} .moments`)).replaceAll(/\s+/g, " ");
}

/** Where the middle of box (n, c) lies on the screen, as the canvas draws it: found by hovering until it lights. */
async function pointOf(page: Page, lit: string): Promise<{ x: number; y: number }> {
  const canvas = (await page.$("#cube"))!;
  await canvas.scrollIntoView();
  const { x, y, width, height } = (await canvas.boundingBox())!;
  for (let column = 0.05; column < 1; column += 0.06) {
    for (let row = 0.95; row > 0; row -= 0.06) {
      const point = { x: x + column * width, y: y + row * height };
      await page.mouse.move(point.x, point.y);
      if ((await textOf(page, "#see-lit")) === lit) return point;
    }
  }
  throw new Error(`nothing on the cube lights ${lit}`);
}

const picture = (page: Page): Promise<string> => page.$eval("#cube", (canvas) => (canvas as HTMLCanvasElement).toDataURL());

async function frames(page: Page, count: number): Promise<void> {
  await page.evaluate(async (wanted) => {
    for (let i = 0; i < wanted; i++) await new Promise((done) => requestAnimationFrame(done));
  }, count);
}

describe("layers", () => {
  const AFFINE = "y = (x − mean) / square root of (variance + eps) · gamma + beta";

  test("each is computed on the GPU, within the bound, with its equation and its plan", async () => {
    const page = await see("norm=rms");
    for (const [norm, title, count, equation] of [
      ["batch", "BatchNorm", 6, AFFINE],
      ["layer", "LayerNorm", 4, AFFINE],
      ["instance", "InstanceNorm", 24, AFFINE],
      ["group", "GroupNorm", 8, AFFINE],
      ["rms", "RMSNorm", 4, "y = x / square root of (mean of x² + eps) · gamma"],
      ["weight-norm", "Weight Norm", 4, "w = g · v / norm of v"],
      ["weight-standardization", "Weight Standardization", 4, "w = (v − mean) / (standard deviation + eps) · gain"],
    ] as const) {
      await page.click(`label:has([value="${norm}"])`);
      await settled(page);
      expect(await textOf(page, "#see-title")).toBe(title);
      expect(await statistics(page)).toHaveLength(count + 1);
      expect(await page.$eval("#equation math", (math) => math.getAttribute("aria-label"))).toBe(equation);
      expect(await textOf(page, "#see-error")).toMatch(/reference: \d.*, within the bound of 4e−6/);
      expect((await page.$$("#see-plan tbody tr")).length).toBeGreaterThan(0);
      expect(await page.$eval('[name="at"]', (slider) => (slider as HTMLInputElement).max)).toBe(String(count - 1));
      expect(hashOf(page)).toBe(norm === "batch" ? "#see" : `#see?norm=${norm}`);
    }
  });

  test("what a layer does not have cannot be set", async () => {
    const page = await see("norm=weight-norm");
    const off = (): Promise<string[]> =>
      page.$$eval("#see-form :is(input, select):disabled", (controls) => controls.map((control) => (control as HTMLInputElement).name));
    expect(await off()).toEqual(["groups", "beta", "eps"]);
    await page.click('label:has([value="rms"])');
    expect(await off()).toEqual(["groups", "beta"]);
    await page.click('label:has([value="group"])');
    expect(await off()).toEqual([]);
  });
});

describe("settings", () => {
  test("gamma and beta are the deviation and the mean of what comes out", async () => {
    const page = await see();
    expect(await moments(page, "after")).toBe("mean 0 standard deviation 1");
    await set(page, "gamma", "2");
    await set(page, "beta", "0.5");
    expect(await moments(page, "after")).toBe("mean 0.5 standard deviation 2");
    expect(hashOf(page)).toBe("#see?gamma=2&beta=0.5");
  });

  test("eps that is as large as the variance shrinks what comes out", async () => {
    const page = await see("at=0");
    await set(page, "eps", "9");
    expect(hashOf(page)).toBe("#see?eps=10&at=0");
    const [, , deviation] = (await statistics(page))[1]!;
    const shrunk = Number(deviation) / Math.sqrt(Number(deviation) ** 2 + 10);
    expect(Number((await statistics(page))[1]![4])).toBeCloseTo(shrunk, 3);
  });

  test("samples, channels, groups and size change the tensor", async () => {
    const page = await see("norm=group");
    await set(page, "n", "3");
    await set(page, "c", "8");
    await set(page, "groups", "4");
    await set(page, "size", "small");
    expect(await textOf(page, "#see-counts")).toBe("3 × 8 × 7 × 7: 12 statistics, each of 98 values");
    expect(await statistics(page)).toHaveLength(13);
    expect(hashOf(page)).toBe("#see?norm=group&n=3&c=8&groups=4&size=small");
    await set(page, "c", "9");
    expect(await page.$eval('[name="groups"]', (select) => (select as HTMLSelectElement).value)).toBe("3");
  });

  test("light and digits change the data", async () => {
    const page = await see("norm=layer");
    const uneven = await statistics(page);
    await page.click('label:has([name="uneven"])');
    await settled(page);
    const even = await statistics(page);
    expect(Number(uneven[2]![2]) * 2).toBeCloseTo(Number(even[2]![2]), 2);
    await page.click("#see-digits");
    await settled(page);
    expect(await statistics(page)).not.toEqual(even);
    expect(hashOf(page)).toBe("#see?norm=layer&first=11&uneven=0");
  });

  test("the cube shows what goes in or what comes out, turns, and is pulled apart", async () => {
    const page = await see();
    const seen = [await picture(page)];
    await page.click('label:has([value="y"])');
    await frames(page, 2);
    seen.push(await picture(page));
    for (const [name, value] of [
      ["turn", "-40"],
      ["spread", "10"],
    ] as const) {
      await set(page, name, value);
      await frames(page, 2);
      seen.push(await picture(page));
    }
    expect(new Set(seen).size).toBe(4);
    expect(hashOf(page)).toBe("#see?shows=y&turn=-40&spread=10");
  });
});

describe("address", () => {
  const every = "norm=group&n=2&c=8&groups=4&size=medium&eps=0.01&gamma=-1.5&beta=0.25&first=7&uneven=0&shows=y&turn=-20&spread=30&at=5";

  test("every setting comes back from it", async () => {
    const page = await see(every);
    expect(hashOf(page)).toBe(`#see?${every}`);
    const before = await statistics(page);
    await set(page, "beta", "1");
    await page.reload();
    await settled(page);
    expect(hashOf(page)).toBe(`#see?${every.replace("beta=0.25", "beta=1")}`);
    expect(await textOf(page, "output[data-of=beta]")).toBe("1");
    expect(await statistics(page)).not.toEqual(before);
  });

  test("what is out of range is brought into it, and what is none starts as it does", async () => {
    const page = await see("norm=nothing&n=99&c=-3&groups=5&size=vast&eps=3e-5&gamma=oops&beta=1e9&turn=1000&at=77&<b>=1");
    expect(hashOf(page)).toBe("#see?n=8&c=1&groups=1&beta=3&turn=70&at=0");
    expect(await textOf(page, "#see-error")).toContain("within");
  });

  test("an address that is typed is followed", async () => {
    const page = await see();
    await page.evaluate(() => (location.hash = "#see?norm=instance&at=9"));
    await page.waitForFunction(() => document.getElementById("see-title")!.textContent === "InstanceNorm");
    await settled(page);
    expect(await textOf(page, "#see-lit")).toBe("sample 2, channel 4, blur");
  });
});

describe("what is lit", () => {
  test("the keyboard steps through the statistics", async () => {
    const page = await see();
    await page.focus('[name="at"]');
    const before = await moments(page, "before");
    await press(page, "ArrowRight", "ArrowRight");
    expect(await textOf(page, "#see-lit")).toBe("channel 4, blur");
    expect(await page.$eval('[name="at"]', (slider) => slider.getAttribute("aria-valuetext"))).toBe("channel 4, blur");
    expect(await moments(page, "before")).not.toBe(before);
    await press(page, "Home");
    expect(await textOf(page, "#statistics tr.lit th")).toBe("channel 1, as it is");
    expect(hashOf(page)).toBe("#see?at=0");
  });

  test("a box under the pointer lights its statistic, and a click keeps it", async () => {
    const page = await see("norm=layer");
    const point = await pointOf(page, "sample 1");
    expect(await page.$eval("#cube", (canvas) => canvas.getAttribute("aria-label"))).toBe("4 by 6 maps of 28 by 28 values, before LayerNorm. Lit: sample 1.");
    expect(await page.$$eval("#equation .marked", (terms) => terms.map((term) => term.textContent))).toEqual(["x", "μ", "σ2"]);
    await page.mouse.move(5, 5);
    expect(await textOf(page, "#see-lit")).toBe("sample 2");
    await page.mouse.click(point.x, point.y);
    await page.mouse.move(5, 5);
    expect(await textOf(page, "#see-lit")).toBe("sample 1");
    expect(hashOf(page)).toBe("#see?norm=layer&at=0");
  });

  test("a drag turns the cube, and lights nothing", async () => {
    const page = await see();
    const point = await pointOf(page, "channel 1, as it is");
    await page.mouse.down();
    await page.mouse.move(point.x + 20, point.y);
    await page.mouse.move(point.x + 60, point.y);
    await page.mouse.up();
    expect(await textOf(page, "output[data-of=turn]")).toBe("11°");
    expect(hashOf(page)).toBe("#see?turn=11");
  });

  test("a row of the table lights its statistic", async () => {
    const page = await see();
    await page.click("#statistics tbody tr:nth-child(5)");
    expect(await textOf(page, "#see-lit")).toBe("channel 5, falling edges");
  });

  test("the equation marks the term of the control that is looked at", async () => {
    const page = await see();
    await page.focus('[name="gamma"]');
    expect(await page.$$eval("#equation .marked", (terms) => terms.map((term) => term.textContent))).toEqual(["γ"]);
    await page.hover("#terms [data-term=eps]");
    expect(await page.$$eval("#equation .marked", (terms) => terms.map((term) => term.textContent))).toEqual(["ε"]);
  });

  test("the tables beside the histograms count what is lit and everything", async () => {
    const page = await see();
    const counts = await page.$$eval("#see-before tbody tr", (rows) => rows.map((row) => [...row.children].slice(1).map((cell) => Number(cell.textContent))));
    const total = (column: number): number => counts.reduce((sum, row) => sum + row[column]!, 0);
    expect([total(0), total(1)]).toEqual([4 * 784, 4 * 6 * 784]);
  });
});

test("the cube glides to where it turns, but not for those who want no motion", async () => {
  const glides = async (motion: string): Promise<boolean> => {
    const page = await see("", { motion });
    await frames(page, 2);
    await set(page, "turn", "-60");
    await frames(page, 2);
    const soon = await picture(page);
    await frames(page, 25);
    return soon !== (await picture(page));
  };
  expect(await glides("reduce")).toBe(false);
  expect(await glides("no-preference")).toBe(true);
});
