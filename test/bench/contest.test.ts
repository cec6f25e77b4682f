import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { contest, repeated, type Contender } from "../../bench/contest.ts";

let clock = 0;
beforeEach(() => {
  clock = 0;
  vi.spyOn(performance, "now").mockImplementation(() => clock);
});
afterEach(() => vi.restoreAllMocks());

/** A call that takes so many milliseconds, by the clock above; the log has the names of fences in their order. */
function contender(name: string, variant: string, ms: number, log: string[] = [], more: Partial<Contender> = {}): Contender {
  return {
    name,
    variant,
    allocates: 0,
    run() {
      clock += ms;
    },
    fence: (results) => Promise.resolve(log.push(`${name}${variant} ${results.length}`)),
    ...more,
  };
}

const never = (): void => expect.unreachable();

test("as many calls stand under a fence as take 40 ms", async () => {
  const [quick, slow] = [contender("ours", "", 2), contender("copy", "", 50)];
  const timings = await contest([quick, slow], repeated(4), never);
  expect(timings.get(quick)).toEqual({ median: 2, p10: 2, p90: 2, n: 4, calls: 20 });
  expect(timings.get(slow)).toEqual({ median: 50, p10: 50, p90: 50, n: 4, calls: 1 });
});

test("a call that turns out faster than at the first look fills its fence all the same", async () => {
  let calls = 0;
  const log: string[] = [];
  const one = contender("ours", "", 0, log, { run: () => void (clock += ++calls <= 2 ? 40 : 5) });
  const timings = await contest([one], repeated(3), never);
  expect(log).toEqual(["ours 1", "ours 1", "ours 1", "ours 8", "ours 8"]);
  expect(timings.get(one)).toMatchObject({ median: 5, calls: 8 });
});

test("each repeat visits all, and starts one further on", async () => {
  const log: string[] = [];
  await contest([contender("a", "", 40, log), contender("b", "", 40, log), contender("c", "", 40, log)], repeated(3), never);
  expect(
    log
      .slice(-9)
      .map((word) => word[0])
      .join(""),
  ).toBe("abcbcacab");
});

test("a way that fell behind another of its name is timed no further; one of another name is", async () => {
  const way = (variant: string, ms: number): Contender => contender("peer", variant, ms, [], { mayLeave: true });
  const ways = [way("1", 10), way("2", 14), way("3", 16), contender("peer", "4", 99), contender("ours", "", 90, [], { mayLeave: true })];
  const timings = await contest(ways, repeated(2), never);
  expect([...timings.keys()]).toEqual([ways[0], ways[1], ways[3], ways[4]]);
});

test.each([
  [240, 9],
  [250, 2],
  [1000, 1],
])("a call of %i ms is repeated %i times of 9", async (ms, repeats) => {
  const slow = contender("peer", "", ms);
  expect((await contest([slow], repeated(9), never)).get(slow)!.n).toBe(repeats);
});

test("results are freed, and outputs that a call allocates limit the calls under a fence", async () => {
  const freed: unknown[] = [];
  const one = contender("peer", "", 1, [], { allocates: 2 ** 26, run: () => ((clock += 1), Promise.resolve("made")), free: (result) => freed.push(result) });
  const { calls, n } = (await contest([one], repeated(2), never)).get(one)!;
  expect([calls, n]).toEqual([4, 2]);
  expect(new Set(freed)).toEqual(new Set(["made"]));
  expect(freed.length).toBeGreaterThan(8);
});

test("what throws is told of and has no timing; the others go on", async () => {
  let calls = 0;
  const breaks = contender("peer", "", 30, [], {
    run() {
      clock += 30;
      if (++calls > 5) throw new Error("out of memory");
    },
  });
  const refuses = contender("peer", "2", 30, [], { fence: () => Promise.reject(new Error("lost")) });
  const sound = contender("ours", "", 30);
  const failed: [Contender, unknown][] = [];
  const timings = await contest([breaks, refuses, sound], repeated(9), (...told) => failed.push(told));
  expect([...timings.keys()]).toEqual([sound]);
  expect(failed.map(([{ variant }, error]) => [variant, String(error)])).toEqual([
    ["2", "Error: lost"],
    ["", "Error: out of memory"],
  ]);
});
