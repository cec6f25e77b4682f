import { wholeKernel } from "../src/core/shader-module.ts";

/** One token of WGSL. */
interface Token {
  readonly text: string;
  readonly isName: boolean;
  /** White space or a comment stands before it. */
  readonly isApart: boolean;
}

const TOKEN = /(\/\/.*|\s+)|([A-Za-z_]\w*)|(0[xX][\da-fA-F]+[iu]?|(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?[iufh]?)|([^\s\w])/y;
/** What would become one token where two touch. */
const CLINGING = new Set(["--", "++", "&&", "||", "<<", ">>", "<=", ">=", "==", "!=", "->", "//", "/*"]);
/** Words of WGSL that are as short as a new name may be. */
const RESERVED = new Set(["as", "do", "fn", "if", "in", "is", "of"]);
/** Names that programs know bindings by: the element types that a variant chooses. */
const STORED = ["Source", "Result", "Parameter"];
/** Spaces of variables whose names no program knows: it finds the uniform by its binding. */
const OWN_SPACES = new Set(["workgroup", "uniform", "private"]);
/** Components of a vector, which look like members. */
const SWIZZLE = /^(?:[xyzw]{1,4}|[rgba]{1,4})$/;
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let isApart = false;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`no token of WGSL: ${text.slice(start, start + 20)}`);
    if (match[1] === undefined) tokens.push({ text: match[0], isName: match[2] !== undefined, isApart });
    isApart = match[1] !== undefined;
  }
  return tokens;
}

/** A shader's tokens by what they name. A name may be a member's and a function's at once; members stand after a dot. */
interface Parsed {
  readonly tokens: readonly Token[];
  /** Of each token the function around it, counted from 0; -1 outside. */
  readonly owner: readonly number[];
  /** Tokens that name a member of a struct, by their places. */
  readonly members: ReadonlySet<number>;
  /** Members and their types, by struct. */
  readonly structs: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Declared outside of functions: what may be renamed, and what programs call by its name. */
  readonly globals: ReadonlySet<string>;
  readonly kept: ReadonlySet<string>;
  /** Of each function the names of its parameters and variables. */
  readonly locals: readonly ReadonlySet<string>[];
}

function parse(text: string): Parsed {
  const tokens = tokensOf(text);
  const owner: number[] = [];
  const members = new Set<number>();
  const globals = new Set<string>();
  const kept = new Set<string>();
  const structs = new Map<string, ReadonlyMap<string, string>>();
  const locals: Set<string>[] = [];
  let depth = 0;
  let own = -1;
  let struct: Map<string, string> | null = null;
  let isAttribute = false;
  tokens.forEach(({ text: word, isName }, i) => {
    const before = tokens[i - 1]?.text;
    const after = tokens[i + 1]?.text;
    if (word === "fn") own = locals.push(new Set()) - 1;
    owner.push(own);
    if (word === "(" || word === "{" || word === "[") depth++;
    if (word === ")" || word === "}" || word === "]") depth--;
    if (word === "}" && depth === 0) {
      own = -1;
      struct = null;
    }
    if (!isName || word === "default") return;
    isAttribute = before === "@" || (isAttribute && before === "(");
    if (isAttribute) return;
    if (before === ".") members.add(i);
    else if (struct && after === ":") {
      members.add(i);
      struct.set(word, tokens[i + 2]!.text);
    } else if (before === "struct" || before === "alias" || before === "fn") {
      if (before === "struct") structs.set(word, (struct = new Map()));
      // An entry point, which follows its attributes, keeps its name.
      (before === "fn" && tokens[i - 2]?.text === ")" ? kept : globals).add(word);
    } else if (own < 0 && before === "override") kept.add(word);
    else if (own < 0 && (before === "const" || (before === ">" && after === ":")))
      (OWN_SPACES.has(tokens[i - 2]?.text ?? "") || before === "const" ? globals : kept).add(word);
    else if (own >= 0 && (before === "let" || before === "var" || before === "const" || after === ":")) locals[own]!.add(word);
  });
  return { tokens, owner, members, structs, globals, kept, locals };
}

/** Short names for what shaders declare: one for each name, whatever file it stands in, because files are joined in many ways. */
export interface ShaderNames {
  readonly globals: ReadonlyMap<string, string>;
  readonly members: ReadonlyMap<string, string>;
  readonly kept: ReadonlySet<string>;
}

/** Names in turn: those of one letter, then those of two. */
function* shortNames(first: string, second: string): Generator<string> {
  yield* first;
  for (const a of first) for (const b of second) if (!RESERVED.has(a + b)) yield a + b;
}

function byFrequency(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

/** Short names for all names that these texts declare outside of functions. What programs know by its name keeps it: storage bindings, overrides, entry points and the members of Params. */
export function namesOf(texts: readonly string[]): ShaderNames {
  const files = texts.map(parse);
  const kept = new Set([...STORED, ...files.flatMap((file) => [...file.kept])]);
  const structs = files.flatMap((file) => [...file.structs]);
  const called = membersOf("Params", structs);
  const named = structs.flatMap(([, members]) => [...members.keys()]);
  const own = new Set(named.filter((name) => !called.has(name) && !SWIZZLE.test(name)));
  const declared = new Set(files.flatMap((file) => [...file.globals]).filter((name) => !kept.has(name)));
  const used = (areMembers: boolean): string[] =>
    files.flatMap(({ tokens, members }) => tokens.filter((_, i) => members.has(i) === areMembers).map(({ text }) => text));
  return {
    globals: give(
      used(false).filter((name) => declared.has(name)),
      shortNames(UPPER, LOWER + UPPER),
      kept,
    ),
    members: give(
      used(true).filter((name) => own.has(name)),
      shortNames(LOWER, LOWER + UPPER),
      new Set(named.filter((name) => !own.has(name))),
    ),
    kept,
  };
}

/** Members of a struct, and of the structs that it holds. */
function membersOf(struct: string, structs: readonly (readonly [string, ReadonlyMap<string, string>])[]): Set<string> {
  const own = structs.filter(([name]) => name === struct).flatMap(([, members]) => [...members]);
  return new Set(own.flatMap(([name, type]) => [name, ...membersOf(type, structs)]));
}

/** A short name for each name; the shortest for the most frequent. */
function give(used: readonly string[], pool: Generator<string>, taken: ReadonlySet<string>): Map<string, string> {
  const given = new Map<string, string>();
  for (const name of byFrequency(used)) {
    let short = pool.next().value as string;
    while (taken.has(short)) short = pool.next().value as string;
    given.set(name, short);
  }
  return given;
}

/** The same shader in fewer bytes: short names, no comments, no space that is not needed. Directives keep lines of their own. */
export function minifyShader(text: string, names: ShaderNames): string {
  const { tokens, owner, members, locals } = parse(text);
  const shorts = locals.map((own, f) =>
    localNames(
      own,
      tokens.filter((_, i) => owner[i] === f && !members.has(i)),
      names,
    ),
  );
  let out = "";
  tokens.forEach(({ text: word, isName, isApart }, i) => {
    const before = tokens[i - 1]?.text;
    let short = word;
    if (isName && before !== "@") {
      if (members.has(i)) short = names.members.get(word) ?? word;
      else short = (owner[i]! >= 0 ? shorts[owner[i]!]!.get(word) : undefined) ?? names.globals.get(word) ?? word;
    }
    const last = out.at(-1) ?? "";
    const touches = /\w/.test(last) && /\w/.test(short[0]!);
    if (isApart && (touches || CLINGING.has(last + short[0]!))) out += " ";
    out += short;
    if (word === ";" && owner[i]! < 0 && /(?:^|\n)(?:enable|requires) \w+;$/.test(out)) out += "\n";
  });
  return out;
}

/**
 * Where in the alphabet the names of each kind begin: lines that do the same in two functions then often have the same letters, also where one function has a parameter more. That is what gzip finds
 * again: 0.7 kB of the whole library against one row of letters for all kinds.
 */
const FIRST_LETTERS = { index: "a", value: "v", parameter: "p", let: "k", var: "s", loop: "i" } as const;

/** What declares a function's own name: a parameter by its type, else the word before it. */
function kindAt(tokens: readonly Token[], i: number): keyof typeof FIRST_LETTERS {
  const before = tokens[i - 1]?.text;
  if (before === "var") return tokens[i - 3]?.text === "for" ? "loop" : "var";
  if (tokens[i + 1]?.text !== ":") return "let";
  const type = tokens[i + 2]?.text;
  return type === "u32" ? "index" : type === "Lane" || type === "f32" ? "value" : "parameter";
}

/** Names for a function's own names, those of each kind in the order in which they come: no name that means something else in it. */
function localNames(own: ReadonlySet<string>, tokens: readonly Token[], names: ShaderNames): Map<string, string> {
  const given = new Map<string, string>();
  const isOwn = (name: string): boolean => own.has(name) && !names.globals.has(name) && !names.kept.has(name);
  const taken = new Set(tokens.map(({ text }) => text).filter((name) => !isOwn(name)));
  const pools = new Map<string, Generator<string>>();
  tokens.forEach(({ text }, i) => {
    if (!isOwn(text) || given.has(text)) return;
    const first = FIRST_LETTERS[kindAt(tokens, i)];
    const place = LOWER.indexOf(first);
    const pool = pools.get(first) ?? shortNames(LOWER.slice(place) + LOWER.slice(0, place), LOWER);
    pools.set(first, pool);
    let short = pool.next().value as string;
    while (taken.has(short)) short = pool.next().value as string;
    taken.add(short);
    given.set(text, short);
  });
  return given;
}

const HEADER = /^struct (\w+)\{([^}]*)\}@group\(0\)@binding\(0\)var<uniform>(\w+):\1;((?:@group\(0\)@binding\(\d+\)var<storage,\w+>\w+:array<\w+>;)+)/;
const ENTRY = /@compute@workgroup_size\(WORKGROUP\)fn \w+\(p:(\w+)\)\{(\w+)\(p\);\}$/;

/**
 * A minified kernel with its bindings and its entry point in a few letters, which {@link wholeKernel} writes out again; another text as it is.
 * @throws Error for a kernel whose bindings are not numbered in turn, whose offsets are not the last members of its params, one for each, or whose entry point has another name or does more than hand
 * its invocation on
 */
export function shortKernel(name: string, text: string): string {
  if (!text.includes("@compute")) return text;
  const [head, struct, members, uniform, list] = HEADER.exec(text) ?? [];
  const [entry, invocation, work] = ENTRY.exec(text) ?? [];
  const bindings = [...(list ?? "").matchAll(/var<storage,(\w+)>(\w+):array<(\w+)>/g)].map(([, access, binding, element]) => ({
    binding: binding!,
    short: `${binding}${access === "read" ? "<" : ">"}${element}`,
  }));
  const offsets = bindings.map(({ binding }) => `${binding}_offset:u32,`).join("");
  const rest = text.slice(head?.length, text.length - (entry?.length ?? 0));
  const short = `${struct} ${uniform} ${bindings.map((one) => one.short).join(" ")}{${members?.slice(0, members.length - offsets.length)}}${rest}@${invocation} ${work}`;
  if (head && entry && wholeKernel(name, short) === text) return short;
  throw new Error(
    `a kernel must begin with its params, offsets of all bindings last, and its bindings in turn, and end with its entry point: ${text.slice(0, 200)}`,
  );
}
