import { escape, short, text } from "../bench/svg.ts";
import type { NormName } from "../demo/train/norms.ts";

/** A colour, a dash and a mark for each norm, told apart by any of them; both grounds are readable. */
const LOOKS: Record<NormName, { className: string; dash: string; mark: (x: number, y: number) => string }> = {
  none: { className: "none", dash: "2 3", mark: (x, y) => `<path d="M${short(x - 4)} ${short(y - 4)}l8 8m0-8l-8 8" class="stroke"/>` },
  batch: { className: "batch", dash: "8 3", mark: (x, y) => `<rect x="${short(x - 4)}" y="${short(y - 4)}" width="8" height="8"/>` },
  group: { className: "group", dash: "10 3 2 3", mark: (x, y) => `<path d="M${short(x)} ${short(y - 5)}l5 9h-10z"/>` },
  "group+ws": { className: "group-ws", dash: "", mark: (x, y) => `<circle cx="${short(x)}" cy="${short(y)}" r="5"/>` },
  "bcn+ws": { className: "bcn-ws", dash: "", mark: (x, y) => `<path d="M${short(x)} ${short(y - 5.5)}l5.5 5.5-5.5 5.5-5.5-5.5z"/>` },
  weight: { className: "weight", dash: "5 5", mark: (x, y) => `<path d="M${short(x)} ${short(y + 5)}l5-9h-10z"/>` },
  layer: { className: "layer", dash: "1 2", mark: (x, y) => `<path d="M${short(x - 5)} ${short(y)}h10m-5-5v10" class="stroke"/>` },
};

const COLOURS: readonly (readonly [className: string, light: string, dark: string])[] = [
  ["none", "#57534e", "#d6d3d1"],
  ["batch", "#b45309", "#fbbf24"],
  ["group", "#0f766e", "#5eead4"],
  ["group-ws", "#1f5fd6", "#7fb0ff"],
  ["bcn-ws", "#9d174d", "#f9a8d4"],
  ["weight", "#6d28d9", "#c4b5fd"],
  ["layer", "#3f6212", "#bef264"],
];

export const STYLE = `
  svg { background: #fff; color: #1b1d21; font: 13px system-ui, sans-serif }
  text { fill: currentColor } .muted { fill: #5a606b } .title { font-size: 17px; font-weight: 600 } .head { font-weight: 600 }
  .grid { stroke: #dfe1e5 } .curve { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round } .band { opacity: .14; stroke: none }
  .norm { fill: currentColor } .stroke { fill: none; stroke: currentColor; stroke-width: 2 }
  ${COLOURS.map(([name, light]) => `.${name} { color: ${light} }`).join(" ")}
  @media (prefers-color-scheme: dark) {
    svg { background: #14161a; color: #eceef2 } .muted { fill: #a3aab8 } .grid { stroke: #343944 }
    ${COLOURS.map(([name, , dark]) => `.${name} { color: ${dark} }`).join(" ")}
  }`;

/** Where values lie in a picture; what is outside of the scale stands at its end. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  /** Pixels of both ends. */
  readonly at: readonly [number, number];
}

export function place({ from, to, at: [start, end] }: Scale, value: number): number {
  const share = to === from ? 0 : (value - from) / (to - from);
  return start + (end - start) * Math.min(1, Math.max(0, share));
}

/** Values of several seeds at one place of the x axis. */
export interface Spot {
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** A norm's curve through the means, with a band from the least to the greatest. */
export function curve(norm: NormName, spots: readonly Spot[], x: Scale, y: Scale): string {
  const { className, dash } = LOOKS[norm];
  const path = (points: readonly (readonly [number, number])[]): string =>
    points.map(([across, up], i) => `${i ? "L" : "M"}${short(place(x, across))} ${short(place(y, up))}`).join("");
  const edge = [...spots.map((one) => [one.x, one.high] as const), ...spots.toReversed().map((one) => [one.x, one.low] as const)];
  return `<g class="norm ${className}"><path class="band" d="${path(edge)}z"/><path class="curve"${dash && ` stroke-dasharray="${dash}"`} d="${path(spots.map((one) => [one.x, one.mean] as const))}"/></g>`;
}

/** A mark at a mean, with a whisker from the least to the greatest. */
export function whisker(norm: NormName, { mean, low, high }: Spot, at: number, y: Scale, title: string): string {
  const { className, mark } = LOOKS[norm];
  return `<g class="norm ${className}"><title>${escape(title)}</title><path class="stroke" d="M${short(at)} ${short(place(y, low))}V${short(place(y, high))}"/>${mark(at, place(y, mean))}</g>`;
}

/** Mark, line and name of each norm. */
export function legend(norms: readonly NormName[], labels: Readonly<Record<NormName, string>>, left: number, y: number): string {
  let x = left;
  return norms
    .map((norm) => {
      const { className, dash, mark } = LOOKS[norm];
      const key = `<g class="norm ${className}"><path class="curve"${dash && ` stroke-dasharray="${dash}"`} d="M${x} ${y}h34"/>${mark(x + 17, y)}</g>${text(x + 42, y + 4, labels[norm])}`;
      x += 66 + 7.5 * labels[norm].length;
      return key;
    })
    .join("\n  ");
}

/** Lines across a panel with their values beside them. */
export function rules(x: Scale, y: Scale, ticks: readonly number[], say: (value: number) => string): string {
  return ticks
    .map((tick) => {
      const up = short(place(y, tick));
      return `<line class="grid" x1="${x.at[0]}" x2="${x.at[1]}" y1="${up}" y2="${up}"/>${text(x.at[0] - 6, Number(up) + 4, say(tick), ' text-anchor="end" class="muted"')}`;
    })
    .join("\n  ");
}

/** Values below a panel. */
export function below(x: Scale, bottom: number, ticks: readonly number[]): string {
  return ticks.map((tick) => text(place(x, tick), bottom + 18, String(tick), ' text-anchor="middle" class="muted"')).join("\n  ");
}

export function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">
  <style>${STYLE}</style>
  ${text(16, 28, title, ' class="title"')}
  ${parts.join("\n  ")}
</svg>
`;
}
