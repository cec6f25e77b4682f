import type { StatisticsView } from "../core/statistics-view.ts";
import type { BackwardRequest } from "./backward-request.ts";
import type { Capabilities } from "./capabilities.ts";
import { cost } from "./cost.ts";
import type { Plan } from "./plan.ts";
import type { ForwardRequest } from "./request.ts";
import { isSoftware } from "./teams.ts";
import { COLUMN_RUN, SHORTEST_RUN, SPLIT_LEAST, LATE_MARGIN } from "./thresholds.ts";

/**
 * The ways to plan a request that the model ranks and the tuner times. All give results within the same bound.
 *
 * `row/...`: whole rows by teams of that kind, an invocation taking one or four at once; what fits is held in registers, the rest is read twice. `run`: slices, a merge, an apply (forward), or the
 * general kernels of gradients (backward). `column`: whole columns in one dispatch; `column/split`: slices of columns, a merge, an apply.
 */
export const CHOICES = ["row/invocation/1", "row/invocation/4", "row/subgroup", "row/workgroup", "run", "column", "column/split"] as const;
export type Choice = (typeof CHOICES)[number];

/** A request of either direction, and which it is. */
export type Tunable =
  | { readonly direction: "forward"; readonly request: ForwardRequest }
  | { readonly direction: "backward"; readonly request: BackwardRequest };

/** Ways of taking whole rows. */
export type RowChoice = Extract<Choice, `row/${string}`>;

export function isRowChoice(choice: Choice): choice is RowChoice {
  return choice.startsWith("row/");
}

function rowChoices({ subgroups }: Capabilities): RowChoice[] {
  return ["row/invocation/4", "row/invocation/1", ...(subgroups ? (["row/subgroup"] as const) : []), "row/workgroup"];
}

/** The ways that can plan a forward request whose axes need no reordering. */
export function forwardChoices(request: ForwardRequest, capabilities: Capabilities): Choice[] {
  const { view, statistics, running, applies } = request;
  const { repeats, kept } = view;
  const run = walkedRun(request, capabilities);
  // What is given is not summed, so nothing is gained by other ways.
  if (statistics === "fixed" || statistics === "given") return [run >= SHORTEST_RUN || kept === 1 ? "run" : "column/split"];
  if (repeats > 1 || kept > 1) {
    if (run >= SHORTEST_RUN || kept * run === 1) return ["run"];
    return run === 1 && !running && applies ? ["column", "column/split"] : ["column/split"];
  }
  // Running statistics are moved by the merge, and statistics alone are what it gives.
  if (running || !applies) return ["run"];
  return [...rowChoices(capabilities), ...(splits(run, capabilities) ? (["run"] as const) : [])];
}

/** The run as the choice of a walk counts it: shorter where columns are better, longer where planes are taken as lanes of the tensor however short they are. */
function walkedRun(request: ForwardRequest, capabilities: Capabilities): number {
  const { run } = request.view;
  if (isColumnRun(request, capabilities)) return Math.min(run, SHORTEST_RUN - 1);
  return run < SHORTEST_RUN && request.walks.flat?.fits(request, capabilities) ? SHORTEST_RUN : run;
}

/** True where a CPU walks a run of channels down its columns, however long it is: gamma and beta change from value to value, and are loaded once a column in place of once a value. */
function isColumnRun({ view, parameters }: ForwardRequest, capabilities: Capabilities): boolean {
  const varies = [parameters.gamma, parameters.beta].some((strides) => strides && view.axes.run.some((axis) => strides[axis] !== 0));
  return isSoftware(capabilities) && varies && view.repeats >= COLUMN_RUN.repeats && view.run <= COLUMN_RUN.values;
}

/** The ways that can plan a backward request whose axes need no reordering. `isFused`: the fused kernels of rows can take it. */
export function backwardChoices({ view }: BackwardRequest, isFused: boolean, capabilities: Capabilities): Choice[] {
  if (!isFused) return ["run"];
  return [...rowChoices(capabilities), ...(splits(view.run, capabilities) ? (["run"] as const) : [])];
}

/** A row that is cut depends on how many stand beside it. */
function splits(run: number, { batchInvariant }: Capabilities): boolean {
  return run >= SPLIT_LEAST && !batchInvariant;
}

/** A way to plan a request, and what the model says of it. */
export interface Way {
  readonly choice: Choice;
  readonly plan: Plan;
  readonly cost: number;
}

/** The plans of these choices, the cheapest by the model first. */
export function ranked(view: StatisticsView, choices: readonly Choice[], capabilities: Capabilities, make: (choice: Choice) => Plan): Way[] {
  const ways = choices.map((choice) => ({ choice, plan: make(choice) }));
  const isLate = (choice: Choice): boolean => choice === "run" || (choice === "row/subgroup" && isSoftware(capabilities));
  const weight = (choice: Choice): number => (isLate(choice) ? LATE_MARGIN : 1);
  return ways.map((way) => ({ ...way, cost: cost(way.plan, view, capabilities) * weight(way.choice) })).toSorted((a, b) => a.cost - b.cost);
}

/** The cheapest plan by the model. A single one is not weighed. */
export function cheapest(view: StatisticsView, choices: readonly Choice[], capabilities: Capabilities, make: (choice: Choice) => Plan): Plan {
  return choices.length === 1 ? make(choices[0]!) : ranked(view, choices, capabilities, make)[0]!.plan;
}
