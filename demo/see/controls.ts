import { NORMS } from "./norms.ts";
import { divisors, EPS, extentsOf, FIELDS, SIDES, type SeeState } from "./state.ts";
import { made } from "../shell/element.ts";
import { formatNumber } from "./text.ts";

/** What each setting reads beside its control. */
const WORDS: Partial<Record<keyof SeeState, (state: SeeState) => string>> = {
  n: ({ n }) => String(n),
  c: ({ c }) => String(c),
  eps: ({ eps }) => formatNumber(eps),
  gamma: ({ gamma }) => formatNumber(gamma),
  beta: ({ beta }) => formatNumber(beta),
  turn: ({ turn }) => `${formatNumber(turn)}°`,
  spread: ({ spread }) => `${spread} %`,
};

/** The settings of See as the form of index.html holds them: each control has its setting's name. */
export class Controls {
  readonly #form: HTMLFormElement;

  constructor(form: HTMLFormElement, change: (part: Partial<SeeState>) => void) {
    this.#form = form;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => {
      const control = event.target as HTMLInputElement | HTMLSelectElement;
      if (control.name in FIELDS) change(this.#read(control));
    });
  }

  #read(control: HTMLInputElement | HTMLSelectElement): Partial<SeeState> {
    const name = control.name as keyof SeeState;
    if (name === "eps") return { eps: EPS[Number(control.value)]! };
    if (name === "uneven") return { uneven: (control as HTMLInputElement).checked };
    return { [name]: FIELDS[name].read(control.value) };
  }

  /** Shows the state: values, words, what the layer has and what it does not. @param lit the lit statistic in words */
  show(state: SeeState, lit: string): void {
    this.#fillGroups(state);
    for (const control of this.#form.elements) {
      if (!(control instanceof HTMLInputElement || control instanceof HTMLSelectElement) || !(control.name in FIELDS)) continue;
      const name = control.name as keyof SeeState;
      const text = name === "eps" ? String(EPS.indexOf(state.eps as (typeof EPS)[number])) : String(state[name]);
      if (control instanceof HTMLInputElement && control.type === "radio") control.checked = control.value === text;
      else if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = state[name] === true;
      else control.value = text;
    }
    this.#limit(state, lit);
    for (const output of this.#form.querySelectorAll<HTMLOutputElement>("output[data-of]")) {
      const name = output.dataset["of"] as keyof SeeState;
      if (name !== "at") output.textContent = WORDS[name]!(state);
    }
  }

  /** The lit statistic in words, for the eye and for a screen reader. */
  tell(lit: string): void {
    this.#form.querySelector('output[data-of="at"]')!.textContent = lit;
  }

  #control(name: keyof SeeState): HTMLInputElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement;
  }

  #limit(state: SeeState, lit: string): void {
    const kind = NORMS[state.norm];
    const at = this.#control("at");
    at.max = String(kind.count(extentsOf(state)) - 1);
    at.value = String(state.at);
    at.setAttribute("aria-valuetext", lit);
    this.#control("eps").setAttribute("aria-valuetext", formatNumber(state.eps));
    this.#control("groups").disabled = state.norm !== "group";
    this.#control("beta").disabled = kind.uses !== "moments";
    this.#control("eps").disabled = kind.uses === "norm";
  }

  #fillGroups({ c }: SeeState): void {
    const counts = divisors(c);
    const select = this.#form.elements.namedItem("groups") as HTMLSelectElement;
    if (select.options.length === counts.length && select.options[counts.length - 1]?.value === String(c)) return;
    select.replaceChildren(...counts.map((count) => Object.assign(made("option", String(count)), { value: String(count) })));
  }

  /** Words that differ between feature maps and weights. */
  name(state: SeeState): void {
    const { isWeight, uses } = NORMS[state.norm];
    const gamma = { "mean square": "gamma", moments: "gamma", norm: "g (length)", "unbiased moments": "gain" }[uses];
    const words = {
      x: isWeight ? "v" : "x",
      y: isWeight ? "w" : "y",
      n: isWeight ? "Outputs O" : "Samples N",
      c: isWeight ? "Inputs I" : "Channels C",
      side: isWeight ? "Window kH × kW" : "Height × width",
      gamma,
    };
    for (const part of this.#form.querySelectorAll<HTMLElement>("[data-name]")) part.textContent = words[part.dataset["name"] as keyof typeof words];
    for (const option of this.#form.querySelectorAll<HTMLOptionElement>("[name=size] option")) {
      const side = SIDES[option.value as keyof typeof SIDES][isWeight ? "weight" : "maps"];
      option.textContent = `${side} × ${side}`;
    }
  }
}
