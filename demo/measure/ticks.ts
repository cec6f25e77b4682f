import { made } from "../see/text.ts";
import { FIELDS, TICKS, type MeasureState, type TickName } from "./state.ts";

const NAMES = Object.keys(TICKS) as TickName[];

/** The lists of ticks: one checkbox for each word, and a button that ticks all or none. */
export class Ticks {
  readonly #form: HTMLFormElement;

  constructor(form: HTMLFormElement, change: (part: Partial<MeasureState>) => void) {
    this.#form = form;
    for (const name of NAMES) this.#fill(name);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => {
      const { name } = event.target as HTMLInputElement;
      if (name in TICKS) change(this.#read(name as TickName));
      if (name === "seed") change({ seed: FIELDS.seed.read((event.target as HTMLInputElement).value) });
    });
    // What was typed may be out of bounds; the field then shows what counts.
    form.addEventListener("change", (event) => {
      const input = event.target as HTMLInputElement;
      if (input.name === "seed") input.value = FIELDS.seed.write(FIELDS.seed.read(input.value));
    });
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
    for (const [word, text] of Object.entries(TICKS[name])) {
      const box = Object.assign(made("input"), { type: "checkbox", name, value: word });
      const label = made("label");
      label.append(box, made("span", text));
      set.append(label);
    }
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
    const seed = this.#form.elements.namedItem("seed") as HTMLInputElement;
    if (document.activeElement !== seed) seed.value = String(state.seed);
  }

  /** While a run is on, its ticks stay as they are. */
  set disabled(isDisabled: boolean) {
    for (const set of this.#form.querySelectorAll<HTMLFieldSetElement>("fieldset[data-ticks], fieldset[data-seed]")) set.disabled = isDisabled;
  }
}
