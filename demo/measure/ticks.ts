import { chip, made } from "../shell/element.ts";
import { SeedField } from "../shell/seed-field.ts";
import { FIELDS, TICKS, type MeasureState, type TickName } from "./state.ts";

const NAMES = Object.keys(TICKS) as TickName[];

/** The lists of ticks: one checkbox for each word, and a button that ticks all or none. */
export class Ticks {
  readonly #form: HTMLFormElement;
  readonly #seed: SeedField;

  constructor(form: HTMLFormElement, change: (part: Partial<MeasureState>) => void) {
    this.#form = form;
    for (const name of NAMES) this.#fill(name);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => {
      const { name } = event.target as HTMLInputElement;
      if (name in TICKS) change(this.#read(name as TickName));
    });
    this.#seed = new SeedField(form, FIELDS.seed, (seed) => change({ seed }));
    form.addEventListener("click", (event) => {
      const name = (event.target as HTMLElement).dataset["all"] as TickName | undefined;
      if (!name) return;
      const boxes = this.#boxes(name);
      const isAll = boxes.every(({ checked }) => checked);
      for (const box of boxes) box.checked = !isAll;
      change(this.#read(name));
    });
  }

  #fill(name: TickName): void {
    const set = this.#form.querySelector(`[data-ticks="${name}"]`)!;
    set.append(...Object.entries(TICKS[name]).map(([value, text]) => chip({ type: "checkbox", name, value }, text)));
    const all = made("button", "", "quiet all");
    all.type = "button";
    all.dataset["all"] = name;
    set.append(all);
  }

  #boxes(name: TickName): HTMLInputElement[] {
    return [...this.#form.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`)];
  }

  #read(name: TickName): Partial<MeasureState> {
    const words = this.#boxes(name).filter(({ checked }) => checked);
    return { [name]: FIELDS[name].read(words.map(({ value }) => value).join(".")) };
  }

  show(state: MeasureState): void {
    for (const name of NAMES) {
      const ticked = new Set<string>(state[name]);
      const boxes = this.#boxes(name);
      for (const box of boxes) box.checked = ticked.has(box.value);
      const isAll = ticked.size === boxes.length;
      const button = this.#form.querySelector<HTMLButtonElement>(`[data-all="${name}"]`)!;
      const legend = button.closest("fieldset")!.querySelector("legend")!.textContent!;
      button.textContent = isAll ? "none" : "all";
      button.setAttribute("aria-label", `${legend}: ${isAll ? "none" : "all"}`);
    }
    this.#seed.show(state.seed);
  }

  /** While a run is on, its ticks stay as they are. */
  set disabled(isDisabled: boolean) {
    for (const set of this.#form.querySelectorAll<HTMLFieldSetElement>("fieldset[data-ticks], fieldset[data-seed]")) set.disabled = isDisabled;
  }
}
