import { made } from "../see/text.ts";
import { NORMS } from "./norms.ts";
import { swatch } from "./swatch.ts";
import type { LaneRecord, Training } from "./training.ts";

const NONE = "–";

export function formatLoss(value: number): string {
  return value.toFixed(2);
}

export function formatShare(value: number): string {
  return `${Math.round(value * 1000) / 10} %`;
}

function last(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

function cells(record: LaneRecord, training: Training): string[] {
  const [loss, accuracy] = [last(record.loss), last(record.accuracy)];
  return [
    record.hasDiverged ? "diverged" : loss === null ? NONE : formatLoss(loss),
    accuracy === null ? NONE : formatShare(accuracy),
    training.digits.toLocaleString("en"),
    record.pace === null ? NONE : `${record.pace.toFixed(record.pace < 10 ? 1 : 0)} ms`,
  ];
}

/** How the lanes stand: a row for each. */
export class LaneTable {
  readonly #body: HTMLElement;

  constructor(table: HTMLTableElement) {
    this.#body = table.tBodies[0]!;
  }

  show(training: Training): void {
    const { records } = training;
    if (this.#body.children.length !== records.length || this.#body.dataset["lanes"] !== training.options.norms.join()) this.#fill(training);
    for (const [i, record] of records.entries()) {
      const row = this.#body.children[i]!;
      cells(record, training).forEach((text, column) => {
        const cell = row.children[column + 1]!;
        if (cell.textContent !== text) cell.textContent = text;
      });
    }
  }

  #fill({ records, options }: Training): void {
    this.#body.dataset["lanes"] = options.norms.join();
    this.#body.replaceChildren(
      ...records.map(({ norm }) => {
        const row = made("tr");
        const name = Object.assign(made("th"), { scope: "row" });
        name.append(swatch(norm), ` ${NORMS[norm]}`);
        row.append(name, ...Array.from({ length: 4 }, () => made("td", "", "number")));
        return row;
      }),
    );
  }
}

/** The curves as numbers: a row for each test. */
export function fillCurveTable(table: HTMLTableElement, training: Training): void {
  const { tests, rounds, records } = training;
  const head = made("tr");
  head.append(
    ...["Digits", ...records.flatMap(({ norm }) => [`${NORMS[norm]}: loss`, `${NORMS[norm]}: told right`])].map((text, i) =>
      Object.assign(made("th", text, i ? "number" : ""), { scope: "col" }),
    ),
  );
  table.tHead!.replaceChildren(head);
  table.tBodies[0]!.replaceChildren(
    ...tests.map((digits, i) => {
      const row = made("tr");
      const round = rounds.indexOf(digits);
      row.append(
        Object.assign(made("th", digits.toLocaleString("en")), { scope: "row" }),
        ...records.flatMap(({ loss, accuracy }) => {
          const [of, share] = [loss[round] ?? null, accuracy[i] ?? null];
          return [of === null ? NONE : formatLoss(of), share === null ? NONE : formatShare(share)].map((text) => made("td", text, "number"));
        }),
      );
      return row;
    }),
  );
}
