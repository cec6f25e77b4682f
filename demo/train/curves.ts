import uPlot from "uplot";
import { colourOf } from "../shell/colour.ts";
import { MARKS, type NormName } from "./norms.ts";
import { DASHES } from "./swatch.ts";

const HEIGHT = 264;
/** Room for the marks at the ends of curves. */
const ROOM = 58;
const LINE = 13;
const FONT = "12px system-ui, sans-serif";

/** What a chart shows: curves over counts of digits. */
export interface CurveData {
  readonly digits: readonly number[];
  /** Where the axis of digits ends, at least. */
  readonly until: number;
  readonly curves: readonly { readonly norm: NormName; readonly values: readonly (number | null)[] }[];
}

export interface ChartOptions {
  /** Of the values' axis. */
  readonly label: string;
  readonly show: (value: number) => string;
  /** The top of the values' axis, by the largest value; it starts at 0. */
  readonly top: (largest: number) => number;
}

/** Curves of lanes over the digits that they have seen, drawn by uPlot in the colours of the page. */
export class Chart {
  readonly #place: HTMLElement;
  readonly #options: ChartOptions;
  #plot: uPlot | null = null;
  #norms: readonly NormName[] = [];
  #data: CurveData = { digits: [], until: 0, curves: [] };
  #isAsked = false;

  constructor(place: HTMLElement, options: ChartOptions) {
    this.#place = place;
    this.#options = options;
    new ResizeObserver(() => this.#resize()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#plot?.redraw(false, true));
  }

  /** Draws it in the next frame, once for all that is asked until then. */
  show(data: CurveData): void {
    this.#data = data;
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#draw();
    });
  }

  #draw(): void {
    const norms = this.#data.curves.map(({ norm }) => norm);
    if (!this.#plot || norms.join() !== this.#norms.join()) this.#make(norms);
    this.#plot?.setData([this.#data.digits, ...this.#data.curves.map(({ values }) => values)] as uPlot.AlignedData);
  }

  #resize(): void {
    const width = this.#place.clientWidth;
    if (width === 0) return;
    if (this.#plot) this.#plot.setSize({ width, height: HEIGHT });
    else this.#draw();
  }

  #make(norms: readonly NormName[]): void {
    this.#plot?.destroy();
    this.#plot = null;
    const width = this.#place.clientWidth;
    if (width === 0) return;
    this.#norms = norms;
    const { label, show, top } = this.#options;
    const axis = {
      stroke: () => colourOf("muted"),
      grid: { stroke: () => colourOf("line"), width: 1 },
      ticks: { show: false },
      font: FONT,
    };
    this.#plot = new uPlot(
      {
        width,
        height: HEIGHT,
        padding: [10, ROOM, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: () => [0, Math.max(200, this.#data.until)] },
          y: { range: (_, __, largest) => [0, top(largest || 0)] },
        },
        axes: [
          { ...axis, size: 30, label: "digits seen", labelSize: 16, labelFont: FONT, values: (_, splits) => splits.map((value) => value.toLocaleString("en")) },
          { ...axis, size: 46, label, labelSize: 18, labelFont: FONT, values: (_, splits) => splits.map(show) },
        ],
        series: [
          {},
          ...norms.map((norm) => ({
            stroke: () => colourOf(`lane-${norm.replace("+", "-")}`),
            width: 2,
            dash: [...DASHES[norm]],
            spanGaps: true,
            points: {
              show: (_: uPlot, __: number, from: number, to: number) => to - from < 30 && this.#data.digits.length < 30,
              size: 6,
              fill: () => colourOf("card"),
            },
          })),
        ],
        hooks: { draw: [(plot) => this.#mark(plot)] },
      },
      [[], ...norms.map(() => [])],
      this.#place,
    );
  }

  /** Names each curve at its end, so that no colour is needed to tell them apart; names that would overlap move apart. */
  #mark(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio;
    const ends = this.#data.curves.flatMap(({ norm, values }) => {
      const last = values.findLastIndex((value) => value !== null);
      return last < 0 ? [] : [{ norm, y: plot.valToPos(values[last]!, "y", true) }];
    });
    ends.sort((a, b) => a.y - b.y);
    const step = LINE * scale;
    for (let i = 1; i < ends.length; i++) ends[i]!.y = Math.max(ends[i]!.y, ends[i - 1]!.y + step);
    const over = (ends.at(-1)?.y ?? 0) - (bbox.top + bbox.height);
    if (over > 0) {
      let limit = bbox.top + bbox.height;
      for (let i = ends.length - 1; i >= 0; i--, limit -= step) ends[i]!.y = Math.min(ends[i]!.y, limit);
    }
    ctx.save();
    ctx.font = `600 ${12 * scale}px system-ui, sans-serif`;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    for (const { norm, y } of ends) {
      ctx.fillStyle = colourOf(`lane-${norm.replace("+", "-")}`);
      ctx.fillText(MARKS[norm], bbox.left + bbox.width + 6 * scale, y);
    }
    ctx.restore();
  }
}
