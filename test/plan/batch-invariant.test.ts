import { describe, expect, test } from "vitest";
import { planBackward } from "../../src/plan/backward-plan.ts";
import type { Capabilities } from "../../src/plan/capabilities.ts";
import { planForward } from "../../src/plan/forward-plan.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { ForwardRequest } from "../../src/plan/request.ts";
import { backwardOf } from "./backward-requests.ts";
import { DEVICES, group, instance, layer } from "./requests.ts";

const ROWS = [1, 2, 3, 17, 64, 300, 5000, 100_000];

/** The pipelines that make y or dx: all dispatches but those that only sum gradients of parameters. */
function pipelines({ dispatches }: Plan): unknown[] {
  return dispatches.filter(({ kernel }) => kernel !== "sum-partials").map(({ kernel, variant, overrides }) => ({ kernel, variant, overrides }));
}

const REQUESTS: Readonly<Record<string, (rows: number) => ForwardRequest>> = {
  "rows of 6": (rows) => layer(rows, 6),
  "rows of 96": (rows) => layer(rows, 96),
  "rows of 768": (rows) => layer(rows, 768),
  "rows of 1023": (rows) => layer(rows, 1023),
  "rows of 20000": (rows) => layer(rows, 20_000),
  "groups of 4 channels": (rows) => group([rows, 32, 14, 14], 8),
  "planes of 49": (rows) => instance([rows, 16, 7, 7], 1),
};

describe.each(Object.entries(DEVICES))("%s", (_, device) => {
  const invariant: Capabilities = { ...device, batchInvariant: true };

  test.each(Object.entries(REQUESTS))("%s: the kernels are those of one row, however many there are", (_name, asked) => {
    for (const rows of ROWS) {
      expect(pipelines(planForward(asked(rows), invariant)), `${rows} rows`).toEqual(pipelines(planForward(asked(1), invariant)));
      expect(pipelines(planBackward(backwardOf(asked(rows)), invariant)), `${rows} rows, backward`).toEqual(
        pipelines(planBackward(backwardOf(asked(1)), invariant)),
      );
    }
  });

  test("without the wish, the number of rows counts", () => {
    const found = ROWS.map((rows) => JSON.stringify(pipelines(planForward(layer(rows, 20_000), device))));
    expect(new Set(found).size).toBeGreaterThan(1);
  });
});
