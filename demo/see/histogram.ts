import type { Bins, Moments } from "./sample.ts";
import { made } from "../shell/element.ts";
import { formatMean, formatNumber } from "./text.ts";

/** One chart of index.html: its bars, its axis, its words and the table beside it. */
export class Histogram {
  readonly #root: HTMLElement;

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  /** @param name of the values, as in the equation */
  show(name: string, bins: Bins, moments: Moments, lit: string): void {
    const { deviation } = moments;
    this.#part("[data-part=mean]").textContent = `mean ${formatMean(moments)}`;
    this.#part("[data-part=deviation]").textContent = `standard deviation ${formatNumber(deviation)}`;
    this.#draw(bins, moments);
    this.#part("svg").setAttribute(
      "aria-label",
      `Histogram of ${name} from ${formatNumber(bins.low)} to ${formatNumber(bins.high)}: ${lit} before all values. Mean ${formatMean(moments)}, standard deviation ${formatNumber(deviation)}.`,
    );
    const ticks = this.#root.querySelectorAll(".ticks span");
    for (const [i, tick] of ticks.entries()) tick.textContent = formatNumber(bins.low + ((bins.high - bins.low) * i) / (ticks.length - 1));
    this.#fillTable(bins, lit);
  }

  #part(selector: string): Element {
    return this.#root.querySelector(selector)!;
  }

  /** The drawing is as wide as there are bins, and 100 high; heights are the square roots of counts, so that few values are seen beside many. */
  #draw({ low, high, all, lit }: Bins, { mean, deviation }: Moments): void {
    const tallest = Math.sqrt(Math.max(1, ...all));
    const bars = (counts: readonly number[]): string =>
      counts.map((count, bin) => (count ? `M${bin + 0.06} 100V${(100 - (96 * Math.sqrt(count)) / tallest).toFixed(2)}H${bin + 0.94}V100Z` : "")).join("");
    this.#part(".bars-all").setAttribute("d", bars(all));
    this.#part(".bars-lit").setAttribute("d", bars(lit));
    const place = (value: number): number => Math.min(all.length, Math.max(0, ((value - low) / (high - low || 1)) * all.length));
    const [from, to] = [place(mean - deviation), place(mean + deviation)];
    this.#part(".deviation").setAttribute("x", from.toFixed(3));
    this.#part(".deviation").setAttribute("width", Math.max(0, to - from).toFixed(3));
    this.#part(".mean").setAttribute("d", `M${place(mean).toFixed(3)} 0V100`);
  }

  #fillTable({ low, high, all, lit }: Bins, name: string): void {
    const width = (high - low) / all.length;
    this.#part("thead th:nth-child(2)").textContent = name;
    this.#part("tbody").replaceChildren(
      ...all.flatMap((count, bin) => {
        if (!count) return [];
        const row = made("tr");
        const head = made("th", `${formatNumber(low + bin * width)} to ${formatNumber(low + (bin + 1) * width)}`);
        head.scope = "row";
        row.append(head, made("td", String(lit[bin]), "number"), made("td", String(count), "number"));
        return [row];
      }),
    );
  }
}
