import figure from "../../docs/claim/finals.svg?url";
import record from "../../docs/claim/runs.json";
import { made } from "../see/text.ts";
import { formatShare } from "./lane-tables.ts";
import { NORM_NAMES, NORMS } from "./norms.ts";
import { swatch } from "./swatch.ts";

/** What is used of a run of `npm run claim`. */
interface Run {
  readonly norm: string;
  readonly batch: number;
  /** Digits seen and the share of test digits told right; the last is the final one. */
  readonly accuracy: readonly (readonly number[])[];
}

/** The mean of the final accuracies of these runs, and the least and the greatest, in words. */
function finals(runs: readonly Run[]): string {
  const shares = runs.map(({ accuracy }) => accuracy.at(-1)![1]!);
  if (shares.length === 0) return "–";
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return `${formatShare(mean)} (${formatShare(Math.min(...shares))} to ${formatShare(Math.max(...shares))})`;
}

/** Shows the recorded result: its figure, and the figure's numbers as a table. */
export function showRecorded(elements: { image: HTMLImageElement; words: HTMLElement; table: HTMLTableElement }): void {
  const runs = record.runs as readonly Run[];
  const batches = [...new Set(runs.map(({ batch }) => batch))].toSorted((a, b) => a - b);
  const seeds = new Set(record.runs.map(({ seed }) => seed)).size;
  const { adapter, samples, network } = record;
  elements.words.textContent = `Recorded by npm run claim on ${adapter.name}${adapter.software ? ", a software adapter" : ""}: ${runs.length} runs of this network, ${seeds} seeds, ${samples.toLocaleString("en")} digits each; share of ${network.testDigits.toLocaleString("en")} test digits told right at the end, mean (least to greatest).`;
  elements.image.src = figure;
  const head = made("tr");
  head.append(...["Lane", ...batches.map((batch) => `Batch ${batch}`)].map((text, i) => Object.assign(made("th", text, i ? "number" : ""), { scope: "col" })));
  elements.table.tHead!.replaceChildren(head);
  elements.table.tBodies[0]!.replaceChildren(
    ...NORM_NAMES.filter((norm) => runs.some((run) => run.norm === norm)).map((norm) => {
      const row = made("tr");
      const name = Object.assign(made("th"), { scope: "row" });
      name.append(swatch(norm), ` ${NORMS[norm]}`);
      row.append(name, ...batches.map((batch) => made("td", finals(runs.filter((run) => run.norm === norm && run.batch === batch)), "number")));
      return row;
    }),
  );
}
