import { NAMES, type Cost } from "./cost.ts";

/** Costs by case, then by class of device. */
export type Costs = Readonly<Record<string, Readonly<Record<string, Cost>>>>;

const numbersOf = (cost: Cost): string => NAMES.map((name) => `${name} ${cost[name]}`).join(", ");

/** As test/guard/recorded.txt has it: a case, and under it a line for each set of classes that cost the same. */
export function format(costs: Costs): string {
  const lines = Object.entries(costs).flatMap(([id, classes]) => {
    const alike = new Map<string, string[]>();
    for (const [name, cost] of Object.entries(classes)) alike.set(numbersOf(cost), [...(alike.get(numbersOf(cost)) ?? []), name]);
    return [id, ...[...alike].map(([numbers, names]) => `  ${names.join(" + ")}: ${numbers}`)];
  });
  return [...lines, ""].join("\n");
}

/** The reverse. @throws Error at a line that `format` does not write */
export function parse(text: string): Costs {
  const costs: Record<string, Record<string, Cost>> = {};
  let classes: Record<string, Cost> | undefined;
  for (const line of text.split("\n").filter(Boolean)) {
    if (!line.startsWith("  ")) {
      costs[line] = classes = {};
      continue;
    }
    const [names, numbers] = line.trim().split(": ");
    const found = Object.fromEntries((numbers ?? "").split(", ").map((pair) => [pair.split(" ")[0], Number(pair.split(" ")[1])])) as unknown as Cost;
    if (!classes || NAMES.some((name) => !Number.isFinite(found[name]))) throw new Error(`test/guard/recorded.txt: "${line}" is no line of costs`);
    for (const name of names!.split(" + ")) classes[name] = found;
  }
  return costs;
}

const RECORD = "npm run guard -- --record";

/** What to say of costs that are not the recorded ones; nothing where all are. */
export function complaints(recorded: Costs, found: Costs): string[] {
  const said: string[] = [];
  for (const [id, classes] of Object.entries(found)) {
    for (const [name, cost] of Object.entries(classes)) {
      const known = recorded[id]?.[name];
      if (!known) said.push(`${id} on ${name}: not recorded yet; record it: ${RECORD}`);
      else for (const what of NAMES) said.push(...judge(`${id} on ${name}: ${what}`, known[what], cost[what]));
    }
    for (const name of Object.keys(recorded[id] ?? {}))
      if (!classes[name]) said.push(`${id} on ${name}: recorded, but no class any more; record it: ${RECORD}`);
  }
  for (const id of Object.keys(recorded)) if (!found[id]) said.push(`${id}: recorded, but no case any more; record it: ${RECORD}`);
  return said;
}

function judge(what: string, known: number, now: number): string[] {
  if (now > known) return [`${what} rose from ${known} to ${now}. A rise needs its reason in the commit message; then record it: ${RECORD}`];
  return now < known ? [`${what} fell from ${known} to ${now}: well done; record it, so that it stays: ${RECORD}`] : [];
}
