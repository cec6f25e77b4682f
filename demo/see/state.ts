import { oneOf, oneOfNumbers, stepped, yesOrNo, type Fields } from "../shell/fields.ts";
import { NORM_NAMES, NORMS, type Extents, type NormName } from "./norms.ts";

const SIZES = ["small", "medium", "large"] as const;
type Size = (typeof SIZES)[number];

/** Height and width: of feature maps, and of a weight's window. */
export const SIDES: Readonly<Record<Size, { readonly maps: number; readonly weight: number }>> = {
  small: { maps: 7, weight: 3 },
  medium: { maps: 14, weight: 5 },
  large: { maps: 28, weight: 7 },
};

export const EPS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10] as const;

/** Everything that See shows, but for a picture that a person brought. */
export interface SeeState {
  readonly norm: NormName;
  readonly n: number;
  readonly c: number;
  readonly groups: number;
  readonly size: Size;
  readonly eps: number;
  readonly gamma: number;
  readonly beta: number;
  /** The first digit of the batch. */
  readonly first: number;
  /** Each sample in another light. */
  readonly uneven: boolean;
  /** What the cube shows: what goes in, or what comes out. */
  readonly shows: "x" | "y";
  /** Degrees about the upright axis. */
  readonly turn: number;
  /** How far the cube is pulled apart, in percent. */
  readonly spread: number;
  /** The statistic that is lit. */
  readonly at: number;
}

export const FIELDS: Fields<SeeState> = {
  norm: oneOf(NORM_NAMES, "batch"),
  n: stepped(1, 8, 1, 4),
  c: stepped(1, 12, 1, 6),
  groups: stepped(1, 12, 1, 2),
  size: oneOf(SIZES, "large"),
  eps: oneOfNumbers(EPS, 1e-5),
  gamma: stepped(-3, 3, 0.05, 1),
  beta: stepped(-3, 3, 0.05, 0),
  first: stepped(0, 99, 1, 1),
  uneven: yesOrNo(true),
  shows: oneOf(["x", "y"], "x"),
  turn: stepped(-70, 70, 1, 32),
  spread: stepped(0, 100, 1, 75),
  at: stepped(0, 95, 1, 1),
};

export function extentsOf(state: SeeState): Extents {
  const { maps, weight } = SIDES[state.size];
  return { n: state.n, c: state.c, side: NORMS[state.norm].isWeight ? weight : maps, groups: state.groups };
}

/** The counts of groups that divide these channels. */
export function divisors(channels: number): number[] {
  return Array.from({ length: channels }, (_, i) => i + 1).filter((count) => channels % count === 0);
}

/** The state with groups that divide the channels and a statistic that there is. */
export function settled(state: SeeState): SeeState {
  const groups = divisors(state.c).reduce((best, count) => (Math.abs(count - state.groups) < Math.abs(best - state.groups) ? count : best));
  const count = NORMS[state.norm].count({ ...extentsOf(state), groups });
  return { ...state, groups, at: Math.min(state.at, count - 1) };
}
