import { describe, expect, test } from "vitest";
import type { Capabilities } from "../../src/plan/capabilities.ts";
import { forwardWays, planForward } from "../../src/plan/forward-plan.ts";
import type { ForwardRequest } from "../../src/plan/request.ts";
import {
  APPLY_SPAN,
  COLUMN_REPEATS,
  COLUMN_TEAMS,
  GPU_WORKGROUP,
  LONGEST_SLICE,
  MERGE_WIDE,
  MOST_HELD,
  NARROW_ROWS,
  PLAIN_ROW,
  RAGGED,
  SHORT_ROW,
  SHORTEST_RUN,
  SHORTEST_SLICE,
  SOFTWARE_BLOCK,
  SOFTWARE_MANY_TEAMS,
  SOFTWARE_STEP,
  SOFTWARE_UNROLLED,
  SOFTWARE_WORKGROUP_MANY,
  TARGET_TEAMS,
} from "../../src/plan/thresholds.ts";
import { batch, DEVICES, instance, layer, request } from "./requests.ts";

const { software, gpu, plain } = DEVICES;
const plan = (asked: ForwardRequest, device: (typeof DEVICES)[keyof typeof DEVICES]) => planForward(asked, device);
const kernel = (asked: ForwardRequest, device: (typeof DEVICES)[keyof typeof DEVICES], place = 0) => plan(asked, device).dispatches[place]!;

describe("both sides of each threshold", () => {
  test("SHORTEST_RUN: shorter runs are columns", () => {
    expect(plan(batch([8, 16, SHORTEST_RUN], 1), gpu).walk).toBe("run");
    expect(plan(batch([8, 16, SHORTEST_RUN - 1], 1), gpu).walk).toBe("column");
    expect(plan(batch([8, 16, SHORTEST_RUN], 1, "fixed"), gpu).walk).toBe("run");
    expect(plan(batch([8, 16, SHORTEST_RUN - 1], 1, "fixed"), gpu).walk).toBe("column");
  });

  test("RAGGED: short planes of a CPU are lanes of the tensor, and in registers where they lie in so many", () => {
    expect(plan(batch([8, 16, RAGGED.plane], 1), software).walk).toBe("run");
    const lane = (values: number): number => kernel(batch([8, 16, values], 1), software).variant.lane;
    expect([lane(RAGGED.plane), lane(RAGGED.plane - 1)]).toEqual([4, 1]);
    expect(kernel(instance([8, 64, RAGGED.small], 1), software).kernel).toBe("row-flat");
    expect(kernel(instance([8, 64, RAGGED.small + 1], 1), software).kernel).toBe("row-stream");
    const held = (values: number): unknown => kernel(instance([64, 64, values], 1), software).overrides["HELD"];
    const most = RAGGED.held * 4;
    expect([held(most), held(most - 2), held(most - 3)]).toEqual([RAGGED.held, RAGGED.held, RAGGED.held]);
    expect([held(most - 1), kernel(instance([64, 64, most + 4], 1), software).kernel]).toEqual([0, "row-stream"]);
  });

  test("NARROW_ROWS: rows of a CPU that fit in registers, whatever their width, where they are many and fill whole lanes together", () => {
    const { least, held, together } = NARROW_ROWS;
    const longest = 4 * held.four;
    const wide: Capabilities = { ...software, subgroupMinSize: 8 };
    expect(planForward(layer(least, 4 * held.wider), wide).dispatches[0]).toMatchObject({ kernel: "row-narrow", overrides: { HELD: held.wider } });
    expect(planForward(layer(least, 4 * held.wider + 1), wide).dispatches[0]!.kernel).toBe("row-block");
    expect(kernel(layer(least, longest), software)).toMatchObject({ kernel: "row-narrow", overrides: { WIDTH: longest, HELD: held.four, ROWS: 1, SEAMS: 0 } });
    expect(kernel(layer(least, longest - 1), software)).toMatchObject({ kernel: "row-narrow", overrides: { HELD: held.four, SEAMS: 1 } });
    expect(kernel(layer(least, longest + 1), software).kernel).toBe("row-block");
    expect(kernel(layer(least - 4, longest), software).kernel).toBe("row-block");
    expect(kernel(layer(SOFTWARE_UNROLLED / 4, 4), software).kernel).toBe("row-narrow");
    expect(kernel(layer(SOFTWARE_UNROLLED / 4 - 4, 4), software).kernel).toBe("row-plain");
    expect(kernel(layer(least, together), software).overrides["ROWS"]).toBe(4);
    expect(kernel(layer(least, together + 1), software).overrides["ROWS"]).toBe(1);
    expect(kernel(layer(least + 2, 10), software).kernel).toBe("row-narrow");
    expect(kernel(layer(least + 2, 9), software).kernel).toBe("row-block");
    expect(kernel({ ...layer(least, 9), aligned: false }, software).kernel).toBe("row-block");
    const own = { ...layer(least, 12), parameters: { gamma: [12, 1] } };
    expect(kernel(own, software).kernel).toBe("row-stream");
    const biased = { ...layer(least, 12), parameters: { residual_bias: [0, 1] } };
    expect(kernel(biased, software).kernel).not.toBe("row-narrow");
    const invariant: Capabilities = { ...software, batchInvariant: true };
    expect(planForward(layer(least, 12), invariant).dispatches[0]!.kernel).not.toBe("row-narrow");
    expect(kernel(layer(least, 12), gpu).kernel).toBe("row-hold");
  });

  test("SOFTWARE_BLOCK: many short rows go through an invocation block by block", () => {
    const many = SOFTWARE_BLOCK.rows * TARGET_TEAMS.software;
    expect(kernel(layer(many, SOFTWARE_BLOCK.longest), software)).toMatchObject({ kernel: "row-block", overrides: { COLUMNS: SOFTWARE_BLOCK.columns[1] } });
    expect(kernel(layer(many, 68), software)).toMatchObject({ kernel: "row-block", overrides: { COLUMNS: SOFTWARE_BLOCK.columns[4] } });
    expect(kernel(layer(many - 1, 68), software).kernel).toBe("row-stream");
    expect(kernel(layer(many, SOFTWARE_BLOCK.longest + 1), software).kernel).toBe("row-stream");
    // A row whose parameters are its own shares nothing.
    expect(kernel(instance([many, 8, 68], 1), software).kernel).toBe("row-stream");
  });

  test("SOFTWARE_UNROLLED and SOFTWARE_STEP: a small tensor gets the kernel that compiles fast", () => {
    const [small, large] = [SOFTWARE_UNROLLED / 256 - 1, SOFTWARE_UNROLLED / 256].map((rows) => kernel(layer(rows, 256), software).overrides);
    expect(kernel(layer(SOFTWARE_UNROLLED / 256 - 1, 256), software).kernel).toBe("row-plain");
    expect(small!["ROWS"]).toBeUndefined();
    const channels = kernel(instance([8, 8, 256], 1), software);
    expect([channels.kernel, channels.overrides["ROWS"], channels.overrides["STEP"], channels.overrides["FOUR_COLUMNS"]]).toEqual(["row-stream", 1, 1, 0]);
    expect([large!["ROWS"], large!["STEP"], large!["FOUR_COLUMNS"]]).toEqual([4, SOFTWARE_STEP[4], 0]);
    const odd = kernel(layer(64, SOFTWARE_UNROLLED / 64 + 1), software).overrides;
    expect([odd["STEP"], odd["FOUR_COLUMNS"]]).toEqual([SOFTWARE_STEP[1], 1]);
  });

  test("SOFTWARE_UNROLLED: small rows are planned without the model as it would have planned them", () => {
    for (const rows of [1, 3, 8, 31, 64, 500, 4096]) {
      for (const columns of [1, 2, 7, 64, 255, 768, 2047, 8191, 32_767].filter((count) => rows * count < SOFTWARE_UNROLLED)) {
        for (const asked of [layer(rows, columns), { ...layer(rows, columns), residual: [columns, 1] }])
          expect(plan(asked, software), `${rows} x ${columns}`).toEqual(forwardWays(asked, software)[0]!.plan);
      }
    }
  });

  test("PLAIN_ROW: what the short kernel sums", () => {
    expect(kernel(layer(2, PLAIN_ROW * 4), software).kernel).toBe("row-plain");
    expect(kernel(layer(2, PLAIN_ROW * 4 + 4), software).kernel).toBe("row-stream");
    expect(kernel(layer(2, PLAIN_ROW - 1), software).kernel).toBe("row-plain");
    expect(kernel(layer(2, PLAIN_ROW + 1), software).kernel).toBe("row-stream");
    const residual = { ...layer(2, 768), residual: [768, 1] };
    expect([kernel(layer(2, 768), gpu).kernel, kernel(residual, software).kernel]).toEqual(["row-hold", "row-stream"]);
  });

  test("SHORT_ROW: one chain of adds", () => {
    const rows = (length: number): ForwardRequest => instance([10, 8, length], 1);
    expect(kernel(rows(SHORT_ROW * 4), software).overrides["SHORT"]).toBe(1);
    expect(kernel(rows(SHORT_ROW * 4 + 4), software).overrides["SHORT"]).toBe(0);
    expect(kernel(rows(SHORT_ROW - 1), software).overrides["SHORT"]).toBe(1);
    expect(kernel(rows(SHORT_ROW + 1), software).overrides["SHORT"]).toBe(0);
  });

  test("SOFTWARE_MANY_TEAMS: wider workgroups on a CPU", () => {
    const rows = (teams: number): ForwardRequest => instance([teams, 1, 68], 1);
    expect(kernel(rows(SOFTWARE_MANY_TEAMS), software).overrides["WORKGROUP"]).toBe(SOFTWARE_WORKGROUP_MANY);
    expect(kernel(rows(SOFTWARE_MANY_TEAMS - 1), software).overrides["WORKGROUP"]).toBe(software.subgroupMinSize);
  });

  test("SOFTWARE_WORKGROUP_MANY: the workgroup of a CPU fills its SIMD lanes", () => {
    const workgroup = (lanes: number, rows: number): number | undefined => {
      const device = { ...software, subgroupMinSize: lanes, subgroupMaxSize: lanes };
      return planForward(instance([rows, 1, 68], 1), device).dispatches[0]!.overrides["WORKGROUP"];
    };
    expect([4, 8, 16].map((lanes) => workgroup(lanes, 1000))).toEqual([4, 8, 16]);
    expect(workgroup(8, SOFTWARE_MANY_TEAMS)).toBe(SOFTWARE_WORKGROUP_MANY);
  });

  test("MOST_HELD: a subgroup, then a workgroup holds a row, then it is read twice", () => {
    const bySubgroup = 32 * MOST_HELD * 4;
    expect(kernel(layer(999, bySubgroup), gpu).variant.team).toBe("subgroup");
    expect(kernel(layer(999, bySubgroup), gpu).overrides["HELD"]).toBe(MOST_HELD);
    expect(kernel(layer(999, bySubgroup + 4), gpu).variant.team).toBe("cluster");
    const byWorkgroup = GPU_WORKGROUP.most * MOST_HELD * 4;
    expect(kernel(layer(999, byWorkgroup), gpu).kernel).toBe("row-hold");
    expect(kernel(layer(999, byWorkgroup + 4), gpu).kernel).toBe("row-stream");
    expect(kernel(layer(999, byWorkgroup + 4), plain).variant.team).toBe("workgroup");
  });

  test("GPU_WORKGROUP: between its least and its most, and no more than the device allows", () => {
    expect(kernel(layer(999, 16), plain).overrides["WORKGROUP"]).toBe(GPU_WORKGROUP.least);
    expect(kernel(layer(999, 8192), plain).overrides["WORKGROUP"]).toBe(GPU_WORKGROUP.most);
    expect(planForward(layer(999, 8192), { ...plain, maxInvocationsPerWorkgroup: 128 }).dispatches[0]!.overrides["WORKGROUP"]).toBe(128);
    expect(kernel(layer(999, 768), gpu).overrides["WORKGROUP"]).toBe(GPU_WORKGROUP.subgroups);
  });

  test("TARGET_TEAMS, SHORTEST_SLICE and LONGEST_SLICE: how one statistic is cut", () => {
    const slices = (count: number, device: typeof software | typeof gpu): number => kernel(request([1, count], [1]), device).params["slices"]!;
    const split = (device: typeof software | typeof gpu, count: number): number => {
      const asked = { ...request([1, count], [1]), running: { momentum: 0.1, unbiased: true } };
      return kernel(asked, device).params["slices"]!;
    };
    expect(split(software, SHORTEST_SLICE.software * TARGET_TEAMS.software)).toBe(TARGET_TEAMS.software);
    expect(split(software, SHORTEST_SLICE.software * 8)).toBe(8);
    expect(split(gpu, SHORTEST_SLICE.gpu * 8)).toBe(8);
    expect(slices(LONGEST_SLICE * TARGET_TEAMS.software, software)).toBe(TARGET_TEAMS.software);
    expect(slices(LONGEST_SLICE * TARGET_TEAMS.software * 2, software)).toBe(TARGET_TEAMS.software * 2);
  });

  test("APPLY_SPAN: planes longer than it are cut", () => {
    const chunks = (values: number): number => kernel(batch([4, 4, values], 1, "fixed"), software, 1).params["chunks"]!;
    expect(chunks(APPLY_SPAN.software * 4)).toBe(1);
    expect(chunks(APPLY_SPAN.software * 4 + 4)).toBe(2);
    const onGpu = (values: number): number => kernel(batch([4, 4, values], 1, "fixed"), gpu, 1).params["chunks"]!;
    expect(onGpu(256 * APPLY_SPAN.gpuItems * 4)).toBe(1);
    expect(onGpu(256 * APPLY_SPAN.gpuItems * 4 + 4)).toBe(2);
  });

  test("COLUMN_TEAMS and COLUMN_REPEATS: slices of the repeats", () => {
    const slices = (repeats: number, place: number): number => kernel(batch([repeats, 4], 1), software, place).params["slices"]!;
    expect(slices(COLUMN_REPEATS.moments * 2, 0)).toBe(2);
    expect(slices(COLUMN_REPEATS.moments, 0)).toBe(1);
    expect(slices(COLUMN_REPEATS.apply * 2, 2)).toBe(2);
    expect(slices(COLUMN_REPEATS.apply, 2)).toBe(1);
    expect(slices(COLUMN_REPEATS.moments * COLUMN_TEAMS.software * 2, 0)).toBe(COLUMN_TEAMS.software);
  });

  test("MERGE_WIDE: many partials of one statistic are merged by a workgroup", () => {
    const team = (slices: number): string => kernel(batch([slices * COLUMN_REPEATS.moments, 4], 1), gpu, 1).variant.team;
    expect(team(MERGE_WIDE)).toBe("cluster");
    expect(team(MERGE_WIDE - 1)).toBe("invocation");
  });
});
