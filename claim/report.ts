import { mean, standardDeviation } from "../bench/statistics.ts";
import { NORMS } from "../demo/train/norms.ts";
import { batchesOf, normsOf, CHECKED, nameOf, type ClaimRecord, type Run } from "./record.ts";
import { finalAccuracy, findings, intervalText, runsOf, verdictSentences, type Finding } from "./verdict.ts";

const BEGIN = "<!-- results: written by npm run claim -->";
const END = "<!-- end of results -->";

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [line(head), line(["---", ...head.slice(1).map(() => "---:")]), ...rows.map(line), ""];
}

/** Mean, standard deviation and extremes of some runs' final accuracy. */
export function accuracyText(runs: readonly Run[]): string {
  const values = runs.map((run) => 100 * finalAccuracy(run));
  if (values.length === 0) return "not run";
  const lost = runs.filter(({ divergedAt }) => divergedAt !== null).length;
  const more = lost ? `; ${lost} of ${runs.length} diverged` : "";
  if (values.length === 1) return `${values[0]!.toFixed(1)} (one seed${more})`;
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  return `**${mean(values).toFixed(1)}** ± ${standardDeviation(values).toFixed(1)} (${least.toFixed(1)}–${greatest.toFixed(1)}, n ${values.length}${more})`;
}

function accuracyTable({ runs }: ClaimRecord): string[] {
  const batches = batchesOf(runs);
  const rows = normsOf(runs).map((norm) => [NORMS[norm], ...batches.map((batch) => accuracyText(runsOf(runs, [norm, batch])))]);
  return table(["Test accuracy, %", ...batches.map((batch) => `batch ${batch}`)], rows);
}

/** The figures of the curves: a table beside the picture. */
function courseTable({ runs }: ClaimRecord): string[] {
  const places = [...new Set(runs.filter(({ divergedAt }) => divergedAt === null).flatMap(({ accuracy }) => accuracy.map(([seen]) => seen)))].toSorted((a, b) => a - b); // prettier-ignore
  const rows = batchesOf(runs).flatMap((batch) =>
    normsOf(runs).map((norm) => {
      const own = runsOf(runs, [norm, batch]);
      const at = places.map((place) => own.flatMap(({ accuracy }) => accuracy.find(([seen]) => seen === place)?.[1] ?? []));
      const losses = own.flatMap(({ loss }) => loss.at(-1)?.[1] ?? []);
      const rates = [...new Set(own.map(({ learningRate }) => learningRate))];
      return [
        `${NORMS[norm]}, batch ${batch}`,
        rates.join(", "),
        ...at.map((values) => (values.length ? (100 * mean(values)).toFixed(1) : "")),
        losses.length ? mean(losses).toFixed(3) : "",
      ];
    }),
  );
  return table(["Lane", "learning rate", ...places.map((place) => `% after ${place}`), "last loss"], rows);
}

function findingTable(found: readonly Finding[]): string[] {
  const rows = found.map(({ paper, claim, difference, found: apart, outcome }) => [`${claim} (${paper})`, difference, intervalText(apart), outcome]);
  return table(["The papers say", "points of accuracy", "mean (95 % interval)", "here"], rows);
}

function sourceText({ adapter, browser, machine, versions, samples, network, runs }: ClaimRecord): string {
  const days = [...new Set(runs.map(({ finished }) => finished.slice(0, 10)))].toSorted();
  const minutes = runs.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  const kind = adapter.software ? ", a software adapter: a CPU runs the shaders" : "";
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `\`npm run claim -- --samples ${samples}\`, ${days.join(" to ")}: ${runs.length} runs in ${minutes.toFixed(0)} minutes, each of ${samples} digits, with ${network.testDigits} others as test. ${browser} on ${adapter.name}${kind}; ${machine.cores} × ${machine.cpu}, ${machine.os}; ${libraries.join(", ")}. Network ${network.version}: ${network.text}`;
}

function missing(runs: readonly Run[]): string[] {
  const seeds = [...new Set(runs.map(({ seed }) => seed))].toSorted((a, b) => a - b);
  const gone = seeds.flatMap((seed) => batchesOf(runs).flatMap((batch) => normsOf(runs).map((norm) => ({ norm, batch, seed }))));
  const done = new Set(runs.map(nameOf));
  const names = gone.map(nameOf).filter((name) => !done.has(name));
  return names.length ? [`Not run yet: ${names.join("; ")}. The same command goes on with them.`, ""] : [];
}

function diverged(runs: readonly Run[]): string[] {
  const lost = runs.filter(({ divergedAt }) => divergedAt !== null);
  return lost.length ? [`Diverged, and counted with the accuracy that was left: ${lost.map((run) => `${nameOf(run)} (after ${run.divergedAt} digits)`).join("; ")}.`, ""] : []; // prettier-ignore
}

/** What was measured, as Markdown; `curves` and `finals` are the files of the pictures. */
export function results(record: ClaimRecord, { curves, finals }: { curves: string; finals: string }): string {
  const { runs } = record;
  if (runs.length === 0) return "No run has ended yet.\n";
  const found = findings(runs);
  return [
    sourceText(record),
    "",
    ...missing(runs),
    "Final test accuracy: mean ± standard deviation over seeds (least–greatest, number of seeds).",
    "",
    ...accuracyTable(record),
    ...diverged(runs),
    `![Final test accuracy over batch size, norm by norm](${finals})`,
    "",
    ...verdictSentences(found).map((sentence) => `- ${sentence}`),
    "",
    ...findingTable(found),
    `![Test accuracy and training loss over digits seen, a row of panels for each batch size](${curves})`,
    "",
    `Means over seeds; accuracy on the way is of ${CHECKED} test digits, the final one of all ${record.network.testDigits}.`,
    "",
    ...courseTable(record),
  ].join("\n");
}

/**
 * A page with its part between the markers replaced; a page of its own where there is none yet.
 * @throws Error where the markers are missing
 */
export function filled(page: string | null, section: string): string {
  if (page === null) return `# Norms and batch size\n\n${BEGIN}\n\n${section}\n${END}\n`;
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no part between "${BEGIN}" and "${END}" to write into`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${section}\n${page.slice(end)}`;
}
