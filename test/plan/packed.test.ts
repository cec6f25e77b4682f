import { expect, test } from "vitest";
import { planPacked } from "../../src/plan/packed-plan.ts";
import { packedRequest } from "./packed-requests.ts";
import { brief, DEVICES } from "./requests.ts";

const plan = (more: Parameters<typeof packedRequest>[0], device: keyof typeof DEVICES): string => brief(planPacked(packedRequest(more), DEVICES[device]));

test("one dispatch for all rows, by the team that suits the device", () => {
  expect(plan({}, "software")).toBe("row | packed-standardize invocation 4 1000x1x1 lane 4");
  expect(plan({}, "gpu")).toBe("row | packed-standardize subgroup 128 1000x1x1 lane 4");
  expect(plan({}, "plain")).toBe("row | packed-standardize workgroup 64 4000x1x1 lane 4");
});

test("rows that are columns are taken by an invocation each: neighbours read neighbouring values", () => {
  expect(plan({ contiguous: false }, "gpu")).toBe("row | packed-standardize invocation 64 63x1x1 lane 1");
});

test("one value a lane where a row does not end at a multiple of four", () => {
  expect(plan({ whole: false }, "gpu")).toContain("lane 1");
});

test("rows of each kind have a dispatch of their own, with lanes and teams that suit them, in the order that the table gives", () => {
  const parts = [
    { rows: 4000, values: 4000 * 576, contiguous: true, whole: true },
    { rows: 64, values: 64 * 147, contiguous: true, whole: false },
    { rows: 10, values: 90, contiguous: false, whole: false },
  ];
  expect(plan({ parts }, "software")).toBe(
    "row | packed-standardize invocation 4 1000x1x1 lane 4 | packed-standardize invocation 4 16x1x1 lane 1 | packed-standardize invocation 4 3x1x1 lane 1",
  );
  expect(plan({ parts }, "gpu")).toBe(
    "row | packed-standardize subgroup 128 1000x1x1 lane 4 | packed-standardize subgroup 128 16x1x1 lane 1 | packed-standardize invocation 64 1x1x1 lane 1",
  );
  const { dispatches, bytesMoved } = planPacked(packedRequest({ parts }), DEVICES.software);
  expect(dispatches.map(({ params }) => [params["teams"], params["first"], params["order"], params["statistics_stride"]])).toEqual([
    [4000, 0, 4074, 4096],
    [64, 4000, 4074, 4096],
    [10, 4064, 4074, 4096],
  ]);
  expect(bytesMoved).toBe((4000 * 576 + 64 * 147 + 90) * 8);
  expect(planPacked(packedRequest(), DEVICES.software).dispatches[0]!.params).toMatchObject({ first: 0, order: 0 });
});

test("more rows than a dimension has workgroups", () => {
  expect(plan({ rows: 300_000, values: 300_000 * 64 }, "plain")).toContain("workgroup 32 60000x5x1");
});

test("bytes: v read, w written; dv added to is read too; nothing for no row", () => {
  expect(planPacked(packedRequest(), DEVICES.gpu).bytesMoved).toBe(4000 * 576 * 8);
  const backward = packedRequest({ kernel: "packed-standardize-backward", roles: ["table", "v", "dw", "statistics", "dv"], overrides: { ACCUMULATES: 1 } });
  expect(planPacked(backward, DEVICES.gpu).bytesMoved).toBe(4000 * 576 * 16);
  expect(planPacked(packedRequest({ rows: 0, values: 0 }), DEVICES.gpu).dispatches).toEqual([]);
});
