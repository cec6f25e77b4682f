import type { Field } from "./fields.ts";

/** The number of a form that is named `seed`. */
export class SeedField {
  readonly #input: HTMLInputElement;
  readonly #field: Field<number>;

  /** @param change is told of each seed that is typed, brought into bounds */
  constructor(form: HTMLFormElement, field: Field<number>, change: (seed: number) => void) {
    this.#input = form.elements.namedItem("seed") as HTMLInputElement;
    this.#field = field;
    this.#input.addEventListener("input", () => change(this.#read()));
    // What was typed may be out of bounds; the field then shows what counts.
    this.#input.addEventListener("change", () => (this.#input.value = field.write(this.#read())));
  }

  #read(): number {
    return this.#field.read(this.#input.value);
  }

  /** Shows the seed; what is being typed is left alone. */
  show(seed: number): void {
    if (document.activeElement !== this.#input) this.#input.value = this.#field.write(seed);
  }
}
