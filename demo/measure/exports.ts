import { element } from "../shell/element.ts";
import { picture } from "./chart-view.ts";
import { sourceText, toJson, toMarkdown, type Origin } from "./report.ts";
import type { Result } from "./result.ts";
import type { Row } from "./row.ts";

/** What can be taken away from the page. */
export interface Taken {
  readonly origin: Origin;
  readonly rows: readonly Row[];
}

const BUTTONS = ["measure-copy", "measure-json", "measure-png"] as const;

/** The buttons that take results away: as text for a message, as a file of every figure, as a picture. */
export class Exports {
  readonly #take: () => Taken | null;

  constructor(take: () => Taken | null) {
    this.#take = take;
    this.#on("measure-copy", ({ origin }, results) => copy(toMarkdown(origin, results)));
    this.#on("measure-json", ({ origin }, results) => save(new Blob([toJson(origin, results)], { type: "application/json" }), "normgpu-measured.json"));
    this.#on("measure-png", async ({ origin, rows }) => {
      const measured = rows.filter(({ result }) => result);
      return save(await picture(measured, ["Share of the copy's speed", sourceText(origin)]), "normgpu-measured.png");
    });
  }

  /** The buttons work where something was measured. */
  set enabled(isEnabled: boolean) {
    for (const id of BUTTONS) element<HTMLButtonElement>(id).disabled = !isEnabled;
  }

  #on(id: (typeof BUTTONS)[number], work: (taken: Taken, results: readonly Result[]) => Promise<string> | string): void {
    element(id).addEventListener("click", async () => {
      const taken = this.#take();
      if (!taken) return;
      const told = element("measure-exported");
      try {
        told.textContent = await work(
          taken,
          taken.rows.flatMap(({ result }) => result ?? []),
        );
      } catch (error) {
        told.textContent = `That did not work (${error instanceof Error ? error.message : String(error)}).`;
      }
    });
  }
}

/** Puts a text on the clipboard, or where the browser does not let it, in sight and selected. */
async function copy(text: string): Promise<string> {
  const area = element<HTMLTextAreaElement>("measure-markdown");
  try {
    await navigator.clipboard.writeText(text);
    area.hidden = true;
    return "Copied as Markdown.";
  } catch {
    area.value = text;
    area.hidden = false;
    area.select();
    return "The browser does not let this page copy; the text is selected below.";
  }
}

/** Puts a file among the person's downloads. */
function save(blob: Blob, name: string): string {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  // The browser reads it after this task.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  return `${name} is among your downloads.`;
}
