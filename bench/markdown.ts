import { peerName } from "./peer-names.ts";
import { fastest, type Entry } from "./measured.ts";
import { bestPeer, ratioOf, speedup, verdict, type CaseResult, type ColdStart, type Results } from "./results.ts";
import { geometricMean } from "./statistics.ts";

/** Milliseconds, or microseconds where they are few. */
export function formatTime(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toFixed(0)} µs`;
  return `${ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3)} ms`;
}

function formatSpread({ median, p10, p90 }: Entry): string {
  return `${formatTime(median)} (${formatTime(p10)}–${formatTime(p90)})`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Where the results come from, in a sentence. */
export function sourceText({ adapter, browser, machine, versions, repeats }: Results): string {
  const facts = [adapter.subgroups ? `subgroups of ${[...new Set(adapter.subgroups)].join(" to ")}` : "no subgroups", adapter.f16 ? "f16" : "no f16"];
  const kind = adapter.software ? ", a software adapter: a CPU runs the shaders" : "";
  const libraries = Object.entries(versions).map(([name, version]) => `${name === "normgpu" ? name : peerName(name)} ${version}`);
  return `${browser} on ${adapter.name}${kind} (${facts.join(", ")}); ${machine.cores} × ${machine.cpu}, ${machine.os}; ${libraries.join(", ")}; median of ${repeats} interleaved repeats (10th to 90th percentile), f32.`;
}

function row(one: CaseResult, all: readonly CaseResult[]): string {
  const held = verdict(one, all);
  const peer = bestPeer(one);
  const times = speedup(one);
  const limit = held && (one.target === null ? `${held.found.toFixed(2)} a byte, at most ${held.most} of ${one.beside!.id}` : `at most ${held.most}`);
  const ours = fastest(one.entries, "ours")!;
  return line([
    one.id,
    formatSpread(ours),
    formatTime(fastest(one.entries, "copy")!.median),
    one.ratios.length > 1 ? `${ratioOf(one).toFixed(2)} (${one.ratios.length} runs, to ${Math.max(...one.ratios).toFixed(2)})` : ratioOf(one).toFixed(2),
    limit ? `${limit}${held.met ? "" : " **missed**"}` : "",
    peer ? `${peerName(peer.name)} ${(peer.median / fastest(one.peerRun!.entries, "copy")!.median).toFixed(1)} copies` : "",
    times === null ? "" : `${times.toFixed(1)} ×`,
    ours.error!.toExponential(1),
    one.tuned ? `${one.plan}, tuned` : one.plan,
  ]);
}

/** Totals over the cases, as sentences. */
export function summary({ cases }: Results): string[] {
  const verdicts = cases.flatMap((one) => verdict(one, cases) ?? []);
  const speedups = cases.flatMap((one) => speedup(one) ?? []);
  const sentences = [`${verdicts.filter(({ met }) => met).length} of ${verdicts.length} bounds are met (within 5 %).`];
  if (speedups.length) {
    const ahead = speedups.filter((times) => times > 1).length;
    sentences.push(
      `Faster than every peer in ${ahead} of ${speedups.length} cases; in the geometric mean ${geometricMean(speedups).toFixed(2)} times as fast as the best peer of each.`,
    );
  }
  return sentences;
}

/** Parts of the page; a case stands in the first that it belongs to. */
const SECTIONS = [
  ["target", "Targets", "Each beside a copy of all inputs and outputs; on NHWC, beside the same values on NCHW."],
  ["neighbour", "Neighbours", "Shapes next to those: none may cost more than twice as much a byte."],
  ["latency", "Small calls and a whole network", "Time as it is: too little work for a comparison with a copy to say much."],
  ["page", "The main job", "The layers over the shapes of real networks, as the page runs them."],
] as const;

const HEAD = ["case", "time", "copy", "time / copy", "bound", "best peer", "as fast", "error", "plan: walk, team, workgroup, grid, dispatches"];

function table(rows: readonly string[]): string[] {
  return [line(HEAD), line(["---", ...HEAD.slice(1, -1).map(() => "---:"), "---"]), ...rows, ""];
}

function coldTable(cold: readonly ColdStart[]): string[] {
  const head = ["library", "import", "device", "first result", "total", "JavaScript, gzipped", "WebAssembly, gzipped"];
  const kilobytes = (bytes: number): string => (bytes ? `${(bytes / 1000).toFixed(0)} kB` : "");
  const rows = cold.map(({ name, importMs, deviceMs, firstMs, totalMs, javascriptBytes, wasmBytes }) =>
    line([peerName(name), ...[importMs, deviceMs, firstMs, totalMs].map(formatTime), kilobytes(javascriptBytes), kilobytes(wasmBytes)]),
  );
  return [line(head), line(["---", ...head.slice(1).map(() => "---:")]), ...rows, ""];
}

/** The results as a page of Markdown. `picture`: the file that shows them. */
export function markdown(results: Results, picture: string): string {
  const { adapter, cases, failures, cold } = results;
  const left = new Set(cases);
  const sections = SECTIONS.flatMap(([tag, title, about]) => {
    const own = [...left].filter(({ tags }) => tags.includes(tag));
    for (const one of own) left.delete(one);
    return own.length ? [`## ${title}`, "", about, "", ...table(own.map((one) => row(one, cases)))] : [];
  });
  const failed = failures.map(({ id, failed: why }) => line([id, `failed: ${why}`, ...HEAD.slice(2).map(() => "")]));
  return [
    `# Measured on ${adapter.name}${adapter.software ? " (software adapter)" : ""}`,
    "",
    sourceText(results),
    "",
    ...summary(results),
    "",
    `![Share of the speed of a copy, case by case](${picture})`,
    "",
    ...sections,
    ...(cold.length
      ? [
          "## Cold start",
          "",
          "From the import to the first result of LayerNorm 64x768, in a fresh browser, files from the same machine.",
          "",
          ...coldTable(cold),
        ]
      : []),
    ...(failed.length ? ["## Failed", "", ...table(failed)] : []),
  ].join("\n");
}
