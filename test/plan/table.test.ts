import { describe, expect, test } from "vitest";
import { planForward } from "../../src/plan/forward-plan.ts";
import type { ForwardRequest } from "../../src/plan/request.ts";
import { batch, brief, bytesOf, DEVICES, group, instance, layer } from "./requests.ts";

interface Row {
  readonly name: string;
  readonly asked: ForwardRequest;
  /** One line for each device: walk, then kernel, team, workgroup, grid and lane of every dispatch. */
  readonly plans: Readonly<Record<keyof typeof DEVICES, string>>;
  /** Times that a tensor of x's size crosses memory. */
  readonly passes: number;
}

/** "moments | merge | apply" of a walk by runs. */
const split = (moments: string, merge: string, apply: string): string => `run | run-moments ${moments} | merge-moments ${merge} | apply-run ${apply}`;

const TABLE: readonly Row[] = [
  {
    name: "LayerNorm 4096 x 768",
    asked: layer(4096, 768),
    passes: 2,
    plans: {
      software: "row | row-block invocation 4 32x1x1 lane 4",
      gpu: "row | row-hold subgroup 128 1024x1x1 lane 4",
      plain: "row | row-hold workgroup 64 4096x1x1 lane 4",
    },
  },
  {
    name: "LayerNorm 65536 x 64: the grid folds without subgroups",
    asked: layer(65536, 64),
    passes: 2,
    plans: {
      software: "row | row-narrow invocation 4 128x1x1 lane 4",
      gpu: "row | row-hold subgroup 128 16384x1x1 lane 4",
      plain: "row | row-hold workgroup 32 32768x2x1 lane 4",
    },
  },
  {
    name: "LayerNorm 8 x 1023: odd rows, one value a lane",
    asked: layer(8, 1023),
    passes: 2,
    plans: {
      software: "row | row-plain invocation 4 2x1x1 lane 1",
      gpu: "row | row-hold cluster 256 8x1x1 lane 1",
      plain: "row | row-hold workgroup 256 8x1x1 lane 1",
    },
  },
  {
    name: "GroupNorm of one image: few long groups are split on a GPU",
    asked: group([1, 512, 64, 64], 32),
    passes: 2,
    plans: {
      software: "row | row-stream invocation 4 8x1x1 lane 4",
      gpu: split("cluster 256 512x1x1 lane 4", "invocation 64 1x1x1 lane 1", "workgroup 256 512x1x1 lane 4"),
      plain: split("workgroup 256 512x1x1 lane 4", "invocation 64 1x1x1 lane 1", "workgroup 256 512x1x1 lane 4"),
    },
  },
  {
    name: "BatchNorm training, first stage of a ResNet",
    asked: batch([32, 64, 56, 56], 1),
    passes: 3,
    plans: {
      software: split("invocation 4 128x1x1 lane 4", "invocation 4 16x1x1 lane 1", "invocation 4 512x1x1 lane 4"),
      gpu: split("cluster 256 512x1x1 lane 4", "invocation 64 1x1x1 lane 1", "workgroup 256 2048x1x1 lane 4"),
      plain: split("workgroup 256 512x1x1 lane 4", "invocation 64 1x1x1 lane 1", "workgroup 256 2048x1x1 lane 4"),
    },
  },
  {
    name: "BatchNorm training, last stage: planes of 49 values",
    asked: batch([32, 512, 7, 7], 1),
    passes: 3,
    plans: {
      software: split("invocation 4 32x1x1 lane 4", "invocation 4 128x1x1 lane 1", "invocation 4 64x1x1 lane 4").replace("apply-run", "apply-flat"),
      gpu: split("cluster 32 512x1x1 lane 1", "invocation 64 8x1x1 lane 1", "workgroup 64 16384x1x1 lane 1"),
      plain: split("workgroup 32 512x1x1 lane 1", "invocation 64 8x1x1 lane 1", "workgroup 64 16384x1x1 lane 1"),
    },
  },
  {
    name: "BatchNorm training of one large picture: 3 channels of 2 million values",
    asked: batch([1, 3, 1024, 2048], 1),
    passes: 3,
    plans: {
      software: split("invocation 4 96x1x1 lane 4", "invocation 4 1x1x1 lane 1", "invocation 4 96x1x1 lane 4"),
      gpu: split("cluster 256 513x1x1 lane 4", "cluster 64 3x1x1 lane 1", "workgroup 256 768x1x1 lane 4"),
      plain: split("workgroup 256 513x1x1 lane 4", "workgroup 64 3x1x1 lane 1", "workgroup 256 768x1x1 lane 4"),
    },
  },
  {
    name: "BatchNorm training NHWC: columns",
    asked: batch([8, 56, 56, 64], 3),
    passes: 3,
    plans: {
      software: "column | column-moments invocation 4 16x1x1 lane 4 | merge-moments invocation 4 16x1x1 lane 1 | apply-column invocation 4 16x1x1 lane 4",
      gpu: "column | column-moments invocation 64 196x1x1 lane 4 | merge-moments cluster 256 64x1x1 lane 1 | apply-column invocation 64 251x1x1 lane 4",
      plain: "column | column-moments invocation 64 196x1x1 lane 4 | merge-moments workgroup 256 64x1x1 lane 1 | apply-column invocation 64 251x1x1 lane 4",
    },
  },
  {
    name: "BatchNorm eval: the given statistics, then one apply",
    asked: batch([8, 64, 56, 56], 1, "fixed"),
    passes: 2,
    plans: {
      software: "run | fixed-statistics invocation 4 16x1x1 lane 1 | apply-run invocation 4 128x1x1 lane 4",
      gpu: "run | fixed-statistics invocation 64 1x1x1 lane 1 | apply-run workgroup 256 512x1x1 lane 4",
      plain: "run | fixed-statistics invocation 64 1x1x1 lane 1 | apply-run workgroup 256 512x1x1 lane 4",
    },
  },
  {
    name: "InstanceNorm of planes of 49 values",
    asked: instance([32, 512, 7, 7], 1),
    passes: 2,
    plans: {
      software: "row | row-flat invocation 4 128x1x1 lane 4",
      gpu: "row | row-hold subgroup 128 4096x1x1 lane 1",
      plain: "row | row-hold workgroup 32 16384x1x1 lane 1",
    },
  },
  {
    name: "InstanceNorm NHWC: on a CPU a column fits one invocation",
    asked: instance([8, 128, 128, 512], 3),
    passes: 2,
    plans: {
      software: "column | column-norm invocation 4 256x1x1 lane 4",
      gpu: "column | column-moments invocation 64 256x1x1 lane 4 | merge-moments invocation 64 64x1x1 lane 1 | apply-column invocation 64 256x1x1 lane 4",
      plain: "column | column-moments invocation 64 256x1x1 lane 4 | merge-moments invocation 64 64x1x1 lane 1 | apply-column invocation 64 256x1x1 lane 4",
    },
  },
];

describe.each(TABLE)("$name", ({ asked, plans, passes }) => {
  test.each(Object.entries(plans) as [keyof typeof DEVICES, string][])("on %s", (device, wanted) => {
    const plan = planForward(asked, DEVICES[device]);
    expect(brief(plan)).toBe(wanted);
    // A merge or a given statistic may take the place of the second read: the table's passes are those of the software plan.
    if (device === "software") expect(plan.bytesMoved).toBe(passes * bytesOf(asked));
    expect(planForward(asked, DEVICES[device]), "the same request gives the same plan").toEqual(plan);
  });
});
