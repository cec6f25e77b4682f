import { describe, expect, test } from "vitest";
import { planBackward } from "../../src/plan/backward-plan.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { backwardOf } from "./backward-requests.ts";
import { along, batch, DEVICES, group, instance, layer, request } from "./requests.ts";

const kernels = (plan: Plan): string => plan.dispatches.map(({ kernel }) => kernel).join(" ");
const CELLS = "sum-gradient merge-gradient merge-parameter apply-gradient";

describe.each(Object.entries(DEVICES))("%s", (_, device) => {
  test("one pass sums what statistics and parameters need where gamma stays the same over a cell", () => {
    for (const forward of [batch([8, 16, 28, 28], 1), batch([8, 28, 28, 16], 3), instance([8, 28, 28, 16], 3), group([2, 8, 200, 200], 2)]) {
      const plan = planBackward(backwardOf(forward), device);
      expect(kernels(plan)).toBe(CELLS);
      // x and dy twice, dx once.
      expect(plan.bytesMoved).toBe(5 * 4 * forward.shape.reduce((a, b) => a * b, 1));
    }
  });

  test("given statistics: no merge without dmean and dvariance", () => {
    const fixed = batch([8, 16, 28, 28], 1, "fixed");
    const wants = { dx: true, dgamma: true, dbeta: true, dmean: false, dvariance: false };
    expect(kernels(planBackward(backwardOf(fixed, { wants }), device))).toBe("sum-gradient merge-parameter apply-gradient");
    expect(kernels(planBackward(backwardOf(fixed), device))).toBe(CELLS);
  });

  test("no slice is too long for its sums, and no merge too long for its team", () => {
    const wide = request([2, 4_000_000], [1], { parameters: { gamma: along([2, 4_000_000], []) } });
    for (const forward of [layer(400_000, 24), layer(24, 400_000), layer(1, 9_000_000), batch([400_000, 24], 1), instance([400_000, 3, 16], 1), wide]) {
      const { dispatches } = planBackward(backwardOf(forward), device);
      const values = forward.shape.reduce((a, b) => a * b, 1);
      for (const { kernel, params, variant } of dispatches) {
        if (kernel === "sum-gradient") expect(values / params["teams"]!).toBeLessThanOrEqual(16384 * 4);
        if (kernel === "merge-parameter")
          expect(params["teams"]! >= 64 || params["span"]! <= 4096, `${params["teams"]} x ${params["span"]} ${variant.team}`).toBe(true);
      }
    }
  });

  test("axes that alternate are brought into rows, and dx is brought back", () => {
    const { walk, dispatches } = planBackward(backwardOf(request([3, 4, 5, 6], [0, 2])), device);
    expect(walk).toBe("general");
    expect([dispatches[0]!.kernel, dispatches[1]!.kernel, dispatches.at(-1)!.kernel]).toEqual(["gather", "gather", "gather"]);
    expect(dispatches.at(-1)!.bindings).toEqual({ source: "dx_rows", gathered: "dx" });
  });

  test("an order of more than six axes is refused by name", () => {
    const shape = [2, 2, 2, 2, 2, 2, 2, 3];
    const reversed = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
    expect(() => planBackward(backwardOf(request(shape, [7], { parameters: { gamma: reversed } })), device)).toThrow("dgamma lies in an order of 8 axes");
  });

  test("what a plan reads of its own memory, it wrote before", () => {
    for (const forward of [layer(64, 96), batch([4, 8, 36], 1), group([4, 8, 36], 2), request([3, 4, 5, 6], [0, 2])]) {
      const { dispatches, scratch } = planBackward(backwardOf(forward), device);
      const written = new Set<string>();
      const outputs = new Set(["partials", "coefficients", "gathered", "condensed", "sums", "dx", "dgamma", "dbeta"]);
      for (const { kernel, bindings } of dispatches) {
        for (const [binding, role] of Object.entries(bindings)) {
          const writes =
            outputs.has(binding) &&
            !(binding === "partials" && /^merge|sum-partials/.test(kernel)) &&
            !(binding === "coefficients" && kernel.startsWith("apply"));
          if (writes) written.add(role);
          else if (role in scratch) expect(written, `${kernel} ${binding}`).toContain(role);
        }
      }
    }
  });
});
