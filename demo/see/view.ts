import { element } from "../shell/element.ts";
import { readState, writeState } from "../shell/fields.ts";
import type { Shell, View } from "../shell/view.ts";
import { Controls } from "./controls.ts";
import { CubeView } from "./cube-view.ts";
import type { Job } from "./engine.ts";
import type { Term } from "./equation.ts";
import { describeRun, fillStatistics, lightRow, planTable } from "./facts.ts";
import { FOUND, foundOf, nameOf, rowsOf, statisticsOf } from "./findings.ts";
import { Histogram } from "./histogram.ts";
import { Live, type Computed } from "./live.ts";
import { NORMS, valuesOf } from "./norms.ts";
import { pictureSource, readPicture, type Picture } from "./picture.ts";
import { binsOf, momentsOf, evenRange, rangeOf, roundRange, type Moments } from "./sample.ts";
import { digitSource, type Source } from "./source.ts";
import { extentsOf, FIELDS, settled, type SeeState } from "./state.ts";
import { featureMaps, weightOf } from "./tensor.ts";
import { Terms } from "./terms.ts";
import { formatMean, formatNumber } from "./text.ts";

/** Deviations below and above the mean that the colours of the cube span. */
const SPAN = [-1, 2.5] as const;

/** See: a tensor as a cube, in which the values that share a mean and a variance light up, before and after a layer. */
class See implements View {
  readonly #shell: Shell;
  readonly #controls: Controls;
  readonly #terms: Terms;
  readonly #cube: CubeView;
  readonly #live: Live;
  readonly #before = new Histogram(element("see-before"));
  readonly #after = new Histogram(element("see-after"));
  readonly #statistics = element<HTMLTableElement>("statistics");
  #state: SeeState = settled(readState(FIELDS, new URLSearchParams()));
  #picture: Picture | null = null;
  #data: { readonly key: string; readonly source: Source; readonly x: Float32Array } | null = null;
  #computed: Computed | null = null;
  #hovered: number | null = null;
  #isOpen = false;

  constructor(shell: Shell) {
    this.#shell = shell;
    const form = element<HTMLFormElement>("see-form");
    this.#controls = new Controls(form, (part) => this.change(part));
    this.#terms = new Terms(element("view-see"), element("equation"), element("terms"));
    this.#cube = new CubeView(element<HTMLCanvasElement>("cube"), element("swatches"), {
      hover: (box) => this.#hover(box),
      choose: (box) => this.change({ at: this.#statisticOf(box) }),
      turn: (degrees) => this.change({ turn: FIELDS.turn.read(String(this.#state.turn + degrees)) }),
    });
    this.#live = new Live(() => (shell.device.state.kind === "ready" ? shell.device.state.gpu : null), {
      show: (computed) => this.#arrived(computed),
      fail: (message) => (element("see-problem").textContent = message),
      busy: (isBusy) => element("see-facts").setAttribute("aria-busy", String(isBusy)),
    });
    this.#listen(form);
    shell.device.watch(() => this.#compute());
  }

  #listen(form: HTMLElement): void {
    element("see-digits").addEventListener("click", () => {
      this.#picture = null;
      element("see-problem").textContent = "";
      this.change({ first: (this.#state.first + 10) % 100 });
    });
    const chooser = element<HTMLInputElement>("see-picture");
    chooser.addEventListener("change", () => {
      void this.#take(chooser.files?.[0]);
      // The same file may be chosen again.
      chooser.value = "";
    });
    const drops = (on: boolean) => (event: DragEvent) => {
      if (!this.#isOpen) return undefined;
      event.preventDefault();
      form.classList.toggle("dropping", on);
      return event.dataTransfer?.files[0];
    };
    // On all of the page: beside the form, the browser would open the picture in the page's place.
    document.addEventListener("dragover", drops(true));
    document.addEventListener("dragleave", drops(false));
    document.addEventListener("drop", (event) => void this.#take(drops(false)(event)));
    this.#statistics.addEventListener("click", (event) => {
      const at = (event.target as Element).closest<HTMLElement>("tr[data-at]")?.dataset["at"];
      if (at !== undefined) this.change({ at: Number(at) });
    });
  }

  open(params: URLSearchParams): void {
    this.#isOpen = true;
    this.#state = settled(readState(FIELDS, params));
    this.change({});
  }

  close(): void {
    this.#isOpen = false;
  }

  /** Takes settings, shows them, remembers them in the address, and computes what they ask for. */
  change(part: Partial<SeeState>): void {
    this.#state = settled({ ...this.#state, ...part });
    this.#hovered = null;
    this.#shell.remember(writeState(FIELDS, this.#state));
    this.#controls.name(this.#state);
    this.#showWords();
    this.#showLit();
    this.#compute();
  }

  async #take(file: File | undefined): Promise<void> {
    if (!file) return;
    const problem = element("see-problem");
    problem.textContent = "";
    try {
      this.#picture = await readPicture(file);
      this.#data = null;
      this.change({});
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  #compute(): void {
    if (this.#isOpen && this.#shell.device.state.kind !== "opening") this.#live.request(() => this.#job());
  }

  #job(): Job {
    const { norm, eps, gamma, beta } = this.#state;
    return { norm, eps, gamma, beta, extents: extentsOf(this.#state), x: this.#tensor().x };
  }

  /** x and where it comes from, made anew only when they change. */
  #tensor(): { source: Source; x: Float32Array } {
    const { first, uneven, norm } = this.#state;
    const extents = extentsOf(this.#state);
    const key = JSON.stringify([this.#picture?.name, first, uneven, extents.n, extents.c, extents.side, NORMS[norm].isWeight]);
    if (this.#data?.key === key) return this.#data;
    const source = this.#picture ? pictureSource(this.#picture, uneven) : digitSource(first, uneven);
    this.#data = { key, source, x: (NORMS[norm].isWeight ? weightOf : featureMaps)(source, extents) };
    return this.#data;
  }

  #arrived(computed: Computed): void {
    this.#computed = computed;
    const { engine, distance } = describeRun(computed);
    element("see-engine").textContent = engine;
    element("see-error").textContent = distance;
    element("see-plan").replaceChildren(...(computed.outcome.plan ? planTable(computed.outcome.plan) : []));
    fillStatistics(this.#statistics, FOUND[NORMS[computed.job.norm].uses], rowsOf(computed, this.#tensor().source));
    this.#showLit();
  }

  get #lit(): number {
    return this.#hovered ?? this.#state.at;
  }

  #statisticOf({ n, c }: { n: number; c: number }): number {
    return NORMS[this.#state.norm].statisticOf(n, c, extentsOf(this.#state));
  }

  #hover(box: { n: number; c: number } | null): void {
    const hovered = box && this.#statisticOf(box);
    this.#terms.mark(box ? "x mean variance" : "");
    if (hovered === this.#hovered) return;
    this.#hovered = hovered;
    this.#showLit();
  }

  #showWords(): void {
    const kind = NORMS[this.#state.norm];
    const extents = extentsOf(this.#state);
    const { n, c, side } = extents;
    const count = kind.count(extents);
    const values = valuesOf(kind, extents);
    element("see-title").textContent = kind.title;
    element("see-sharing").textContent = kind.sharing;
    element("see-counts").textContent = `${n} × ${c} × ${side} × ${side}: ${count} statistic${count > 1 ? "s" : ""}, each of ${values} values`;
    element("see-source").textContent = this.#tensor().source.title;
    this.#controls.show(this.#state, nameOf({ norm: this.#state.norm, extents }, this.#state.at, this.#tensor().source));
  }

  /** Everything that depends on which statistic is lit. */
  #showLit(): void {
    const { norm } = this.#state;
    const extents = extentsOf(this.#state);
    const { source, x } = this.#tensor();
    const name = nameOf({ norm, extents }, this.#lit, source);
    this.#controls.tell(name);
    element("see-lit").textContent = name;
    this.#showCube(x);
    const statisticOf = statisticsOf({ norm, extents });
    const isLit = (i: number): boolean => statisticOf(i) === this.#lit;
    const letters = NORMS[norm].isWeight ? (["v", "w"] as const) : (["x", "y"] as const);
    const before = momentsOf(x, isLit);
    this.#before.show(letters[0], binsOf(x, isLit, roundRange(...rangeOf(x))), before, name);
    const computed = this.#computed;
    if (!computed || !this.#fits(computed)) return;
    const { y } = computed.outcome;
    const after = momentsOf(y, isLit);
    this.#after.show(letters[1], binsOf(y, isLit, evenRange(...rangeOf(y))), after, name);
    this.#showTerms(computed, before, after);
    lightRow(this.#statistics, this.#lit);
  }

  /** Whether a result is of the tensor and the layer that are shown: the newest may still be on its way. */
  #fits({ job }: Computed): boolean {
    return job.norm === this.#state.norm && job.x === this.#tensor().x && JSON.stringify(job.extents) === JSON.stringify(extentsOf(this.#state));
  }

  #showTerms(computed: Computed, before: Moments, after: Moments): void {
    const { uses } = NORMS[computed.job.norm];
    const found = foundOf(computed, this.#lit);
    const spread = found.at(-1)!;
    const values: Record<Term, string> = {
      x: `${formatMean(before)} ± ${formatNumber(before.deviation)}`,
      y: `${formatMean(after)} ± ${formatNumber(after.deviation)}`,
      mean: formatMean({ mean: found[0]!, deviation: spread }),
      variance: formatNumber(uses === "moments" || uses === "mean square" ? spread ** 2 : spread),
      eps: formatNumber(computed.job.eps),
      gamma: formatNumber(computed.job.gamma),
      beta: formatNumber(computed.job.beta),
    };
    this.#terms.show(uses, values);
  }

  #showCube(x: Float32Array): void {
    const { turn, spread, shows, norm } = this.#state;
    const extents = extentsOf(this.#state);
    const { n, c, side } = extents;
    const { isWeight } = NORMS[norm];
    const computed = this.#computed && this.#fits(this.#computed) ? this.#computed : null;
    const values = shows === "x" ? x : (computed?.outcome.y ?? null);
    // What comes out is in deviations already; weights are as small as they are.
    const { mean, deviation } = shows === "y" && !isWeight ? { mean: 0, deviation: 1 } : momentsOf(values ?? x, () => true);
    const range = [mean + SPAN[0] * deviation, mean + SPAN[1] * deviation] as const;
    const scale = element("swatches");
    for (const [i, part] of ["low", "high"].entries()) scale.querySelector(`[data-part=${part}]`)!.textContent = formatNumber(range[i]!);
    const kind = NORMS[norm];
    element("cube").setAttribute(
      "aria-label",
      `${n} by ${c} maps of ${side} by ${side} values, ${shows === "x" ? "before" : "after"} ${kind.title}. Lit: ${kind.describe(this.#lit, extents)}.`,
    );
    this.#cube.show({
      extents,
      values,
      range,
      pose: { turn, spread: spread / 100 },
      isLit: (sample, channel) => this.#statisticOf({ n: sample, c: channel }) === this.#lit,
      labels: isWeight
        ? { right: `${c} inputs`, back: `${n} outputs`, up: `${side} × ${side}` }
        : { right: `C = ${c}`, back: `N = ${n}`, up: `H × W = ${side} × ${side}` },
    });
  }
}

export function openSee(shell: Shell): View {
  return new See(shell);
}
