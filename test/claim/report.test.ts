import { expect, test } from "vitest";
import { accuracyText, filled, results } from "../../claim/report.ts";
import { madeUpLane, madeUpRecord, madeUpRun } from "./made-up.ts";

const PICTURES = { curves: "curves.svg", finals: "finals.svg" };

test("a cell has mean, deviation, extremes and what diverged", () => {
  expect(accuracyText(madeUpLane("batch", 1, [0.9, 0.92, 0.94]))).toBe("**92.0** ± 2.0 (90.0–94.0, n 3)");
  expect(accuracyText([madeUpRun("none", 1, 0, 0.1, 32), madeUpRun("none", 1, 1, 0.3)])).toBe("**20.0** ± 14.1 (10.0–30.0, n 2; 1 of 2 diverged)");
  expect(accuracyText([madeUpRun("none", 1, 0, 0.9)])).toBe("90.0 (one seed)");
  expect(accuracyText([])).toBe("not run");
});

test("the page names its adapter, command, date, network, and what is missing or diverged", () => {
  const runs = [...madeUpLane("batch", 1, [0.9, 0.92]), ...madeUpLane("group+ws", 1, [0.95]), madeUpRun("none", 1, 0, 0.1, 32), madeUpRun("none", 1, 1, 0.2)];
  const text = results(madeUpRecord(runs), PICTURES);
  expect(text).toContain("`npm run claim -- --samples 64`, 2026-01-02: 5 runs in 3 minutes, each of 64 digits, with 500 others as test.");
  expect(text).toContain("google swiftshader, a software adapter: a CPU runs the shaders");
  expect(text).toContain("Network 3: two layers.");
  expect(text).toContain("Not run yet: group+ws, batch 1, seed 1. The same command goes on with them.");
  expect(text).toContain("Diverged, and counted with the accuracy that was left: none, batch 1, seed 0 (after 32 digits).");
  expect(text).toContain("| BatchNorm | **91.0** ± 1.4 (90.0–92.0, n 2) |");
  expect(text).toContain("| BatchNorm, batch 1 | 0.01 | 45.5 | 91.0 | 1.500 |");
  expect(text).toContain("| GN + WS beats BN at batch 1 (WS) | GN + WS 1 − BN 1 | +5.00 (one seed) | cannot tell |");
  expect(text).toContain("(curves.svg)");
  expect(text).toContain("(finals.svg)");
});

test("a whole record misses nothing, and an empty one says so", () => {
  const text = results(madeUpRecord(madeUpLane("batch", 1, [0.9])), PICTURES);
  expect(text).not.toContain("Not run yet");
  expect(text).not.toContain("Diverged");
  expect(results(madeUpRecord([]), PICTURES)).toBe("No run has ended yet.\n");
});

test("only what is between the markers is replaced, as often as one likes", () => {
  const fresh = filled(null, "one\n");
  const page = `${fresh.replace("# Norms and batch size", "# By hand")}\nafter\n`;
  const again = filled(filled(page, "two\n"), "three\n");
  expect(again).toBe(page.replace("one", "three"));
  expect(() => filled("# nothing\n", "one")).toThrow('README.md has no part between "<!-- results: written by npm run claim -->"');
});
