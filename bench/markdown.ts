import { fastest, type Entry } from "./measured.ts";
import { bestPeer, ratioOf, speedup, verdict, type CaseResult, type Results } from "./results.ts";
import { geometricMean } from "./statistics.ts";

const PEER_NAMES: Readonly<Record<string, string>> = {
  "onnxruntime-web": "onnxruntime-web",
  "onnxruntime-web-jsep": "onnxruntime-web (JSEP)",
  tfjs: "TensorFlow.js",
  "jax-js": "jax-js",
};

/** A peer's name as people know it. */
export function peerName(name: string): string {
  return PEER_NAMES[name] ?? name;
}

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
    one.ratios.length > 1 ? `${ratioOf(one).toFixed(2)} (best of ${one.ratios.length}: ${Math.min(...one.ratios).toFixed(2)})` : ratioOf(one).toFixed(2),
    limit ? `${limit}${held.met ? "" : " **missed**"}` : "",
    peer ? `${peerName(peer.name)} ${formatTime(peer.median)}` : "",
    times === null ? "" : `${times.toFixed(1)} ×`,
    ours.error!.toExponential(1),
    one.plan,
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

/** The results as a page of Markdown. `picture`: the file that shows them. */
export function markdown(results: Results, picture: string): string {
  const { cases, failures } = results;
  const head = ["case", "time", "copy", "time / copy", "bound", "best peer", "as fast", "error", "plan: walk, team, workgroup, grid, dispatches"];
  return [
    `# Measured on ${results.adapter.name}${results.adapter.software ? " (software adapter)" : ""}`,
    "",
    sourceText(results),
    "",
    ...summary(results),
    "",
    `![Share of the speed of a copy, case by case](${picture})`,
    "",
    line(head),
    line(["---", ...head.slice(1, -1).map(() => "---:"), "---"]),
    ...cases.map((one) => row(one, cases)),
    ...failures.map(({ id, failed }) => line([id, `failed: ${failed}`, ...head.slice(2).map(() => "")])),
    "",
  ].join("\n");
}
