import { describe, expect, test } from "vitest";
import { summarize, winner, type Timing } from "../../src/tune/contest.ts";

const timing = (choice: Timing["choice"], median: number, spread = 1, calls = 1000): Timing => ({ choice, median, spread, calls, repeats: 7 });

describe("the winner", () => {
  const model = timing("row/subgroup", 100);

  test("is the fastest, where its win exceeds spread, grain and 3 %", () => {
    expect(winner([model, timing("row/workgroup", 80)], "row/subgroup", 0.1)).toBe("row/workgroup");
    expect(winner([timing("row/workgroup", 80), model, timing("run", 70)], "row/subgroup", 0.1)).toBe("run");
  });

  test.each<[string, Timing[], number]>([
    ["nothing is faster", [model, timing("row/workgroup", 100.5)], 0.1],
    ["the win is below 3 %", [model, timing("row/workgroup", 98)], 0],
    ["the model's own repeats differ by as much", [timing("row/subgroup", 100, 25), timing("row/workgroup", 80)], 0.1],
    ["the other's repeats differ by as much", [model, timing("row/workgroup", 80, 25)], 0.1],
    ["the clock cannot tell: 1.1 ms over 40 calls is 27 us a call", [timing("row/subgroup", 100, 1, 40), timing("row/workgroup", 80, 1, 40)], 1.1],
    ["one way was timed with too few calls", [model, timing("row/workgroup", 80, 1, 40)], 1.1],
  ])("is the model's pick where %s", (_, timings, grain) => {
    expect(winner(timings, "row/subgroup", grain)).toBe("row/subgroup");
  });
});

test("repeats are told by their middle and the distance between their quarters, so that one outlier changes nothing", () => {
  expect(summarize([3])).toEqual({ median: 3, spread: 0 });
  expect(summarize([5, 1, 3, 2, 4])).toEqual({ median: 3, spread: 2 });
  expect(summarize([5000, 1, 3, 2, 4])).toEqual({ median: 3, spread: 2 });
  expect(summarize([4, 1, 3, 2])).toEqual({ median: 2.5, spread: 1.5 });
});
