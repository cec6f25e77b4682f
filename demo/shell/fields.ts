/** One setting of a view as it stands in the address: what it starts as, and how text becomes a value that it may have. */
export interface Field<Value> {
  readonly initial: Value;
  /** A value that the setting may have, the nearest to what the text says; the initial one where it says nothing of use. */
  readonly read: (text: string) => Value;
  readonly write: (value: Value) => string;
}

/** A number from `low` to `high` in steps. */
export function stepped(low: number, high: number, step: number, initial: number): Field<number> {
  const digits = (String(step).split(".")[1] ?? "").length;
  return {
    initial,
    read(text) {
      const value = Number(text);
      if (text.trim() === "" || Number.isNaN(value)) return initial;
      const nearest = low + Math.round((Math.min(high, Math.max(low, value)) - low) / step) * step;
      return Number(Math.min(high, nearest).toFixed(digits));
    },
    write: String,
  };
}

/** One of some words. */
export function oneOf<Word extends string>(words: readonly Word[], initial: Word): Field<Word> {
  return { initial, read: (text) => words.find((word) => word === text) ?? initial, write: (value) => value };
}

/** One of some numbers above 0: the nearest by ratio. */
export function oneOfNumbers(numbers: readonly number[], initial: number): Field<number> {
  const distance = (a: number, b: number): number => Math.abs(Math.log(a / b));
  return {
    initial,
    read(text) {
      const value = Number(text);
      if (!(value > 0)) return initial;
      return numbers.reduce((best, number) => (distance(number, value) < distance(best, value) ? number : best));
    },
    write: String,
  };
}

/** Some of some words, in their order: in text with points between them, or `all`. Words that are none are left out. */
export function someOf<Word extends string>(words: readonly Word[], initial: readonly Word[]): Field<readonly Word[]> {
  const write = (value: readonly Word[]): string => (value.length === words.length ? "all" : value.join("."));
  return {
    initial,
    read(text) {
      const named = new Set(text.split("."));
      const found = text === "all" ? words : words.filter((word) => named.has(word));
      const isNone = text !== "" && found.length === 0;
      return isNone || write(found) === write(initial) ? initial : found;
    },
    write,
  };
}

export function yesOrNo(initial: boolean): Field<boolean> {
  return { initial, read: (text) => (text === "1" ? true : text === "0" ? false : initial), write: (value) => (value ? "1" : "0") };
}

/** The fields of a view's state, by name. */
export type Fields<State> = { readonly [Name in keyof State]: Field<State[Name]> };

/** A state from an address: what is missing starts as it does, what is out of range is brought into it. */
export function readState<State extends object>(fields: Fields<State>, params: URLSearchParams): State {
  const state: Partial<State> = {};
  for (const name of namesOf(fields)) {
    const text = params.get(name);
    state[name] = text === null ? fields[name].initial : fields[name].read(text);
  }
  return state as State;
}

/** A state as an address: only what is not as it starts. */
export function writeState<State extends object>(fields: Fields<State>, state: State): URLSearchParams {
  const params = new URLSearchParams();
  for (const name of namesOf(fields)) if (state[name] !== fields[name].initial) params.set(name, fields[name].write(state[name]));
  return params;
}

function namesOf<State extends object>(fields: Fields<State>): (keyof State & string)[] {
  return Object.keys(fields) as (keyof State & string)[];
}
