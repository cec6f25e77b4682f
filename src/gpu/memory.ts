/** A bounded map that forgets what was not asked for longest. */
export class Memory<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** The value under `key`, made when it is not there. */
  remember(key: string, make: () => Value): Value {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      // A Map keeps the order of insertion: the oldest stands first.
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known;
    }
    const value = make();
    this.#entries.set(key, value);
    if (this.#entries.size > this.#most) this.#entries.delete(this.#entries.keys().next().value!);
    return value;
  }

  /** Drops the value under `key`, where there is one. */
  forget(key: string): void {
    this.#entries.delete(key);
  }
}
