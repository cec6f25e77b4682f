import { colourOf } from "../shell/colour.ts";
import { chart, describeChart, FONT, FONT_SIZE, PAGE_PAINTS, PAINTS, type Paints } from "./chart.ts";
import type { Row } from "./row.ts";
import { wrapped } from "./text.ts";

/** The chart in the page, drawn again where its width changes. */
export class ChartView {
  readonly #place: HTMLElement;
  #rows: readonly Row[] = [];
  #drawn = "";

  constructor(place: HTMLElement) {
    this.#place = place;
    new ResizeObserver(() => this.#draw()).observe(place);
  }

  show(rows: readonly Row[]): void {
    this.#rows = rows;
    this.#place.setAttribute("aria-label", describeChart(rows));
    this.#draw();
  }

  #draw(): void {
    const width = this.#place.clientWidth;
    if (width === 0) return;
    const markup = chart(this.#rows, width, PAGE_PAINTS);
    if (markup === this.#drawn) return;
    this.#drawn = markup;
    const { documentElement } = new DOMParser().parseFromString(markup, "image/svg+xml");
    documentElement.setAttribute("aria-hidden", "true");
    this.#place.replaceChildren(document.importNode(documentElement, true));
  }
}

const WIDTH = 960;
const MARGIN = 24;
/** Pixels of the picture a CSS pixel. */
const FINE = 2;

/** The chart as a PNG, in the colours of the page as they are now. */
export async function picture(rows: readonly Row[], title: readonly string[]): Promise<Blob> {
  const paints = Object.fromEntries(PAINTS.map((name) => [name, colourOf(name)])) as Paints;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d")!;
  context.font = `${FONT_SIZE}px ${FONT}`;
  const lines = title.flatMap((words) => wrapped(words, WIDTH - 2 * MARGIN, (line) => context.measureText(line).width));
  const url = URL.createObjectURL(new Blob([chart(rows, WIDTH - 2 * MARGIN, paints, lines)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    canvas.width = WIDTH * FINE;
    canvas.height = (image.naturalHeight + 2 * MARGIN) * FINE;
    context.scale(FINE, FINE);
    context.fillStyle = paints.card;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, MARGIN, MARGIN);
    return await new Promise<Blob>((done, fail) =>
      canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("the picture could not be made"))), "image/png"),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
