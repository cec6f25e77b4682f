import { BACKWARD_CASES } from "./backward-cases.ts";
import { batchNorm, groupNorm, instanceNorm, rows, stage, STAGES, type Case } from "./cases.ts";

const HIGH_RESOLUTION = [1, 3, 1024, 2048];

/** The main job: the layers over the shapes of real networks, forward, and backward at batch 8. */
export const CASES: readonly Case[] = [
  ...[32, 8, 1].flatMap((batch) => STAGES.flatMap((one) => stage(batch, one, false))),
  ...STAGES.flatMap((one) => stage(8, one, true)),
  batchNorm(HIGH_RESOLUTION, false, true),
  batchNorm(HIGH_RESOLUTION, false, false),
  groupNorm(HIGH_RESOLUTION, false, 3),
  instanceNorm(HIGH_RESOLUTION, false),
  rows(HIGH_RESOLUTION, HIGH_RESOLUTION.slice(1), false, false),
  ...[
    [4096, 768],
    [512, 4096],
  ].flatMap((shape) => [rows(shape, shape.slice(1), false, false), rows(shape, shape.slice(1), true, false), rows(shape, shape.slice(1), false, true)]),
  ...BACKWARD_CASES,
];
