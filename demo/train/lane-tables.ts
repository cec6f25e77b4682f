import { columnHeads, made, rowHead } from "../shell/element.ts";
import { NORMS, type NormName } from "./norms.ts";
import { swatch } from "./swatch.ts";
import type { LaneRecord, Training } from "./training.ts";

const NONE = "–";

export function formatLoss(value: number): string {
  return value.toFixed(2);
}

export function formatShare(value: number): string {
  return `${Math.round(value * 1000) / 10} %`;
}

/** The last value that is known. */
export function last(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

/** The name of a lane at the head of its row, with a piece of its curve. */
export function laneHead(norm: NormName): HTMLTableCellElement {
  return rowHead(swatch(norm), ` ${NORMS[norm]}`);
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
        row.append(laneHead(norm), ...Array.from({ length: 4 }, () => made("td", "", "number")));
        return row;
      }),
    );
  }
}

/** The curves as numbers: a row for each test. */
export function fillCurveTable(table: HTMLTableElement, training: Training): void {
  const { tests, rounds, records } = training;
  const curves = records.flatMap(({ norm }) => [`${NORMS[norm]}: loss`, `${NORMS[norm]}: told right`]);
  table.tHead!.replaceChildren(columnHeads([["Digits", ""], ...curves.map((text) => [text, "number"] as const)]));
  table.tBodies[0]!.replaceChildren(
    ...tests.map((digits, i) => {
      const row = made("tr");
      const round = rounds.indexOf(digits);
      row.append(
        rowHead(digits.toLocaleString("en")),
        ...records.flatMap(({ loss, accuracy }) => {
          const [of, share] = [loss[round] ?? null, accuracy[i] ?? null];
          return [of === null ? NONE : formatLoss(of), share === null ? NONE : formatShare(share)].map((text) => made("td", text, "number"));
        }),
      );
      return row;
    }),
  );
}
