import type { Gpu } from "../../src/index.ts";
import type { DeviceState } from "../shell/device.ts";
import { element } from "../shell/element.ts";
import { readState, writeState } from "../shell/fields.ts";
import type { Shell, View } from "../shell/view.ts";
import { Controls } from "./controls.ts";
import { Chart } from "./curves.ts";
import { fillCurveTable, formatLoss, formatShare, LaneTable, last } from "./lane-tables.ts";
import { NETWORK } from "./network-text.ts";
import { NORMS } from "./norms.ts";
import { showRecorded } from "./recorded.ts";
import { FIELDS, SPEEDS, type TrainState } from "./state.ts";
import { Cancelled, MOST_DIGITS, Training } from "./training.ts";

/** Train: lanes side by side, from the same seed and with the same digits. */
class Train implements View {
  readonly #shell: Shell;
  readonly #controls: Controls;
  readonly #table = new LaneTable(element<HTMLTableElement>("train-table"));
  readonly #loss = new Chart(element("train-loss"), {
    label: "mean of the last 200 digits",
    show: (value) => String(value),
    top: (most) => Math.max(2.5, most),
  });
  readonly #accuracy = new Chart(element("train-accuracy"), { label: "of 200 test digits", show: (value) => `${Math.round(value * 100)} %`, top: () => 1 });
  #state: TrainState = readState(FIELDS, new URLSearchParams());
  #training: Training | null = null;
  #isPlaying = false;
  /** The rounds under way. */
  #work: Promise<void> | null = null;
  #gpu: Gpu | null = null;

  constructor(shell: Shell) {
    this.#shell = shell;
    const form = element<HTMLFormElement>("train-form");
    this.#controls = new Controls(form, (part) => this.change(part));
    element("train-play").addEventListener("click", () => (this.#isPlaying ? this.#pause() : this.#play()));
    element("train-step").addEventListener("click", () => this.#run());
    element("train-reset").addEventListener("click", () => this.#reset());
    element("train-network").textContent =
      `The network: ${NETWORK.text} The learning rate is 0.05 for a batch of 16, and in proportion for others. Groups have four channels.`;
    element<HTMLProgressElement>("train-progress").max = MOST_DIGITS;
    showRecorded({
      image: element<HTMLImageElement>("recorded-figure"),
      words: element("recorded-words"),
      table: element<HTMLTableElement>("recorded-table"),
    });
    form.classList.remove("filling");
    shell.device.watch((state) => this.#follow(state));
  }

  open(params: URLSearchParams): void {
    this.change(readState(FIELDS, params));
  }

  close(): void {
    this.#pause();
  }

  /** Takes settings, shows them, and remembers them in the address. Other lanes, batches or seeds begin anew. */
  change(part: Partial<TrainState>): void {
    const before = this.#state;
    this.#state = { ...before, ...part };
    this.#shell.remember(writeState(FIELDS, this.#state));
    this.#controls.show(this.#state);
    const { lanes, batch, seed } = this.#state;
    const isAnother = lanes.join() !== before.lanes.join() || batch !== before.batch || seed !== before.seed;
    if (isAnother || !this.#training) this.#reset();
    this.#show();
  }

  #follow(state: DeviceState): void {
    this.#gpu = state.kind === "ready" ? state.gpu : null;
    if (state.kind !== "lost") return this.#reset();
    // Its curves stay until there is another device.
    this.#isPlaying = false;
    this.#tell(`${state.fact} ${state.advice} Training then begins anew.`);
    this.#show();
  }

  #tell(text: string): void {
    element("train-status").textContent = text;
  }

  #reset(): void {
    this.#isPlaying = false;
    const old = this.#training;
    this.#training = null;
    if (old) {
      old.cancel();
      // Its networks are freed once nothing computes with them.
      void (this.#work ?? Promise.resolve()).then(() => old.destroy());
    }
    const { lanes: norms, batch, seed } = this.#state;
    if (this.#gpu) this.#training = new Training({ gpu: this.#gpu, norms, batch, seed }, () => this.#show());
    this.#tell(norms.length ? this.#beginning : "Tick a lane.");
    this.#show();
  }

  get #beginning(): string {
    const { state } = this.#shell.device;
    if (state.kind === "ready") return "Play trains the lanes; Step takes one batch.";
    return state.kind === "opening" ? "Looking for a GPU …" : `Train needs WebGPU. ${state.fact} ${state.advice}`;
  }

  #play(): void {
    this.#isPlaying = true;
    this.#run();
  }

  #pause(): void {
    if (!this.#isPlaying) return;
    this.#isPlaying = false;
    this.#show();
  }

  /** Rounds, one after the other: while it plays, else one. */
  #run(): void {
    const training = this.#training;
    if (!training || this.#work) return;
    this.#work = this.#rounds(training).finally(() => {
      this.#work = null;
      this.#show();
      // Reset and played again while a step was under way.
      if (this.#isPlaying && this.#training && !this.#training.isDone && this.#training !== training) this.#run();
    });
    this.#show();
  }

  async #rounds(training: Training): Promise<void> {
    this.#tell(training.digits === 0 ? "Loading TensorFlow.js and the digits, and compiling …" : "Training …");
    try {
      do {
        const start = performance.now();
        await training.round();
        if (training.tests.at(-1) === training.digits || training.rounds.length === 1) this.#report(training);
        const rest = SPEEDS[this.#state.speed] - (performance.now() - start);
        if (this.#isPlaying) await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest)));
      } while (this.#isPlaying && training === this.#training && !training.isDone);
      if (training !== this.#training) return;
      this.#isPlaying &&= !training.isDone;
      this.#tell(`${training.isDone ? "Done" : "Paused"} after ${training.digits.toLocaleString("en")} digits. ${this.#standing(training)}`);
    } catch (error) {
      this.#isPlaying &&= training !== this.#training;
      if (training !== this.#training || error instanceof Cancelled || training.options.gpu.isLost) return;
      this.#tell(`Training ended: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #report(training: Training): void {
    if (training !== this.#training) return;
    this.#tell(`Training: ${training.digits.toLocaleString("en")} of ${MOST_DIGITS.toLocaleString("en")} digits. ${this.#standing(training)}`);
    fillCurveTable(element<HTMLTableElement>("train-curves"), training);
    for (const [id, what, values] of [
      ["train-loss", "Loss", (i: number) => describe(training.records[i]!.loss, formatLoss)],
      ["train-accuracy", "Test accuracy", (i: number) => describe(training.records[i]!.accuracy, formatShare)],
    ] as const) {
      const ends = training.records.map(({ norm }, i) => `${NORMS[norm]} ${values(i)}`);
      element(id).setAttribute("aria-label", `${what} over ${training.digits} digits: ${ends.join(", ")}. The table below has the figures.`);
    }
  }

  /** The best lane at the last test, in words. */
  #standing({ records, tests }: Training): string {
    if (tests.length === 0) return "";
    const sorted = records
      .flatMap(({ norm, accuracy }) => (typeof accuracy.at(-1) === "number" ? [{ norm, share: accuracy.at(-1)! }] : []))
      .toSorted((a, b) => b.share - a.share);
    const [best, worst] = [sorted[0], sorted.at(-1)];
    if (!best || !worst || best === worst) return "";
    return `Best at the last test: ${NORMS[best.norm]} with ${formatShare(best.share)}; last: ${NORMS[worst.norm]} with ${formatShare(worst.share)}.`;
  }

  #show(): void {
    const training = this.#training;
    const canRun = training !== null && this.#gpu !== null && this.#state.lanes.length > 0 && !training.isDone;
    const play = element<HTMLButtonElement>("train-play");
    play.textContent = this.#isPlaying ? "Pause" : "Play";
    play.disabled = !canRun;
    element<HTMLButtonElement>("train-step").disabled = !canRun || this.#work !== null;
    element<HTMLButtonElement>("train-reset").disabled = !this.#gpu || !training || training.digits === 0;
    element<HTMLProgressElement>("train-progress").value = training?.digits ?? 0;
    element("train-form").setAttribute("aria-busy", String(this.#work !== null));
    if (!training) return;
    this.#table.show(training);
    const { rounds, tests, records } = training;
    this.#loss.show({ digits: rounds, until: training.digits, curves: records.map(({ norm, loss }) => ({ norm, values: loss })) });
    this.#accuracy.show({ digits: tests, until: training.digits, curves: records.map(({ norm, accuracy }) => ({ norm, values: accuracy })) });
    if (rounds.length === 0) fillCurveTable(element<HTMLTableElement>("train-curves"), training);
  }
}

function describe(values: readonly (number | null)[], show: (value: number) => string): string {
  const known = last(values);
  return known === null ? "not known yet" : show(known);
}

export function openTrain(shell: Shell): View {
  return new Train(shell);
}
