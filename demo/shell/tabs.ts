/**
 * Tabs as the ARIA practices have them: one is in the tab order, arrows, Home and End go to another, which is shown at once.
 * `chosen` is told by a click or a key, not by `show`.
 */
export class Tabs {
  readonly #tabs: readonly HTMLElement[];
  readonly #chosen: (name: string) => void;

  constructor(list: HTMLElement, chosen: (name: string) => void) {
    this.#tabs = [...list.querySelectorAll<HTMLElement>("[role=tab]")];
    this.#chosen = chosen;
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.#choose(tab));
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Shows the panel of this name and hides the others. */
  show(name: string): void {
    for (const tab of this.#tabs) {
      const isShown = tab.dataset["view"] === name;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")!)!.hidden = !isShown;
    }
  }

  #choose(tab: HTMLElement): void {
    this.#chosen(tab.dataset["view"]!);
    tab.focus();
  }

  #key(event: KeyboardEvent): void {
    const at = this.#tabs.indexOf(event.target as HTMLElement);
    const count = this.#tabs.length;
    const next = { ArrowLeft: at + count - 1, ArrowRight: at + 1, Home: 0, End: count - 1 }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    this.#choose(this.#tabs[next % count]!);
  }
}
