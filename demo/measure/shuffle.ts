import { shuffle } from "../shuffle.ts";

/** The items in an order that the seed decides, the same for the same seed. */
export function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const result = [...items];
  let state = seed >>> 0;
  const uniform = (): number => {
    // Numerical Recipes' generator; its upper bits are the good ones.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  uniform();
  shuffle(result, uniform);
  return result;
}
