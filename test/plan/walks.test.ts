import { describe, expect, test } from "vitest";
import { planBackward, backwardWays } from "../../src/plan/backward-plan.ts";
import type { Capabilities } from "../../src/plan/capabilities.ts";
import { planForward, forwardWays } from "../../src/plan/forward-plan.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { ForwardRequest } from "../../src/plan/request.ts";
import * as walks from "../../src/plan/walks.ts";
import { backwardOf } from "./backward-requests.ts";
import { along, DEVICES, request } from "./requests.ts";

const { FEATURES, PLANES, SAMPLES, CHANNELS, ANY, FEATURE_GRADIENTS, ROW_GRADIENTS, CHANNEL_GRADIENTS } = walks;
const FORWARD = [FEATURES, PLANES, SAMPLES, CHANNELS, ANY];
const BACKWARD = [FEATURE_GRADIENTS, ROW_GRADIENTS, CHANNEL_GRADIENTS];
const CAPABILITIES: readonly Capabilities[] = Object.values(DEVICES).flatMap((device) => [device, { ...device, batchInvariant: true }]);

/** Views of every kind, whole lanes and not, each with gamma and beta along all axes, along one, and without. */
const REQUESTS: readonly ForwardRequest[] = (
  [
    [[64, 96], [1]],
    [[70, 1023], [1]],
    [[2, 65_537], [1]],
    [[40_000, 64], [1]],
    [
      [8, 6, 49, 25],
      [0, 2, 3],
    ],
    [
      [8, 16, 15, 15],
      [2, 3],
    ],
    [
      [8, 14, 14, 24],
      [1, 2],
    ],
    [[64, 10], [0]],
    [
      [3, 4, 5, 6],
      [0, 2],
    ],
    [[1, 1], [0]],
    [[6, 7], []],
  ] as const
).flatMap(([shape, reduced]) =>
  [[...shape.keys()], [1], null].map((axes) => request(shape, reduced, axes ? { parameters: { gamma: along(shape, axes), beta: along(shape, axes) } } : {})),
);

const kernels = (plans: readonly Plan[]): string[] => [...new Set(plans.flatMap(({ dispatches }) => dispatches.map(({ kernel }) => kernel)))].toSorted();

describe.each(FORWARD)("walks of $name", (own) => {
  const asked = REQUESTS.map((one) => ({ ...one, walks: own }));

  test("plan every view", () => {
    for (const one of asked) {
      for (const device of CAPABILITIES) {
        const plan = planForward(one, device);
        expect(
          plan.dispatches.some(({ bindings }) => bindings["y"] === "y" || bindings["gathered"] === "y"),
          "y is written",
        ).toBe(true);
        if (!one.view.order) expect(plan).toEqual(forwardWays(one, device)[0]!.plan);
      }
    }
  });

  test("plan no kernel that is not theirs", () => {
    const found = kernels(asked.flatMap((one) => CAPABILITIES.map((device) => planForward(one, device))));
    const absent = [
      ...(own.rows ? [] : ["row-hold", "row-stream"]),
      ...(own.plain ? [] : ["row-plain"]),
      ...(own.block ? [] : ["row-block"]),
      ...(own.narrow ? [] : ["row-narrow"]),
      ...(own.flat ? [] : ["row-flat", "apply-flat"]),
      ...(own.columns ? [] : ["column-norm", "column-moments", "apply-column"]),
    ];
    for (const kernel of absent) expect(found).not.toContain(kernel);
    expect(found).toEqual(expect.arrayContaining(["apply-run", "merge-moments", "run-moments"]));
    if (own.flat) expect(found).toContain("apply-flat");
  });
});

describe.each(BACKWARD)("walks of gradients of $name", (own) => {
  const asked = REQUESTS.map((one) => backwardOf(one, { walks: own }));

  test("plan every view", () => {
    for (const one of asked) {
      for (const device of CAPABILITIES) {
        const plan = planBackward(one, device);
        for (const name of ["dx", "dgamma", "dbeta"] as const) {
          const written = plan.dispatches.some(({ bindings }) => bindings[name] === name || bindings["gathered"] === name);
          expect(written, name).toBe(one.wants[name]);
        }
        if (!one.view.order) expect(plan).toEqual(backwardWays(one, device)[0]!.plan);
      }
    }
  });

  test("plan no kernel that is not theirs", () => {
    const found = kernels(asked.flatMap((one) => CAPABILITIES.map((device) => planBackward(one, device))));
    expect(found.includes("row-backward")).toBe(own.features !== undefined);
    expect(found.includes("row-backward-hold")).toBe(own.features !== undefined);
    expect(found.includes("row-backward-segments")).toBe(own.segments !== undefined);
  });
});

test("no two sets have the same name: it is a part of the key of their plans", () => {
  for (const sets of [FORWARD, BACKWARD]) expect(new Set(sets.map(({ name }) => name)).size).toBe(sets.length);
  expect(new Set([...FORWARD, ...BACKWARD])).toEqual(new Set(Object.values(walks)));
});
