import { EQUATIONS, type Term } from "./equation.ts";
import type { NormKind } from "./norms.ts";
import { made } from "../shell/element.ts";

/** The equation and its terms, and the marks on whatever belongs to the term that is looked at. */
export class Terms {
  readonly #view: HTMLElement;
  readonly #equation: HTMLElement;
  readonly #list: HTMLElement;
  #uses: NormKind["uses"] | null = null;
  #marked = "";

  /** @param view anything in it with data-term is marked with its term, and marks it when hovered or focused */
  constructor(view: HTMLElement, equation: HTMLElement, list: HTMLElement) {
    this.#view = view;
    this.#equation = equation;
    this.#list = list;
    const follow = (event: Event): void => this.mark((event.target as Element).closest("[data-term]")?.getAttribute("data-term") ?? "");
    view.addEventListener("pointerover", follow);
    view.addEventListener("focusin", follow);
    view.addEventListener("pointerleave", () => this.mark(""));
  }

  /** Shows the equation of a layer with the values of its terms. */
  show(uses: NormKind["uses"], values: Readonly<Record<Term, string>>): void {
    const { math, terms } = EQUATIONS[uses];
    if (this.#uses !== uses) {
      this.#uses = uses;
      this.#equation.innerHTML = math;
      this.#list.replaceChildren(
        ...terms.map(({ term, symbol, words }) => {
          const row = made("div");
          row.dataset["term"] = term;
          row.append(made("dt", symbol), made("dd", words), made("dd"));
          return row;
        }),
      );
    }
    for (const row of this.#list.children) row.lastElementChild!.textContent = values[(row as HTMLElement).dataset["term"] as Term];
  }

  /** Marks these terms, named with spaces between, wherever they stand; "" marks none. */
  mark(terms: string): void {
    if (terms === this.#marked) return;
    this.#marked = terms;
    const wanted = terms.split(" ");
    for (const part of this.#view.querySelectorAll("[data-term]")) {
      const own = part.getAttribute("data-term")!.split(" ");
      part.classList.toggle("marked", own.some((term) => wanted.includes(term)) && !part.closest("svg"));
    }
  }
}
