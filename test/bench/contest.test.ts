import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { contest, repeated, STEADY, type Contender, type Effort } from "../../bench/contest.ts";

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

test("a contender runs until it has enough, each by its own count", async () => {
  const effort: Effort = { warmUp: null, isEnough: ({ runs, spent }) => runs >= 5 || spent >= 1000 };
  const [quick, slow] = [contender("ours", "", 40), contender("peer", "", 400)];
  const timings = await contest([quick, slow], effort, never);
  expect([timings.get(quick)!.n, timings.get(slow)!.n]).toEqual([5, 3]);
});

test("it is warm when three runs in a row agree, or after so many; those runs do not count", async () => {
  const effort: Effort = { warmUp: { within: 0.05, most: 6, ms: 1000 }, isEnough: ({ runs }) => runs >= 2 };
  let runs = 0;
  // Two runs are the first look's.
  const settles = contender("ours", "", 0, [], { run: () => void (clock += [80, 80, 90, 80, 60, 61, 60][runs++] ?? 50) });
  let odd = 0;
  const never3 = contender("peer", "", 0, [], { run: () => void (clock += odd++ % 2 ? 50 : 60) });
  const timings = await contest([settles, never3], effort, never);
  expect(timings.get(settles)).toMatchObject({ median: 50, n: 2, warmUps: 5 });
  expect(timings.get(never3)).toMatchObject({ n: 2, warmUps: 6 });
  const slow = contender("peer", "", 600);
  expect((await contest([slow], effort, never)).get(slow)).toMatchObject({ n: 2, warmUps: 2 });
});

test("of those that say so only the fastest few of a name are timed on", async () => {
  const copies = [30, 20, 25, 40].map((ms) => contender("copy", String(ms), ms, [], { keep: 2 }));
  const timings = await contest([...copies, contender("ours", "", 99, [], { keep: 2 })], repeated(2), never);
  expect([...timings.keys()].map(({ name, variant }) => name + variant)).toEqual(["copy20", "copy25", "ours"]);
});

test("a run that was disturbed counts for nothing and is made again", async () => {
  let runs = 0;
  const one = contender("ours", "", 50, [], { run: () => void (clock += ++runs === 4 ? 9000 : 50) });
  const timings = await contest([one], repeated(3), never, { ...STEADY, isDisturbed: () => runs === 4 });
  expect(timings.get(one)).toMatchObject({ n: 3, p90: 50 });
});

test("what stands before a run ends the contest by throwing, and no contender is blamed for it", async () => {
  let left = 3;
  const ready = (): Promise<void> => (left-- > 0 ? Promise.resolve() : Promise.reject(new Error("stopped")));
  await expect(contest([contender("ours", "", 50)], repeated(99), never, { ...STEADY, ready })).rejects.toThrow("stopped");
  left = 1;
  const breaks = contender("ours", "", 50, [], { fence: () => Promise.reject(new Error("lost")) });
  await expect(contest([breaks], repeated(9), never, { ...STEADY, ready })).rejects.toThrow("stopped");
});
