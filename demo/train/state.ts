import { oneOf, oneOfNumbers, someOf, stepped, type Fields } from "../shell/fields.ts";
import { BATCHES, NORM_NAMES, type Batch, type NormName } from "./norms.ts";

/** How long a round of steps takes at least, in milliseconds. */
export const SPEEDS = { slow: 1000, steady: 200, full: 0 } as const;
export type Speed = keyof typeof SPEEDS;

/** Everything that Train is asked for. */
export interface TrainState {
  readonly lanes: readonly NormName[];
  readonly batch: Batch;
  /** Of the filters that lanes start with, and of the order of the digits. */
  readonly seed: number;
  readonly speed: Speed;
}

export const FIELDS: Fields<TrainState> = {
  lanes: someOf(NORM_NAMES, ["none", "batch", "group", "group+ws"]),
  batch: oneOfNumbers(BATCHES, 4) as Fields<TrainState>["batch"],
  seed: stepped(1, 9999, 1, 1),
  speed: oneOf(Object.keys(SPEEDS) as Speed[], "full"),
};
