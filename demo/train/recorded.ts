import figure from "../../docs/claim/finals.svg?url";
import record from "../../docs/claim/runs.json";
import { mean } from "../../bench/statistics.ts";
import { batchesOf, normsOf, type Run } from "../../claim/record.ts";
import { columnHeads, made } from "../shell/element.ts";
import { formatShare, laneHead } from "./lane-tables.ts";

/** The mean of the final accuracies of these runs, and the least and the greatest, in words. */
function finals(runs: readonly Run[]): string {
  const shares = runs.map(({ accuracy }) => accuracy.at(-1)![1]!);
  if (shares.length === 0) return "–";
  return `${formatShare(mean(shares))} (${formatShare(Math.min(...shares))} to ${formatShare(Math.max(...shares))})`;
}

/** Shows the recorded result: its figure, and the figure's numbers as a table. */
export function showRecorded(elements: { image: HTMLImageElement; words: HTMLElement; table: HTMLTableElement }): void {
  const runs = record.runs as unknown as readonly Run[];
  const batches = batchesOf(runs);
  const seeds = new Set(runs.map(({ seed }) => seed)).size;
  const { adapter, samples, network } = record;
  elements.words.textContent = `Recorded by npm run claim on ${adapter.name}${adapter.software ? ", a software adapter" : ""}: ${runs.length} runs of this network, ${seeds} seeds, ${samples.toLocaleString("en")} digits each; share of ${network.testDigits.toLocaleString("en")} test digits told right at the end, mean (least to greatest).`;
  elements.image.src = figure;
  elements.table.tHead!.replaceChildren(columnHeads([["Lane", ""], ...batches.map((batch) => [`Batch ${batch}`, "number"] as const)]));
  elements.table.tBodies[0]!.replaceChildren(
    ...normsOf(runs).map((norm) => {
      const row = made("tr");
      row.append(laneHead(norm), ...batches.map((batch) => made("td", finals(runs.filter((run) => run.norm === norm && run.batch === batch)), "number")));
      return row;
    }),
  );
}
