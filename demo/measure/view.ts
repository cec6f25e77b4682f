import type { Gpu } from "../../src/index.ts";
import { idOf, type Case } from "../../bench/cases.ts";
import { writeAddress } from "../shell/address.ts";
import { adapterName, type DeviceState } from "../shell/device.ts";
import { element } from "../shell/element.ts";
import { readState, writeState } from "../shell/fields.ts";
import type { Shell, View } from "../shell/view.ts";
import { BRIEF, THOROUGH, type Budget } from "./budget.ts";
import { casesOf } from "./catalog.ts";
import { ChartView } from "./chart-view.ts";
import { commanded } from "./command.ts";
import { showDevice } from "./device-card.ts";
import { Exports, type Taken } from "./exports.ts";
import { factsOf } from "./facts.ts";
import { describePeer, Peers } from "./peers.ts";
import { Presence } from "./presence.ts";
import type { Origin } from "./report.ts";
import type { Result } from "./result.ts";
import { rowsOf, type Row } from "./row.ts";
import type { Outcome } from "./runner.ts";
import { FIELDS, type MeasureState } from "./state.ts";
import { ResultTable } from "./table.ts";
import { table } from "./terminal.ts";
import { Ticks } from "./ticks.ts";

/** A run: what it found so far. */
interface Run {
  readonly origin: Origin;
  readonly results: Map<string, Result>;
  readonly failures: Map<string, string>;
}

/** Measure: the layers over the shapes of real networks, each held against the reference and timed beside a copy. */
class Measure implements View {
  readonly #shell: Shell;
  readonly #ticks: Ticks;
  readonly #table = new ResultTable(element<HTMLTableElement>("measure-table"));
  readonly #chart = new ChartView(element("measure-chart"));
  readonly #exports = new Exports(() => this.#taken());
  readonly #peers = new Peers((states) => {
    element("measure-peers").textContent = [...states].map(([word, state]) => describePeer(word, state)).join(" · ");
  });
  /** What `npm start` asks for. */
  readonly #command = asked();
  #hasObeyed = false;
  readonly #presence = new Presence();
  #isOpen = false;
  #state: MeasureState = readState(FIELDS, new URLSearchParams());
  #run: Run | null = null;
  /** Stops what is under way. */
  #stop: AbortController | null = null;
  #running: string | null = null;
  /** What became of the last run. */
  #outcome = "Nothing has run yet.";

  constructor(shell: Shell) {
    this.#shell = shell;
    const form = element<HTMLFormElement>("measure-form");
    this.#ticks = new Ticks(form, (part) => this.change(part));
    element("run").addEventListener("click", () => void this.#start(this.#cases, THOROUGH));
    element("stop").addEventListener("click", () => {
      this.#tell("Stops after the run that is under way …");
      this.#stop?.abort();
    });
    form.classList.remove("filling");
    shell.device.watch((state) => this.#follow(state));
  }

  open(params: URLSearchParams): void {
    // A run keeps its settings, whatever Back and Forward say.
    if (!this.#stop) this.#state = readState(FIELDS, params);
    this.change({});
    this.#presence.isShown = true;
    this.#isOpen = true;
    this.#obey();
  }

  close(): void {
    this.#presence.isShown = false;
  }

  /** Takes settings, shows them, and remembers them in the address. */
  change(part: Partial<MeasureState>): void {
    this.#state = { ...this.#state, ...part };
    this.#shell.remember(writeState(FIELDS, this.#state));
    this.#ticks.show(this.#state);
    this.#show();
  }

  get #gpu(): Gpu | null {
    const { state } = this.#shell.device;
    return state.kind === "ready" ? state.gpu : null;
  }

  get #cases(): readonly Case[] {
    return this.#command ?? casesOf(this.#state);
  }

  get #rows(): readonly Row[] {
    return rowsOf(this.#cases, this.#run?.results ?? new Map(), this.#run?.failures ?? new Map(), this.#running);
  }

  #follow(state: DeviceState): void {
    const missing = state.kind === "missing" || state.kind === "lost";
    showDevice(this.#gpu, state.kind === "opening" ? "looking for WebGPU …" : state.kind === "lost" ? "the device is lost" : "no WebGPU");
    // A run tells by itself that it ended with its device.
    if (missing && !this.#stop) this.#tell(state.fact);
    else if (state.kind === "ready" && !this.#stop && !this.#command) this.#tell(this.#outcome);
    if (missing && this.#command) reportFault(state.fact);
    this.#show();
    this.#obey();
  }

  #tell(text: string): void {
    element("status").textContent = text;
    if (this.#command) window.__progress?.(text);
  }

  #show(): void {
    const rows = this.#rows;
    const isRunning = this.#stop !== null;
    const measured = rows.filter(({ result }) => result).length;
    element("measure-count").textContent = `${rows.length} case${rows.length === 1 ? "" : "s"}${rows.length ? "" : ": tick something of every list"}`;
    element<HTMLButtonElement>("run").disabled = isRunning || !this.#gpu || rows.length === 0;
    element<HTMLButtonElement>("stop").disabled = !isRunning;
    this.#ticks.disabled = isRunning;
    this.#exports.enabled = measured > 0;
    this.#table.show(rows, Math.max(this.#state.compare.length, ...rows.map(({ result }) => result?.peers.length ?? 0)));
    this.#chart.show(rows);
  }

  #taken(): Taken | null {
    return this.#run && { origin: this.#run.origin, rows: this.#rows };
  }

  async #start(cases: readonly Case[], budget: Budget): Promise<void> {
    const gpu = this.#gpu;
    if (!gpu || this.#stop) return;
    const stop = new AbortController();
    this.#stop = stop;
    const progress = element<HTMLProgressElement>("progress");
    const began = performance.now();
    progress.max = cases.length;
    progress.value = 0;
    this.#show();
    try {
      // With every kernel: it loads when it is first wanted.
      const { runCases } = await import("./runner.ts");
      const peers = await this.#peers.open(this.#state.compare);
      this.#run = { origin: this.#origin(gpu, budget), results: new Map(), failures: new Map() };
      const { results, failures } = this.#run;
      const outcome = await runCases({ gpu, cases, seed: this.#state.seed, budget, peers, presence: this.#presence }, stop.signal, {
        begin: (one, done) => {
          this.#running = idOf(one);
          progress.value = done;
          this.#tell(`${done + 1} of ${cases.length}: ${idOf(one)}${leftText(began, done, cases.length)}`);
          this.#show();
        },
        result: (result) => void results.set(result.id, result),
        failed: (one, message) => void failures.set(idOf(one), message),
        waits: (absence) => this.#tell(absence ? `Paused: ${absence}.` : `Goes on: ${this.#running ?? ""}`),
      });
      progress.value = results.size + failures.size;
      this.#outcome = summary(this.#run, cases.length, outcome);
    } catch (error) {
      this.#outcome = error instanceof Error ? error.message : String(error);
    } finally {
      this.#tell(this.#outcome);
      this.#stop = null;
      this.#running = null;
      this.#show();
    }
  }

  #origin(gpu: Gpu, budget: Budget): Origin {
    const versions = [...this.#peers.states].flatMap(([word, state]) =>
      state.kind === "ready" && this.#state.compare.includes(word) ? [[word, state.version]] : [],
    );
    return {
      adapter: factsOf(gpu),
      adapterName: adapterName(gpu),
      browser: navigator.userAgent,
      seed: this.#state.seed,
      budget: budget.words,
      measured: new Date().toISOString(),
      address: writeAddress({ view: "measure", params: writeState(FIELDS, this.#state) }),
      peers: Object.fromEntries(versions) as Record<string, string>,
    };
  }

  /** Starts what build/start.mjs asks for, once, when there is a device. */
  #obey(): void {
    if (!this.#isOpen || !this.#gpu || !this.#command || this.#hasObeyed) return;
    this.#hasObeyed = true;
    void this.#report(this.#gpu, this.#command);
  }

  async #report(gpu: Gpu, cases: readonly Case[]): Promise<void> {
    await this.#start(cases, BRIEF);
    const { results, failures } = this.#run ?? { results: new Map<string, Result>(), failures: new Map<string, string>() };
    const ordered = cases.flatMap((one) => results.get(idOf(one)) ?? []);
    const wrong = ordered.filter(({ isWrong }) => isWrong).length;
    const missing = cases.length - ordered.length;
    window.__report?.({
      adapter: adapterName(gpu),
      software: gpu.adapter.software,
      table: table(ordered),
      failed: wrong + missing,
      ...(missing && { error: [...failures.values()].join("\n") || `${missing} of ${cases.length} cases were not measured` }),
    });
  }
}

/** The cases that `npm start` asks for; where it asks for none that there is, it is told so. */
function asked(): readonly Case[] | null {
  try {
    return commanded(location.search);
  } catch (error) {
    reportFault(error instanceof Error ? error.message : String(error));
    return null;
  }
}

function reportFault(error: string): void {
  window.__report?.({ adapter: "", software: false, table: [], failed: 1, error });
}

/** How long the rest takes, once a few cases tell. */
function leftText(began: number, done: number, count: number): string {
  if (done < 3) return "";
  const seconds = ((performance.now() - began) / done / 1000) * (count - done);
  return seconds < 60 ? `; about ${Math.max(5, Math.round(seconds / 5) * 5)} s left` : `; about ${Math.round(seconds / 60)} min left`;
}

/** How a run ended, in a sentence or two. */
function summary({ results, failures }: Run, wanted: number, { ended, pauses }: Outcome): string {
  const wrong = [...results.values()].filter(({ isWrong }) => isWrong).length;
  const count = results.size;
  const all = count === 1 ? "The one result is" : `All ${count} results are`;
  const sentences = count === 0 ? [] : [wrong ? `${wrong} of ${count} results are beyond the bound.` : `${all} within the bound.`];
  if (ended) sentences.unshift(`Ended after ${count} of ${wanted} cases: ${ended}.`);
  if (failures.size) sentences.push(`${failures.size} could not be measured.`);
  if (pauses) sentences.push(`Paused ${pauses === 1 ? "once" : pauses === 2 ? "twice" : `${pauses} times`} while nobody could look.`);
  return sentences.join(" ");
}

export function openMeasure(shell: Shell): View {
  return new Measure(shell);
}
