import { expect, test } from "vitest";
import { Memory } from "../../src/gpu/memory.ts";

test("remembers, makes a value once, and forgets what was not asked for longest", () => {
  const memory = new Memory<string>(2);
  const made: string[] = [];
  const ask = (key: string): string =>
    memory.remember(key, () => {
      made.push(key);
      return key.toUpperCase();
    });
  expect([ask("a"), ask("b"), ask("a"), ask("c"), ask("a"), ask("b")]).toEqual(["A", "B", "A", "C", "A", "B"]);
  expect(made).toEqual(["a", "b", "c", "b"]);
});
