import { chip } from "../shell/element.ts";
import { SeedField } from "../shell/seed-field.ts";
import { BATCHES, NORM_NAMES, NORMS } from "./norms.ts";
import { FIELDS, type Speed, type TrainState } from "./state.ts";
import { swatch } from "./swatch.ts";

const SPEED_WORDS: Readonly<Record<Speed, string>> = { slow: "1 a second", steady: "5 a second", full: "full" };

/** The settings of Train: each control has its setting's name. */
export class Controls {
  readonly #form: HTMLFormElement;
  readonly #seed: SeedField;

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
    this.#seed = new SeedField(form, FIELDS.seed, (seed) => change({ seed }));
    form.addEventListener("input", (event) => {
      const { name, value } = event.target as HTMLInputElement;
      if (name === "lanes") change({ lanes: FIELDS.lanes.read(this.#ticked().join(".")) });
      else if (name === "batch" || name === "speed") change({ [name]: FIELDS[name].read(value) });
    });
  }

  #fill(id: string, name: string, type: "checkbox" | "radio", words: readonly (readonly [string, string])[]): HTMLElement[] {
    const labels = words.map(([value, text]) => chip({ type, name, value }, text));
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
    }
    this.#seed.show(state.seed);
  }
}
