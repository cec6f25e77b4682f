import { version } from "../../package.json";
import type { Entry } from "../../bench/measured.ts";
import { peerName } from "../../bench/peer-names.ts";
import type { DeviceFacts } from "./facts.ts";
import type { Result } from "./result.ts";
import { describeData, formatError, formatRate, formatShare, formatSpread, formatTime } from "./text.ts";
import { peerText } from "./table.ts";

/** Version of the form of a downloaded file. */
export const SCHEMA = 1;

/** Where figures come from. */
export interface Origin {
  readonly adapter: DeviceFacts;
  readonly adapterName: string;
  /** What the browser says of itself. */
  readonly browser: string;
  readonly seed: number;
  /** What each figure is the median of. */
  readonly budget: string;
  /** When the run began, as ISO 8601. */
  readonly measured: string;
  /** The part of the address after #, which sets the page as it was. */
  readonly address: string;
  /** Versions of the libraries that were compared. */
  readonly peers: Readonly<Record<string, string>>;
}

function timing({ name: _name, error: _error, ...rest }: Entry) {
  return rest;
}

/** Every figure of a run as JSON text; times in milliseconds a call. */
export function toJson(origin: Origin, results: readonly Result[]): string {
  const cases = results.map((result) => {
    const {
      id,
      case: one,
      plan,
      bytes,
      bytesMoved,
      dispatches,
      firstMs,
      ours,
      copy,
      gigabytesPerSecond,
      shareOfCopy,
      errors,
      error,
      bound,
      isWrong,
      entries,
      refused,
    } = result;
    const { layer, shape, layout, direction, dtype } = one;
    return {
      id,
      layer,
      direction,
      shape,
      layout,
      dtype,
      plan,
      dispatches,
      bytes,
      bytesMoved,
      firstMs,
      time: timing(ours),
      copy: timing(copy),
      gigabytesPerSecond,
      shareOfCopy,
      errors,
      error,
      bound,
      isWithinBound: !isWrong,
      peers: result.peers,
      entries,
      refused,
    };
  });
  return `${JSON.stringify({ schema: SCHEMA, library: { name: "normgpu", version }, ...origin, cases }, null, 1)}\n`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

const HEAD = ["layer", "shape, layout, type", "median", "p10 to p90", "runs", "GB/s", "of copy", "max error", "first call", "plan"];

/** Where figures come from, in a sentence. */
export function sourceText({ adapter, adapterName, seed, budget, peers }: Origin): string {
  const kind = adapter.software ? ", a software adapter: a CPU runs the shaders" : "";
  const others = Object.entries(peers).map(([name, known]) => `, ${peerName(name)} ${known}`);
  return `normgpu ${version}${others.join("")} on ${adapterName}${kind}; ${budget}; seed ${seed}.`;
}

/** A run as a table of Markdown. */
export function toMarkdown(origin: Origin, results: readonly Result[]): string {
  const hasPeers = results.some(({ peers }) => peers.length);
  const head = hasPeers ? [...HEAD, "times as fast as"] : HEAD;
  const rows = results.map((result) => {
    const { case: one, ours, gigabytesPerSecond, shareOfCopy, error, bound, isWrong, firstMs, plan, peers } = result;
    const cells = [
      one.layer,
      describeData(one),
      formatTime(ours.median),
      formatSpread(ours.p10, ours.p90),
      String(ours.n),
      formatRate(gigabytesPerSecond),
      formatShare(shareOfCopy),
      isWrong ? `**${formatError(error)}, beyond ${formatError(bound)}**` : formatError(error),
      formatTime(firstMs),
      plan,
    ];
    return line(hasPeers ? [...cells, peers.map(peerText).join(", ")] : cells);
  });
  return [
    sourceText(origin),
    "",
    `${origin.browser}; ${origin.measured}. Of copy: time of a copy of the same bytes in the same minute / time of the call. Error: against a float64 reference, at most 4e−6 in f32.`,
    "",
    line(head),
    line(head.map((_, i) => (i < 2 || i > 8 ? "---" : "---:"))),
    ...rows,
    "",
  ].join("\n");
}
