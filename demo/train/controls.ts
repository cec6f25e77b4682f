import { made } from "../see/text.ts";
import { BATCHES, NORM_NAMES, NORMS } from "./norms.ts";
import { FIELDS, type Speed, type TrainState } from "./state.ts";
import { swatch } from "./swatch.ts";

const SPEED_WORDS: Readonly<Record<Speed, string>> = { slow: "1 a second", steady: "5 a second", full: "full" };

/** The settings of Train: each control has its setting's name. */
export class Controls {
  readonly #form: HTMLFormElement;

  constructor(form: HTMLFormElement, change: (part: Partial<TrainState>) => void) {
    this.#form = form;
    const lanes = this.#fill("train-lanes", "lanes", "checkbox", Object.entries(NORMS));
    lanes.forEach((label, i) => label.querySelector("span")!.prepend(swatch(NORM_NAMES[i]!)));
    this.#fill(
      "train-batch",
      "batch",
      "radio",
      BATCHES.map((batch) => [String(batch), String(batch)]),
    );
    this.#fill("train-speed", "speed", "radio", Object.entries(SPEED_WORDS));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => this.#correct(event.target as HTMLInputElement));
    form.addEventListener("input", (event) => {
      const { name, value } = event.target as HTMLInputElement;
      if (name === "lanes") change({ lanes: FIELDS.lanes.read(this.#ticked().join(".")) });
      else if (name in FIELDS) change({ [name]: FIELDS[name as keyof TrainState].read(value) });
    });
  }

  /** What was typed may be out of bounds; the field then shows what counts. */
  #correct({ name, value }: HTMLInputElement): void {
    if (name === "seed") (this.#form.elements.namedItem(name) as HTMLInputElement).value = FIELDS.seed.write(FIELDS.seed.read(value));
  }

  #fill(id: string, name: string, type: string, words: readonly (readonly [string, string])[]): HTMLElement[] {
    const labels = words.map(([value, text]) => {
      const label = made("label");
      label.append(Object.assign(made("input"), { type, name, value }), made("span", text));
      return label;
    });
    document.getElementById(id)!.append(...labels);
    return labels;
  }

  #ticked(): string[] {
    return [...this.#form.querySelectorAll<HTMLInputElement>('[name="lanes"]:checked')].map(({ value }) => value);
  }

  show(state: TrainState): void {
    for (const control of this.#form.querySelectorAll<HTMLInputElement>("input[name]")) {
      if (control.name === "lanes") control.checked = state.lanes.some((lane) => lane === control.value);
      else if (control.type === "radio") control.checked = control.value === String(state[control.name as keyof TrainState]);
      // What is being typed is left alone.
      else if (document.activeElement !== control) control.value = String(state.seed);
    }
  }
}
