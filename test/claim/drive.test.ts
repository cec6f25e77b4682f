import { expect, test } from "vitest";
import { drive, thinned, type Trainee } from "../../claim/drive.ts";

/** A lane whose loss after step k is `loss(k)`; it tells its accuracy by its steps. */
function lane(loss: (step: number) => number | null): Trainee & { asked: number[]; tested: number[] } {
  let steps = 0;
  const [asked, tested]: number[][] = [[], []];
  return {
    learningRate: 0.1,
    asked: asked!,
    tested: tested!,
    advance: async (count) => {
      asked!.push(count);
      const losses: (number | null)[] = [];
      while (losses.length < count && losses.at(-1) !== null) losses.push(loss(++steps));
      return losses;
    },
    accuracy: async (digits) => {
      tested!.push(digits);
      return steps / 1000;
    },
  };
}

function settings(samples: number): Parameters<typeof drive>[2] {
  return { samples, network: { version: 1, text: "", testDigits: 900 } };
}

function clock(): { now(): number } {
  let time = Date.parse("2026-01-02T00:00:00Z");
  return { now: () => (time += 5000) };
}

test("a run sees as many digits as were asked for, and is measured on its way", async () => {
  const trainee = lane((step) => 1 / step);
  const run = await drive({ norm: "group", batch: 4, seed: 2 }, trainee, settings(2000), clock());
  expect(trainee.asked.reduce((sum, count) => sum + count, 0)).toBe(500);
  expect(Math.max(...trainee.asked)).toBe(100);
  expect(run.accuracy).toEqual([
    [500, 0.125],
    [1000, 0.25],
    [1500, 0.375],
    [2000, 0.5],
  ]);
  expect(trainee.tested).toEqual([200, 200, 200, 900]);
  expect(run.loss).toHaveLength(32);
  expect(run.loss.at(-1)![0]).toBe(2000);
  expect(run).toMatchObject({ norm: "group", batch: 4, seed: 2, learningRate: 0.1, divergedAt: null, seconds: 5, finished: "2026-01-02T00:00:10.000Z" });
});

test("a run of fewer steps than measurements is measured after each", async () => {
  const run = await drive({ norm: "group", batch: 16, seed: 0 }, lane(() => 1), settings(32), clock()); // prettier-ignore
  expect(run.accuracy.map(([seen]) => seen)).toEqual([16, 32]);
  expect(run.loss).toEqual([
    [16, 1],
    [32, 1],
  ]);
});

test("a run whose loss is no number ends there, and says so", async () => {
  const trainee = lane((step) => (step < 30 ? 3 : null));
  const run = await drive({ norm: "none", batch: 2, seed: 0 }, trainee, settings(80), clock()); // prettier-ignore
  expect(trainee.tested).toEqual([200, 200, 900]);
  expect(run.divergedAt).toBe(60);
  expect(run.accuracy).toEqual([
    [20, 0.01],
    [40, 0.02],
    [60, 0.03],
  ]);
  expect(run.loss.at(-1)).toEqual([58, 3]);
});

test("a run that diverges at once has no losses, but an accuracy", async () => {
  const run = await drive({ norm: "none", batch: 2, seed: 0 }, lane(() => null), settings(80), clock()); // prettier-ignore
  expect(run).toMatchObject({ divergedAt: 2, loss: [], accuracy: [[2, 0.001]] });
});

test("losses are averaged over stretches as equal as whole steps allow", () => {
  expect(thinned([1, 3, 5, 7], 2, 2)).toEqual([
    [4, 2],
    [8, 6],
  ]);
  expect(thinned([1, 3, 5], 1, 2)).toEqual([
    [2, 2],
    [3, 5],
  ]);
  expect(thinned([], 1, 2)).toEqual([]);
});
