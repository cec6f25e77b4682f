import { OptionError } from "./errors.ts";

/** Refuses a word that is none of these. @throws OptionError */
export function checkWord<Word extends string>(call: string, name: string, found: Word, words: readonly Word[]): Word {
  if (!words.includes(found)) throw new OptionError(`${call}: ${name} is ${String(found)}; wanted ${words.map((word) => `"${word}"`).join(" or ")}`);
  return found;
}

/** Refuses what is no number that f32 can hold, or is below `least`. @throws OptionError */
export function checkFinite(call: string, name: string, found: number, least?: number): number {
  // Only a number is finite to Number; what Math makes a number of may be a word, a list or nothing.
  if (Number.isFinite(found) && Number.isFinite(Math.fround(found)) && !(found < least!)) return found;
  throw new OptionError(`${call}: ${name} is ${String(found)}; wanted a finite number${least === undefined ? "" : ` from ${least}`}`);
}
