import { PEER_NAMES, peerName } from "../../bench/peer-names.ts";
import { columnHeads, made, rowHead } from "../shell/element.ts";
import type { PeerResult, Result } from "./result.ts";
import type { Row } from "./row.ts";
import { describeData, formatError, formatRate, formatRatio, formatShare, formatSpread, formatTime } from "./text.ts";

/** A column after the first: its head, which stands before the value where the table is narrow, and the value. */
interface Column {
  readonly head: string;
  readonly className: string;
  readonly cell: (result: Result) => string;
}

export const COLUMNS: readonly Column[] = [
  { head: "Median", className: "number", cell: ({ ours }) => formatTime(ours.median) },
  { head: "p10 to p90", className: "number", cell: ({ ours }) => formatSpread(ours.p10, ours.p90) },
  { head: "Runs", className: "number", cell: ({ ours }) => String(ours.n) },
  { head: "GB/s", className: "number", cell: ({ gigabytesPerSecond }) => formatRate(gigabytesPerSecond) },
  { head: "Of copy", className: "number", cell: ({ shareOfCopy }) => formatShare(shareOfCopy) },
  { head: "Max error", className: "number", cell: errorText },
  { head: "First call", className: "number", cell: ({ firstMs }) => formatTime(firstMs) },
  { head: "Plan", className: "plan", cell: ({ plan }) => plan },
];

function errorText({ error, bound, isWrong }: Result): string {
  return isWrong ? `${formatError(error)}, beyond ${formatError(bound)}` : formatError(error);
}

/** Another library in words: how many times as fast ours is, or that it is wrong. */
export function peerText({ name, ratio, error }: PeerResult): string {
  return error <= PEER_BOUND ? `${formatRatio(ratio)} ${peerName(name)}` : `${peerName(name)} is off by ${formatError(error)}`;
}

/** Results beyond this error are no answer, whoever gave them. */
const PEER_BOUND = 1e-3;

/** The libraries that refused a case, in words. */
function refusedText({ refused, peers }: Result): string[] {
  const names = [...new Set(refused.map(({ name }) => name))].filter((name) => name in PEER_NAMES && !peers.some((peer) => peer.name === name));
  return names.map((name) => `${peerName(name)}: none`);
}

/** Every result as a row; what is not measured yet is there already, so that nothing moves when it comes. */
export class ResultTable {
  readonly #table: HTMLTableElement;
  readonly #shown = new Map<string, { row: Row; lines: number; element: HTMLTableRowElement }>();

  constructor(table: HTMLTableElement) {
    this.#table = table;
    const columns = COLUMNS.map(({ head, className }) => [head, className] as const);
    table.tHead!.append(columnHeads([["Case", ""], ...columns, ["Times as fast as", "peers"]]));
  }

  /** @param lines of other libraries in a row: none hides their column */
  show(rows: readonly Row[], lines: number): void {
    this.#table.classList.toggle("compared", lines > 0);
    const elements = rows.map((row) => this.#elementOf(row, lines));
    const body = this.#table.tBodies[0]!;
    if (body.rows.length !== elements.length || elements.some((one, i) => body.rows[i] !== one)) body.replaceChildren(...elements);
  }

  #elementOf(row: Row, lines: number): HTMLTableRowElement {
    const known = this.#shown.get(row.id);
    if (known && known.row.result === row.result && known.row.isRunning === row.isRunning && known.row.failed === row.failed && known.lines === lines)
      return known.element;
    const element = rowElement(row, lines);
    // A row in the page is changed in its place.
    known?.element.replaceWith(element);
    this.#shown.set(row.id, { row, lines, element });
    return element;
  }
}

function rowElement({ id, case: one, result, isRunning, failed }: Row, lines: number): HTMLTableRowElement {
  const row = made("tr", "", isRunning ? "running" : result || failed ? "" : "pending");
  row.dataset["id"] = id;
  row.append(rowHead(made("span", one.layer), made("small", describeData(one))));
  for (const { head, className, cell } of COLUMNS) {
    const value = made("td", result ? cell(result) : "–", className);
    value.dataset["label"] = head;
    if (head === "Max error" && result?.isWrong) value.classList.add("bad");
    if (head === "Plan" && !result) value.textContent = failed ?? (isRunning ? "measuring …" : "not measured");
    row.append(value);
  }
  const peers = made("td", "", "peers");
  peers.dataset["label"] = "Times as fast as";
  const words = result ? [...result.peers.map(peerText), ...refusedText(result)] : [];
  // As many lines as there will be.
  const none = Array.from({ length: Math.max(1, lines) }, () => "–");
  peers.append(...(words.length ? words : none).map((text) => made("div", text)));
  row.append(peers);
  return row;
}
