import { peerName } from "../../bench/peer-names.ts";
import { escape } from "../../bench/svg.ts";
import type { Row } from "./row.ts";
import { describeData, formatShare } from "./text.ts";

/** The colours of a chart: of the page, or of a picture of it. */
export const PAINTS = ["card", "sunken", "ink", "muted", "line", "accent", "bad"] as const;
export type Paints = Readonly<Record<(typeof PAINTS)[number], string>>;

/** The colours of the page as it stands, light or dark. */
export const PAGE_PAINTS = Object.fromEntries(PAINTS.map((name) => [name, `var(--${name})`])) as unknown as Paints;

export const FONT = "system-ui, sans-serif";
export const FONT_SIZE = 13;

/** Where things stand, by the width that there is. */
interface Frame {
  readonly left: number;
  readonly right: number;
  readonly step: number;
  readonly bar: number;
  /** Labels stand above their bars, not beside them. */
  readonly isNarrow: boolean;
  readonly top: number;
  readonly width: number;
}

const NARROW = 640;
/** Room for the words beside a bar of full length. */
const ROOM = 56;

function frameOf(width: number, top: number): Frame {
  const isNarrow = width < NARROW;
  const left = isNarrow ? 0 : Math.min(380, Math.round(width * 0.36));
  return { width, top, isNarrow, left, right: width - ROOM, step: isNarrow ? 62 : 26, bar: isNarrow ? 12 : 16 };
}

/** The largest share of the scale: the copy, and more where something was faster than it. */
function mostOf(rows: readonly Row[]): number {
  return Math.min(1.5, Math.max(1, ...rows.map(({ result }) => result?.shareOfCopy ?? 0)));
}

/** A number of at most one decimal. */
function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function text(x: number, y: number, content: string, fill: string, more = ""): string {
  return `<text x="${n(x)}" y="${n(y)}" fill="${fill}"${more}>${escape(content)}</text>`;
}

/** A mark for each library, told apart by its shape. */
const MARKS: readonly ((x: number, y: number) => string)[] = [
  (x, y) => `M${n(x - 4)} ${n(y - 4)}h8v8h-8z`,
  (x, y) => `M${n(x)} ${n(y - 5)}l5 9h-10z`,
  (x, y) => `M${n(x)} ${n(y - 5.5)}l5.5 5.5-5.5 5.5-5.5-5.5z`,
  (x, y) => `M${n(x - 5)} ${n(y - 4)}h10l-5 9z`,
];

/** The libraries that were measured beside ours, in the order of their marks. */
export function peersIn(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap(({ result }) => result?.peers.map(({ name }) => name) ?? []))];
}

function mark(name: string, names: readonly string[], x: number, y: number, paints: Paints): string {
  return `<path d="${MARKS[names.indexOf(name) % MARKS.length]!(x, y)}" fill="${paints.ink}" stroke="${paints.card}" stroke-width="1.5"/>`;
}

function rowMarkup(row: Row, i: number, frame: Frame, most: number, names: readonly string[], paints: Paints): string {
  const { left, right, step, bar, isNarrow, top } = frame;
  const { result, case: one } = row;
  const y = top + step * i;
  const middle = isNarrow ? y + 44 : y + step / 2;
  const scale = (share: number): number => left + ((right - left) * Math.min(share, most)) / most;
  const data = describeData(one);
  const label = isNarrow
    ? text(0, y + 13, one.layer, paints.ink) + text(0, y + 31, data, paints.muted)
    : `<text x="${left - 12}" y="${n(middle + 4.5)}" text-anchor="end"><tspan fill="${paints.ink}">${escape(one.layer)}</tspan><tspan fill="${paints.muted}" dx="6">${escape(data)}</tspan></text>`;
  const track = `<rect x="${left}" y="${n(middle - bar / 2)}" width="${n(scale(1) - left)}" height="${bar}" rx="3" fill="${paints.sunken}"/>`;
  // Where labels stand in the way of one line for all, each bar has its piece of it.
  const ceiling = isNarrow ? `<path d="M${n(scale(1))} ${n(middle - bar)}V${n(middle + bar)}" stroke="${paints.ink}" stroke-width="1.5"/>` : "";
  if (!result) return label + track + ceiling + (row.isRunning ? text(left + 6, middle + 4, "measuring …", paints.muted) : "");
  const end = scale(result.shareOfCopy);
  const fill = result.isWrong ? paints.bad : paints.accent;
  return [
    label,
    track,
    `<rect x="${left}" y="${n(middle - bar / 2)}" width="${n(Math.max(1, end - left))}" height="${bar}" rx="3" fill="${fill}"/>`,
    ...result.peers.map(({ name, shareOfCopy }) => mark(name, names, scale(shareOfCopy), middle, paints)),
    ceiling,
    text(frame.width, middle + 4.5, formatShare(result.shareOfCopy), paints.ink, ' text-anchor="end"'),
  ].join("");
}

/** Words above the chart, and the marks of other libraries. */
function legend(names: readonly string[], frame: Frame, paints: Paints, y: number): { markup: string; height: number } {
  let [x, line] = [0, y];
  const parts: string[] = [];
  const add = (sign: (x: number, y: number) => string, words: string): void => {
    const width = 44 + words.length * 6.6;
    if (x > 0 && x + width > frame.width) [x, line] = [0, line + 22];
    parts.push(sign(x + 7, line), text(x + 18, line + 4.5, words, paints.muted));
    x += width;
  };
  add((at, middle) => `<rect x="${at - 7}" y="${middle - 5}" width="14" height="10" rx="2" fill="${paints.accent}"/>`, "normgpu");
  add((at, middle) => `<path d="M${at} ${middle - 7}v14" stroke="${paints.ink}" stroke-width="1.5"/>`, "a copy of the same bytes");
  for (const name of names) add((at, middle) => mark(name, names, at, middle, paints), peerName(name));
  return { markup: parts.join(""), height: line - y + 22 };
}

/**
 * A bar a case: the share of the device's own copy speed that the call reaches, with marks for other libraries, as SVG text without styles of its own. @param width in CSS pixels @param title words
 * above it, as a picture needs them
 */
export function chart(rows: readonly Row[], width: number, paints: Paints, title: readonly string[] = []): string {
  const names = peersIn(rows);
  const start = title.length ? 14 + title.length * 20 : 0;
  const signs = legend(names, frameOf(width, 0), paints, start + 10);
  const top = start + signs.height + 12;
  const frame = frameOf(width, top);
  const most = mostOf(rows);
  const bottom = top + frame.step * rows.length;
  const scale = (share: number): number => frame.left + ((frame.right - frame.left) * share) / most;
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const line = (share: number, paint: string, stroke: number): string =>
    `<path d="M${n(scale(share))} ${top}V${n(bottom + 4)}" stroke="${paint}" stroke-width="${stroke}"/>`;
  const anchor = (share: number): string => ` text-anchor="${share === 0 && frame.isNarrow ? "start" : "middle"}"`;
  const height = bottom + 28;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${n(height)}" viewBox="0 0 ${width} ${n(height)}" font-family="${FONT}" font-size="${FONT_SIZE}">`,
    ...title.map((words, i) => text(0, 14 + i * 20, words, i ? paints.muted : paints.ink, i ? "" : ' font-size="16" font-weight="600"')),
    signs.markup,
    ...(frame.isNarrow ? [] : ticks.slice(0, 4).map((share) => line(share, paints.line, 1))),
    ...rows.map((row, i) => rowMarkup(row, i, frame, most, names, paints)),
    frame.isNarrow ? "" : line(1, paints.ink, 1.5),
    ...ticks.map((share) => text(scale(share), bottom + 20, `${share * 100} %`, paints.muted, anchor(share))),
    "</svg>",
  ].join("\n");
}

/** The chart in a sentence, for those who do not see it; the table has every figure. */
export function describeChart(rows: readonly Row[]): string {
  const shares = rows.flatMap(({ result }) => (result ? [{ share: result.shareOfCopy, id: result.id }] : []));
  if (shares.length === 0) return "A bar for each case: nothing has been measured yet.";
  const sorted = shares.toSorted((a, b) => a.share - b.share);
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  return `A bar for each case, by its share of a copy's speed: ${shares.length} of ${rows.length} measured, from ${formatShare(least.share)} (${least.id}) to ${formatShare(most.share)} (${most.id}).`;
}
