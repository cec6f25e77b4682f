import { describe, expect, test } from "vitest";
import type { Shape } from "../../src/core/shape.ts";
import { gradientLayout } from "../../src/plan/gradient-layout.ts";
import { BACKWARD_HELD, NARROW, PARTIAL_ROWS, SUMMED_AT_ONCE } from "../../src/plan/thresholds.ts";
import { backwardRequest, fusedPlan, type RowCase } from "../layers/row-gradients.ts";
import { along, DEVICES } from "./requests.ts";

const features = (rows: number, length: number): RowCase => ({ shape: [rows, length], reduced: [1], gamma: [1], beta: [1] });

/** Each dispatch in a few words, and how many rows a team takes. */
function brief(testCase: RowCase, device: keyof typeof DEVICES): string {
  const part = fusedPlan(backwardRequest(testCase), DEVICES[device]);
  if (!part) return "none";
  const words = part.dispatches.map(({ kernel, variant, overrides, params, grid }) => {
    const rows = params["rows_per_team"] ?? params["rows_per_slice"];
    return `${kernel} ${variant.team} ${overrides["WORKGROUP"]} ${grid.join("x")} lane ${variant.lane}${rows ? ` rows ${rows}` : ""}`;
  });
  return words.join(" | ");
}

describe("plans for the backward of rows", () => {
  const groups: RowCase = { shape: [8, 32, 8, 784], reduced: [2, 3], gamma: [1, 2], beta: [1, 2] };
  test.each<[string, RowCase, Record<keyof typeof DEVICES, string>]>([
    [
      "LayerNorm 4096 x 768",
      features(4096, 768),
      {
        software: "row-backward invocation 4 16x1x1 lane 4 rows 64 | sum-partials invocation 4 96x1x1 lane 4 rows 64",
        gpu: "row-backward-hold cluster 64 293x1x1 lane 4 rows 14 | sum-partials invocation 64 102x1x1 lane 4 rows 18 | sum-partials invocation 64 6x1x1 lane 4 rows 17",
        plain:
          "row-backward-hold workgroup 64 293x1x1 lane 4 rows 14 | sum-partials invocation 64 102x1x1 lane 4 rows 18 | sum-partials invocation 64 6x1x1 lane 4 rows 17",
      },
    ],
    [
      "400 000 x 24: no cliff",
      features(400_000, 24),
      {
        software:
          "row-backward-narrow invocation 32 196x1x1 lane 4 rows 64 | sum-partials invocation 4 237x1x1 lane 4 rows 80 | sum-partials invocation 4 3x1x1 lane 4 rows 79",
        gpu: "row-backward-hold subgroup 128 1563x1x1 lane 4 rows 64 | sum-partials invocation 64 15x1x1 lane 4 rows 80 | sum-partials invocation 64 1x1x1 lane 4 rows 79",
        plain:
          "row-backward-hold workgroup 32 6250x1x1 lane 4 rows 64 | sum-partials invocation 64 15x1x1 lane 4 rows 80 | sum-partials invocation 64 1x1x1 lane 4 rows 79",
      },
    ],
    [
      "GroupNorm 8 x 256 x 28 x 28",
      groups,
      {
        software: "row-backward-segments invocation 4 64x1x1 lane 4 | sum-partials invocation 4 32x1x1 lane 4 rows 8",
        gpu: "row-backward-segments cluster 64 256x1x1 lane 4 | sum-partials invocation 64 2x1x1 lane 4 rows 8",
        plain: "row-backward-segments workgroup 64 256x1x1 lane 4 | sum-partials invocation 64 2x1x1 lane 4 rows 8",
      },
    ],
  ])("%s", (_, testCase, plans) => {
    for (const device of Object.keys(DEVICES) as (keyof typeof DEVICES)[]) expect(brief(testCase, device), device).toBe(plans[device]);
  });

  test.each<[string, RowCase]>([
    ["other walks", { shape: [8, 16, 64], reduced: [0, 2], gamma: [1] }],
    ["axes that alternate", { shape: [2, 3, 4, 5, 6], reduced: [0, 2, 4] }],
    ["gamma per feature, beta per row", { shape: [70, 96], reduced: [1], gamma: [1], beta: [0] }],
    ["gamma per feature, beta per element", { shape: [70, 96], reduced: [1], gamma: [1], beta: [0, 1] }],
    ["per position of several samples", { shape: [4, 9, 32], reduced: [2], gamma: [1, 2] }],
    ["GroupNorm of [N, C]", { shape: [6, 4, 6], reduced: [2], gamma: [1, 2] }],
    [
      "gradients of given statistics",
      { shape: [70, 96], reduced: [1], more: { wants: { dx: true, dgamma: false, dbeta: false, dmean: true, dvariance: true } } },
    ],
  ])("none for %s", (_, testCase) => {
    for (const device of Object.values(DEVICES)) expect(fusedPlan(backwardRequest(testCase), device)).toBeNull();
  });

  test("none where the order of axes is another one", () => {
    const permuted = { ...backwardRequest({ shape: [70, 6, 8], reduced: [1, 2] }), parameters: { gamma: [0, 1, 6] } };
    const wants = { dx: true, dgamma: true, dbeta: false, dmean: false, dvariance: false };
    expect(fusedPlan({ ...permuted, wants }, DEVICES.gpu)).toBeNull();
  });
});

describe("both sides of each threshold", () => {
  const first = (testCase: RowCase, device: keyof typeof DEVICES) => fusedPlan(backwardRequest(testCase), DEVICES[device])!.dispatches[0]!;

  test("NARROW: a CPU holds a row of a large tensor in registers", () => {
    const kernel = (rows: number, length: number): string => first(features(rows, length), "software").kernel;
    const { four: held, wider } = NARROW.held;
    const { values } = NARROW;
    const onWide = (length: number): string =>
      fusedPlan(backwardRequest(features(values, length)), { ...DEVICES.software, subgroupMinSize: 8 })!.dispatches[0]!.kernel;
    expect([onWide(wider * 4), onWide(wider * 4 + 4)]).toEqual(["row-backward-narrow", "row-backward"]);
    expect([kernel(values, held - 1), kernel(values, held + 1)]).toEqual(["row-backward-narrow", "row-backward"]);
    expect([kernel(values / 4, held * 4), kernel(values / 4, held * 4 + 4)]).toEqual(["row-backward-narrow", "row-backward"]);
    expect([kernel(values - 1, 7), kernel(values / 4 - 1, 12)]).toEqual(["row-backward", "row-backward"]);
    expect(fusedPlan({ ...backwardRequest({ shape: [40, 1024, 8], reduced: [2], gamma: [0, 2] }) }, DEVICES.software)!.dispatches[0]!.kernel).toBe(
      "row-backward",
    );
  });

  test("BACKWARD_HELD: a subgroup, then a workgroup holds a row, then it is read twice", () => {
    const bySubgroup = 32 * BACKWARD_HELD * 4;
    expect(first(features(999, bySubgroup), "gpu")).toMatchObject({ variant: { team: "subgroup" }, overrides: { HELD: BACKWARD_HELD } });
    expect(first(features(999, bySubgroup + 4), "gpu")).toMatchObject({ kernel: "row-backward-hold", variant: { team: "cluster" } });
    const byWorkgroup = 256 * BACKWARD_HELD * 4;
    expect(first(features(999, byWorkgroup), "plain")).toMatchObject({ kernel: "row-backward-hold", overrides: { HELD: BACKWARD_HELD } });
    expect(first(features(999, byWorkgroup + 4), "plain")).toMatchObject({ kernel: "row-backward", variant: { team: "workgroup" } });
  });

  test("PARTIAL_ROWS: partials are a small part of the traffic, chains of adds stay short, and there are teams enough", () => {
    const rows = (count: number): number => first(features(count, 768), "gpu").params["rows_per_team"]!;
    const { least, most, leastTeams } = PARTIAL_ROWS;
    expect(rows(leastTeams.gpu)).toBe(1);
    expect(rows(leastTeams.gpu + 1)).toBe(2);
    expect(rows(least * leastTeams.gpu * 2)).toBe(least);
    expect(rows(512 * most * 2)).toBe(most);
  });

  test("SUMMED_AT_ONCE: few partials are summed in one stage", () => {
    const stages = (samples: number, device: keyof typeof DEVICES): number =>
      fusedPlan(backwardRequest({ shape: [samples, 400, 64], reduced: [2], gamma: [1] }), DEVICES[device])!.dispatches.length - 1;
    for (const [device, most] of [
      ["software", SUMMED_AT_ONCE.software],
      ["gpu", SUMMED_AT_ONCE.gpu],
    ] as const) {
      expect(stages(most, device)).toBe(1);
      expect(stages(most + 1, device)).toBe(2);
    }
  });
});

test.each<[string, Shape, readonly number[], ReturnType<typeof gradientLayout>]>([
  ["all summed", [4, 5], [], { outer: 1, count: 20, width: 1 }],
  ["none summed", [4, 5], [0, 1], { outer: 1, count: 1, width: 20 }],
  ["the first axes summed", [4, 5, 6], [1, 2], { outer: 1, count: 4, width: 30 }],
  ["the last axes summed", [4, 5, 6], [0], { outer: 4, count: 30, width: 1 }],
  ["the middle summed", [4, 5, 6], [0, 2], { outer: 4, count: 5, width: 6 }],
  ["two apart summed", [4, 5, 6], [1], null],
  ["axes of one value count for neither", [1, 5, 1, 6], [1], { outer: 5, count: 6, width: 1 }],
])("gradient layout: %s", (_, shape, axes, layout) => {
  expect(gradientLayout(shape, along(shape, axes), [...shape.keys()])).toEqual(layout);
});
