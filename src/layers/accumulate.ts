import { OptionError } from "../core/errors.ts";

/** Refuses `accumulate` where a gradient, by its name in `out`, has nothing to be added to. @throws OptionError */
export function checkAddedTo(call: string, out: Readonly<Record<string, unknown>>): void {
  for (const [name, found] of Object.entries(out)) {
    if (!found) throw new OptionError(`${call}: accumulate is true; out.${name} is missing, to which ${name} would be added`);
  }
}
