import { describe, expect, test } from "vitest";
import { exponentParams } from "../../src/plan/p-norm-parts.ts";
import { planPNormBackward } from "../../src/plan/p-norm-backward-plan.ts";
import { planPNorm } from "../../src/plan/p-norm-plan.ts";
import { pNormRequest } from "./p-norm-requests.ts";
import { brief, DEVICES } from "./requests.ts";

type Device = keyof typeof DEVICES;

interface Row {
  readonly name: string;
  readonly asked: ReturnType<typeof pNormRequest>;
  readonly forward: Readonly<Record<Device, string>>;
}

const TABLE: readonly Row[] = [
  {
    name: "a convolution's weight, one norm a filter",
    asked: pNormRequest([512, 512, 3, 3], [1, 2, 3]),
    forward: {
      software: "row | p-norm-row invocation 4 128x1x1 lane 4",
      gpu: "row | p-norm-row cluster 256 512x1x1 lane 4",
      plain: "row | p-norm-row workgroup 256 512x1x1 lane 4",
    },
  },
  {
    name: "HWIO: columns in slices",
    asked: pNormRequest([3, 3, 512, 512], [0, 1, 2]),
    forward: {
      software: "column | p-norm-column invocation 4 32x1x1 lane 4",
      gpu: "column | p-norm-column invocation 64 256x1x1 lane 4 | p-norm-merge cluster 32 512x1x1 lane 1 | p-norm-apply invocation 64 256x1x1 lane 4",
      plain: "column | p-norm-column invocation 64 256x1x1 lane 4 | p-norm-merge workgroup 32 512x1x1 lane 1 | p-norm-apply invocation 64 256x1x1 lane 4",
    },
  },
  {
    name: "one norm of a whole weight",
    asked: pNormRequest([1024, 1024], [0, 1]),
    forward: {
      software: "row | p-norm-slices invocation 4 16x1x1 lane 4 | p-norm-merge invocation 4 1x1x1 lane 1 | p-norm-apply invocation 4 64x1x1 lane 4",
      gpu: "row | p-norm-slices cluster 256 256x1x1 lane 4 | p-norm-merge cluster 64 1x1x1 lane 1 | p-norm-apply invocation 64 512x1x1 lane 4",
      plain: "row | p-norm-slices workgroup 256 256x1x1 lane 4 | p-norm-merge workgroup 64 1x1x1 lane 1 | p-norm-apply invocation 64 512x1x1 lane 4",
    },
  },
];

describe.each(TABLE)("$name", ({ asked, forward }) => {
  test.each(Object.entries(forward) as [Device, string][])("on %s", (device, wanted) => {
    const plan = planPNorm(asked, DEVICES[device]);
    expect(brief(plan)).toBe(wanted);
    // Backward takes the same walk, with the same teams.
    const back = brief(planPNormBackward(asked, DEVICES[device])).replaceAll("-backward", "");
    expect(back).toBe(wanted);
    expect(planPNorm(asked, DEVICES[device]), "the same request gives the same plan").toEqual(plan);
  });
});

test("axes that alternate are brought into rows and back; nothing is planned for no value", () => {
  const asked = pNormRequest([3, 4, 5, 6], [0, 2], { names: { x: "v", y: "w", dy: "dw", dx: "dv" } });
  const kernels = planPNormBackward(asked, DEVICES.software).dispatches.map(({ kernel, bindings }) => `${kernel} ${Object.values(bindings).join(" ")}`);
  expect(kernels).toEqual(["gather v v_rows", "gather dw dw_rows", "p-norm-row-backward v_rows dw_rows dv_rows norm", "gather dv_rows dv"]);
  expect(planPNorm(pNormRequest([0, 4], [1]), DEVICES.gpu).dispatches).toEqual([]);
});

test("an exponent's first part has 12 bits, and both parts are the exponent", () => {
  for (const value of [0, 1 / 3, 0.5, 0.7, 1, 1.5, 2.9999, 3, 17.3, 1000.1]) {
    const { "e.high": high, "e.low": low } = exponentParams("e", value) as { "e.high": number; "e.low": number };
    expect(Math.fround(high * 255) / 255, `${value}`).toBe(high);
    expect(high + low).toBeCloseTo(value, 12);
    expect(Math.abs(low)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11);
  }
});
