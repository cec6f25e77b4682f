/** A number of at most two decimals. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** A text of an SVG picture; `extra` are further attributes, a space before each. */
export function text(x: number, y: number, content: string, extra = ""): string {
  return `<text x="${short(x)}" y="${short(y)}"${extra}>${escape(content)}</text>`;
}
