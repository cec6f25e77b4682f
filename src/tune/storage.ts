/** Where choices are kept between sessions: a file, a database, `localStorage`. */
export interface TuningStorage {
  /** What was saved last, or null. */
  load(): string | null | Promise<string | null>;
  save(text: string): void | Promise<void>;
}

/** What this module needs of `localStorage`. */
interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Choices in a page's `localStorage`, under a key of its own. Where a page may not store anything, nothing is kept. */
export function localTuning(key = "normgpu tuning"): TuningStorage {
  const storage = (): WebStorage | undefined => (globalThis as { localStorage?: WebStorage }).localStorage;
  return {
    load() {
      try {
        return storage()?.getItem(key) ?? null;
      } catch {
        return null;
      }
    },
    save(text) {
      try {
        storage()?.setItem(key, text);
      } catch {
        // Full, or forbidden: the choices still hold in memory.
      }
    },
  };
}
