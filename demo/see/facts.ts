import type { Gpu, Plan } from "../../src/index.ts";
import { adapterName } from "../shell/device.ts";
import type { Computed } from "./live.ts";
import type { Moments } from "./sample.ts";
import { made } from "../shell/element.ts";
import { formatMean, formatNumber } from "./text.ts";

/** The bound on the error of f32 outputs: docs/decisions.md, "Statistics that the data cannot spoil". */
const ERROR_BOUND = 4e-6;

/** What computed, and how far it is from the reference. */
export function describeRun({ gpu, error, outcome }: Computed): { engine: string; distance: string } {
  if (!gpu || !outcome.plan)
    return { engine: "The float64 reference, on the CPU: there is no WebGPU device.", distance: "The reference is what GPU results are held against." };
  const count = outcome.plan.dispatches.length;
  const engine = `${deviceOf(gpu)}, ${count} dispatch${count > 1 ? "es" : ""}.`;
  if (error === null) return { engine, distance: "Largest error against the float64 reference: …" };
  const verdict = error <= ERROR_BOUND ? "within" : "BEYOND";
  return { engine, distance: `Largest error against the float64 reference: ${formatNumber(error)}, ${verdict} the bound of ${formatNumber(ERROR_BOUND)}.` };
}

function deviceOf(gpu: Gpu): string {
  return gpu.adapter.software ? `${adapterName(gpu)}, a software adapter (a CPU runs the shaders)` : adapterName(gpu);
}

/** The plan that the dispatcher picked, as a table of its dispatches. */
export function planTable(plan: Plan): HTMLElement[] {
  const words = made("p", `Walk: ${plan.walk}. Team of a statistic: ${plan.team}. Moves ${Math.ceil(plan.bytesMoved / 1024)} KiB.`);
  const table = made("table");
  const head = made("tr");
  for (const [i, name] of ["Dispatch", "Workgroup", "Grid"].entries()) head.append(Object.assign(made("th", name, i ? "number" : ""), { scope: "col" }));
  const body = made("tbody");
  for (const { kernel, overrides, grid, variant } of plan.dispatches) {
    const row = made("tr");
    const name = made("th", `${kernel}, ${variant.lane === 4 ? "four values" : "one value"} a lane`);
    name.scope = "row";
    row.append(name, made("td", String(overrides["WORKGROUP"] ?? ""), "number"), made("td", grid.join(" × "), "number"));
    body.append(row);
  }
  table.append(made("thead"), body);
  table.tHead!.append(head);
  const frame = made("div", "", "table-frame");
  frame.append(table);
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", "Dispatches");
  return [words, frame];
}

/** One statistic of the table of all. */
export interface StatisticRow {
  readonly name: string;
  /** What the layer found: mean (where it takes one) and deviation, root mean square or norm. */
  readonly found: readonly number[];
  readonly after: Moments;
}

/** Fills the table of all statistics. @param names of what the layer found */
export function fillStatistics(table: HTMLTableElement, names: readonly string[], rows: readonly StatisticRow[]): void {
  const head = made("tr");
  for (const [i, name] of ["Values", ...names, "mean after", "std after"].entries())
    head.append(Object.assign(made("th", name, i ? "number" : ""), { scope: "col" }));
  table.tHead!.replaceChildren(head);
  table.tBodies[0]!.replaceChildren(
    ...rows.map(({ name, found, after }, at) => {
      const row = made("tr");
      row.dataset["at"] = String(at);
      row.append(Object.assign(made("th", name), { scope: "row" }));
      const before = found.length === 2 ? [formatMean({ mean: found[0]!, deviation: found[1]! }), formatNumber(found[1]!)] : found.map(formatNumber);
      for (const text of [...before, formatMean(after), formatNumber(after.deviation)]) row.append(made("td", text, "number"));
      return row;
    }),
  );
}

/** Marks the row of the lit statistic. */
export function lightRow(table: HTMLTableElement, at: number): void {
  for (const row of table.tBodies[0]!.rows) row.classList.toggle("lit", row.dataset["at"] === String(at));
}
