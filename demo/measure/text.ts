import type { Case } from "../../bench/cases.ts";

/** Milliseconds, or microseconds where they are few: `843 µs`, `14.3 ms`, `1204 ms`. */
export function formatTime(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toFixed(ms < 0.01 ? 1 : 0)} µs`;
  return `${ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3)} ms`;
}

/** A spread in the unit of its upper end: `12.9 to 15.5 ms`. */
export function formatSpread(low: number, high: number): string {
  const isSmall = high < 1;
  const number = (ms: number): string => (isSmall ? (ms * 1000).toFixed(high < 0.01 ? 1 : 0) : ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3));
  return `${number(low)} to ${number(high)} ${isSmall ? "µs" : "ms"}`;
}

/** A share of one: `58 %`, `0.4 %`. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function formatRate(gigabytesPerSecond: number): string {
  return gigabytesPerSecond >= 100 ? gigabytesPerSecond.toFixed(0) : gigabytesPerSecond.toPrecision(3);
}

/** A small number as `1.2e−6`, with a real minus. */
export function formatError(error: number): string {
  if (error === 0) return "0";
  return Number.isFinite(error) ? error.toExponential(1).replace("-", "−") : "not a number";
}

/** How many times as fast: `12 ×`, `1.3 ×`. */
export function formatRatio(ratio: number): string {
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio.toPrecision(2)} ×`;
}

/** Words in lines of at most this width, where a word is not wider itself. */
export function wrapped(words: string, width: number, widthOf: (line: string) => number): string[] {
  const lines: string[] = [];
  for (const word of words.split(" ")) {
    const line = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && widthOf(line) <= width) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}

/** Shape, layout and type of a case's x: `8×64×56×56 NCHW f32`. */
export function describeData({ shape, layout, dtype }: Case): string {
  return [shape.join("×"), layout === "rows" ? "" : layout, dtype].filter(Boolean).join(" ");
}
