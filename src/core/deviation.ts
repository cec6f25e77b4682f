import { OptionError, ShapeError } from "./errors.ts";
import { checkWord } from "./options.ts";
import { formatShape, type Shape } from "./shape.ts";

/** `insideVariance`: rstd = 1 / sqrt(variance + eps). `outsideStd`: rstd = 1 / (sqrt(variance) + eps). */
export type EpsMode = "insideVariance" | "outsideStd";

/** The variance is divided by n (0) or by n - 1 (1). */
export type Correction = 0 | 1;

/** Refuses values that are none, and statistics of one value that are to be divided by n - 1. @throws OptionError, ShapeError */
export function checkDeviation(call: string, name: string, x: Shape, count: number, epsMode: EpsMode, correction: Correction): void {
  checkWord(call, "epsMode", epsMode, ["insideVariance", "outsideStd"]);
  if (correction !== 0 && correction !== 1) throw new OptionError(`${call}: correction is ${String(correction)}; wanted 0 or 1`);
  if (correction === 1 && count === 1) throw new ShapeError(`${call}: ${name} is ${formatShape(x)}; correction 1 needs more than 1 value per statistic`);
}
