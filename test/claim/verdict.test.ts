import { expect, test } from "vitest";
import { findings, interval, intervalText, judge, verdictSentences } from "../../claim/verdict.ts";
import { madeUpLane, madeUpRun } from "./made-up.ts";

test("a 95 % interval is Student's", () => {
  const { mean, low, high, n } = interval([1, 2, 3]);
  expect([mean, n]).toEqual([2, 3]);
  expect(high - mean).toBeCloseTo(4.303 / Math.sqrt(3), 10);
  expect(mean - low).toBeCloseTo(high - mean, 12);
  expect(interval([4])).toEqual({ mean: 4, low: -Infinity, high: Infinity, n: 1 });
  const many = interval(Array.from({ length: 30 }, (_, i) => i % 2));
  expect(many.high - many.mean).toBeCloseTo((2.262 * Math.sqrt(7.5 / 29)) / Math.sqrt(30), 10);
});

test.each([
  [{ low: 0.1, high: 2 }, 0, "agrees"],
  [{ low: -2, high: -0.1 }, 0, "disagrees"],
  [{ low: -0.1, high: 2 }, 0, "cannot tell"],
  [{ low: -0.9, high: 2 }, -1, "agrees"],
  [{ low: -3, high: -1.5 }, -1, "disagrees"],
  [{ low: -Infinity, high: Infinity }, 0, "cannot tell"],
])("%o above %d: %s", (limits, atLeast, outcome) => {
  expect(judge({ ...limits, mean: 0, n: 3 }, atLeast)).toBe(outcome);
});

/** By the claim's first words, what is found of it. */
function outcomes(runs: Parameters<typeof findings>[0]): Record<string, string> {
  return Object.fromEntries(findings(runs).map(({ claim, outcome }) => [claim, outcome]));
}

const AS_IN_THE_PAPERS = [
  ...madeUpLane("batch", 1, [0.6, 0.61, 0.59]),
  ...madeUpLane("batch", 16, [0.95, 0.951, 0.949]),
  ...madeUpLane("group", 1, [0.9, 0.91, 0.9]),
  ...madeUpLane("group", 16, [0.92, 0.925, 0.92]),
  ...madeUpLane("group+ws", 1, [0.96, 0.97, 0.96]),
  ...madeUpLane("group+ws", 16, [0.97, 0.98, 0.97]),
];

test("figures as in the papers agree with every claim", () => {
  expect(outcomes(AS_IN_THE_PAPERS)).toEqual({
    "GN + WS beats BN at batch 1": "agrees",
    "WS improves GN at batch 1": "agrees",
    "WS improves GN at batch 16": "agrees",
    "GN + WS at batch 1 matches BN at batch 16 (1 point less at most)": "agrees",
    "BN loses more than GN from batch 16 to batch 1": "agrees",
  });
});

test("the other way round they disagree, and where seeds differ more than norms nobody can tell", () => {
  const turned = { batch: "group+ws", "group+ws": "batch", group: "group" } as const;
  expect(outcomes(AS_IN_THE_PAPERS.map((run) => ({ ...run, norm: turned[run.norm as keyof typeof turned] })))).toMatchObject({
    "GN + WS beats BN at batch 1": "disagrees",
    "WS improves GN at batch 1": "disagrees",
    "GN + WS at batch 1 matches BN at batch 16 (1 point less at most)": "disagrees",
  });
  const noisy = [...madeUpLane("batch", 4, [0.9, 0.7, 0.8]), ...madeUpLane("group+ws", 4, [0.8, 0.9, 0.85])];
  expect(outcomes(noisy)).toEqual({ "GN + WS beats BN at batch 4": "cannot tell" });
});

test("differences are taken seed by seed, of the seeds that both lanes have", () => {
  const runs = [...madeUpLane("batch", 1, [0.5, 0.9, 0.2]), ...madeUpLane("group+ws", 1, [0.51, 0.912]), madeUpRun("group+ws", 1, 9, 0.1)];
  const [found] = findings(runs);
  expect(found!.difference).toBe("GN + WS 1 − BN 1");
  expect(found!.found.n).toBe(2);
  expect(found!.found.mean).toBeCloseTo(1.1, 10);
});

test("one seed cannot tell, one batch size says nothing of shrinking, and a large one is not small", () => {
  const one = [...madeUpLane("batch", 16, [0.5]), ...madeUpLane("group", 16, [0.6]), ...madeUpLane("group+ws", 16, [0.9])];
  expect(outcomes(one)).toEqual({ "WS improves GN at batch 16": "cannot tell" });
  expect(intervalText(findings(one)[0]!.found)).toBe("+30.00 (one seed)");
});

test("sentences count every outcome and name its claims with their figures", () => {
  expect(verdictSentences(findings(AS_IN_THE_PAPERS.filter(({ batch, norm }) => batch === 1 && norm !== "group")))).toEqual([
    "**Agrees with the papers** in 1 of 1 comparisons: GN + WS beats BN at batch 1 (+36.33 points).",
    "**Disagrees** in 0.",
    "**Cannot tell** in 0.",
  ]);
  expect(verdictSentences([])).toEqual(["The runs so far allow no comparison with the papers."]);
  expect(intervalText({ mean: -1.25, low: -2, high: 0.5, n: 3 })).toBe("−1.25 (−2.00 to +0.50)");
});
