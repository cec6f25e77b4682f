import { FormatError } from "./errors.ts";

/** A JSON value; objects are Maps, so that no name can be mistaken for one that every object inherits. */
export type JsonValue = string | number | boolean | null | JsonValue[] | Map<string, JsonValue>;

/**
 * JSON whose objects have no name twice (JSON.parse keeps the last) and that nests at most `depth` deep.
 * @throws FormatError that says where
 */
export function parseStrictJson(text: string, where: string, depth: number): JsonValue {
  const reader = new Reader(text, where);
  const value = reader.value(depth);
  reader.end();
  return value;
}

const SPACES = " \t\n\r";
const NUMBER = "+-.0123456789eE";
const WORDS: readonly [string, boolean | null][] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

class Reader {
  readonly #text: string;
  readonly #where: string;
  #at = 0;

  constructor(text: string, where: string) {
    this.#text = text;
    this.#where = where;
  }

  value(depth: number): JsonValue {
    const next = this.#peek();
    if (next === '"') return this.#string();
    if (next === "{" || next === "[") {
      if (depth === 0) this.#refuse("lists and objects nest deeper than the format knows");
      this.#at++;
      return next === "{" ? this.#object(depth - 1) : this.#list(depth - 1);
    }
    for (const [word, meaning] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return meaning;
    }
    return this.#number();
  }

  /** Nothing but spaces may follow. */
  end(): void {
    if (this.#peek() !== "") this.#refuse(`${quote(this.#peek())} follows the end`);
  }

  #object(depth: number): Map<string, JsonValue> {
    const found = new Map<string, JsonValue>();
    if (this.#takes("}")) return found;
    do {
      if (this.#peek() !== '"') this.#refuse(`found ${this.#found()}; wanted a name in quotes`);
      const name = this.#string();
      if (found.has(name)) this.#refuse(`the name ${quote(name)} stands there twice`);
      this.#wants(":");
      found.set(name, this.value(depth));
    } while (this.#takes(","));
    this.#wants("}");
    return found;
  }

  #list(depth: number): JsonValue[] {
    const found: JsonValue[] = [];
    if (this.#takes("]")) return found;
    do found.push(this.value(depth));
    while (this.#takes(","));
    this.#wants("]");
    return found;
  }

  #string(): string {
    const start = this.#at++;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    this.#at++;
    const value = this.#leaf(start, "a string") as string;
    // A lone surrogate has no UTF-8: written again, it would be another name.
    if (/\p{Surrogate}/u.test(value)) this.#refuse(`${quote(value)} holds half of a surrogate pair`);
    return value;
  }

  #number(): number {
    const start = this.#at;
    while (this.#at < this.#text.length && NUMBER.includes(this.#text[this.#at]!)) this.#at++;
    if (this.#at === start) this.#refuse(`found ${this.#found()}; wanted a value`);
    return this.#leaf(start, "a number") as number;
  }

  /** A string or number: its own text is all that JSON.parse sees. */
  #leaf(start: number, what: string): unknown {
    const text = this.#text.slice(start, this.#at);
    try {
      return JSON.parse(text);
    } catch {
      return this.#refuse(`found ${quote(text)}; wanted ${what}`);
    }
  }

  /** The next character that is no space; empty at the end. */
  #peek(): string {
    while (this.#at < this.#text.length && SPACES.includes(this.#text[this.#at]!)) this.#at++;
    return this.#text[this.#at] ?? "";
  }

  #takes(mark: string): boolean {
    if (this.#peek() !== mark) return false;
    this.#at++;
    return true;
  }

  #wants(mark: string): void {
    if (!this.#takes(mark)) this.#refuse(`found ${this.#found()}; wanted ${mark}`);
  }

  #found(): string {
    return this.#peek() === "" ? "the end" : quote(this.#peek());
  }

  #refuse(what: string): never {
    throw new FormatError(`${this.#where} is not what JSON allows here, at character ${Math.min(this.#at, this.#text.length)}: ${what}`);
  }
}

/** Text from a file in quotes, cut where it is long: a message must not be as large as the file. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
