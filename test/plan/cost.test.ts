import { describe, expect, test } from "vitest";
import { planBackward } from "../../src/plan/backward-plan.ts";
import type { Capabilities } from "../../src/plan/capabilities.ts";
import { CHOICES, forwardChoices, type Choice } from "../../src/plan/choice.ts";
import { cost } from "../../src/plan/cost.ts";
import { COSTS } from "../../src/plan/costs.ts";
import { forwardWays, planForward } from "../../src/plan/forward-plan.ts";
import type { ForwardRequest } from "../../src/plan/request.ts";
import { LATE_MARGIN } from "../../src/plan/thresholds.ts";
import { backwardOf } from "./backward-requests.ts";
import { CLASSES, FORWARD } from "./plans.ts";
import { batch, DEVICES, instance, layer } from "./requests.ts";

const { software, gpu, plain } = DEVICES;
const priced = (asked: ForwardRequest, choice: Choice, device: Capabilities): number => cost(planForward(asked, device, choice), asked.view, device);

/** Milliseconds of a vec4 copy of x on the machine that the software constants come from. */
const copyOf = (values: number): number => (values / (4096 * 768)) * 7.7;

describe("the model", () => {
  test.each<[string, ForwardRequest, Choice, number, number]>([
    // Case, way, measured time / time of a copy on SwiftShader (docs/decisions.md, "plans for a CPU"), and how far the model may be off.
    ["4096 x 768, one row an invocation", layer(4096, 768), "row/invocation/1", 2.2, 0.2],
    ["4096 x 768, four rows", layer(4096, 768), "row/invocation/4", 1.6, 0.2],
    ["512 x 4096, four rows", layer(512, 4096), "row/invocation/4", 1.6, 0.2],
    ["64 x 65536, four rows", layer(64, 65_536), "row/invocation/4", 1.6, 0.2],
    ["65536 x 64, one row", layer(65_536, 64), "row/invocation/1", 3.1, 0.2],
    ["65536 x 68, four rows", layer(65_536, 68), "row/invocation/4", 2.4, 0.2],
    ["65536 x 64, held", layer(65_536, 64), "row/invocation/4", 1.6, 0.2],
    ["4096 x 768, a workgroup of 64 a row", layer(4096, 768), "row/workgroup", 31, 0.7],
  ])("is what it was made from: %s", (_, asked, choice, measured, off) => {
    const copies = priced(asked, choice, { ...software, subgroups: false }) / 1000 / copyOf(asked.view.statistics * asked.view.count);
    expect(copies).toBeGreaterThan(measured / (1 + off));
    expect(copies).toBeLessThan(measured * (1 + off));
  });

  test.each(Object.entries(CLASSES))("picks the cheapest way on %s, whatever the case", (_, device) => {
    for (const [name, asked] of Object.entries(FORWARD)) {
      const ways = forwardWays(asked, device);
      expect(ways.map(({ choice }) => choice).toSorted(), name).toEqual(forwardChoices(asked, device).toSorted());
      expect(planForward(asked, device), name).toEqual(ways[0]!.plan);
      for (const [i, way] of ways.entries()) {
        expect(way.cost, name).toBeGreaterThanOrEqual(i ? ways[i - 1]!.cost : 1);
        // What is ready late must promise half as much again.
        const own = cost(way.plan, asked.view, device);
        expect([own, own * LATE_MARGIN], name).toContain(way.cost);
      }
    }
  });

  test.each(Object.entries(CLASSES))("running statistics of samples leave the ways of their norm on %s, and the model's pick is the plan", (_, device) => {
    for (const shape of [
      [16, 3, 128, 256],
      [1, 3, 512, 1024],
      [8, 64, 7, 7],
    ]) {
      const alone = { ...instance(shape, 1), writesStatistics: true };
      const asked: ForwardRequest = { ...alone, running: { momentum: 0.1, unbiased: true, towards: "samples" } };
      const ways = forwardWays(asked, device);
      expect(ways.map(({ choice }) => choice)).toEqual(forwardWays(alone, device).map(({ choice }) => choice));
      expect(planForward(asked, device)).toEqual(ways[0]!.plan);
      expect(new Set(ways.map(({ plan }) => JSON.stringify(plan.dispatches))).size).toBeGreaterThan(1);
    }
  });

  test("a way that does not fit a request is not taken", () => {
    expect(planForward(layer(64, 96), gpu, "column")).toEqual(planForward(layer(64, 96), gpu));
    expect(planForward(batch([4, 8, 64], 1), gpu, "row/workgroup").walk).toBe("run");
    expect(planForward(layer(64, 96), plain, "row/subgroup").team).not.toBe("subgroup");
    expect(planBackward(backwardOf(batch([4, 8, 64], 1)), gpu, "row/workgroup").walk).toBe("run");
  });

  test("every way is the plan that it names", () => {
    const rows = layer(4096, 16_384);
    const teams = Object.fromEntries(forwardChoices(rows, gpu).map((way) => [way, `${planForward(rows, gpu, way).walk} ${planForward(rows, gpu, way).team}`]));
    expect(teams).toEqual({
      "row/invocation/4": "row invocation",
      "row/invocation/1": "row invocation",
      "row/subgroup": "row subgroup",
      "row/workgroup": "row cluster",
      run: "run cluster",
    });
    const columns = instance([8, 64, 256], 2);
    expect(planForward(columns, gpu, "column").dispatches.map(({ kernel }) => kernel)).toEqual(["column-norm"]);
    expect(planForward(columns, gpu, "column/split").dispatches.map(({ kernel }) => kernel)).toEqual(["column-moments", "merge-moments", "apply-column"]);
    expect(new Set([...Object.keys(teams), "column", "column/split"])).toEqual(new Set(CHOICES));
  });

  test("few rows are split, many are not; a CPU's invocation takes four rows where they are many", () => {
    for (const device of [software, gpu, plain]) {
      expect(planForward(layer(2, 65_536), device).walk).toBe("run");
      expect(planForward(layer(4096, 65_536), device).walk).toBe("row");
      const kernels = planBackward(backwardOf(layer(2, 65_536)), device).dispatches.map(({ kernel }) => kernel);
      expect(kernels).toContain("apply-gradient");
      expect(planBackward(backwardOf(layer(4096, 768)), device).dispatches[0]!.kernel).toMatch(/^row-backward/);
    }
    expect(planForward(layer(64, 4096), software).dispatches[0]!.overrides["ROWS"]).toBe(4);
    // Parameters per channel are loaded once a segment: there is nothing to share between rows.
    expect(planForward(instance([64, 8, 64], 1), software).dispatches[0]!.overrides["ROWS"]).toBe(1);
  });

  test("a barrier is dear on a CPU and next to nothing on a GPU", () => {
    const rows = layer(4096, 768);
    expect(priced(rows, "row/workgroup", software) / priced(rows, "row/invocation/4", software)).toBeGreaterThan(2);
    expect(priced(rows, "row/workgroup", gpu) / priced(rows, "row/subgroup", gpu)).toBeLessThan(1.5);
    expect(priced(rows, "row/invocation/1", gpu)).toBeGreaterThan(2 * priced(rows, "row/subgroup", gpu));
  });

  test("an adapter that is not known is taken for a discrete one", () => {
    expect(COSTS.unknown).toEqual(COSTS.discrete);
  });
});
