/** Whether somebody can look: the tab is not hidden, and the view is shown. Tells `change` where that may have changed. */
export class Presence extends EventTarget {
  #isShown = false;

  constructor() {
    super();
    document.addEventListener("visibilitychange", () => this.#changed());
  }

  set isShown(isShown: boolean) {
    this.#isShown = isShown;
    this.#changed();
  }

  /** Why nobody can look; null where somebody can. */
  get absence(): string | null {
    if (document.visibilityState === "hidden") return "this tab is hidden";
    return this.#isShown ? null : "another view is shown";
  }

  #changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
