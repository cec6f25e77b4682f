/** A bounded map that forgets what was not asked for longest. */
export class Memory<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #most: number;
  #newest: string | null = null;

  constructor(most: number) {
    this.#most = most;
  }

  /** The value under `key`, made when it is not there. */
  remember(key: string, make: () => Value): Value {
    const known = this.get(key);
    if (known !== undefined) return known;
    const value = make();
    this.set(key, value);
    return value;
  }

  /** The value under `key`, where there is one. */
  get(key: string): Value | undefined {
    const known = this.#entries.get(key);
    if (known === undefined || key === this.#newest) return known;
    // A Map keeps the order of insertion: the oldest stands first.
    this.#entries.delete(key);
    this.#entries.set(key, known);
    this.#newest = key;
    return known;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
    if (this.#entries.size > this.#most) this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** Drops the value under `key`, where there is one. */
  forget(key: string): void {
    this.#entries.delete(key);
  }
}
