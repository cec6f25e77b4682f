import { expect } from "vitest";
import type { Gpu } from "../../src/index.ts";
import { planBackward } from "../../src/plan/backward-plan.ts";
import { FEATURE_GRADIENTS } from "../../src/plan/walks.ts";
import { expectWithin } from "../bound.ts";
import { FAMILIES, normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";
import { backwardRequest, expectedGradients, gpuGradients, type RowCase } from "./row-gradients.ts";

// A few long rows, whose dx, dgamma and dbeta a CPU writes in one dispatch once the means are known.
const software = { adapterClass: "software" } as const;

function few(rows: number, length: number, given: Partial<RowCase> = {}): RowCase {
  const more = { walks: FEATURE_GRADIENTS, ...given.more };
  return { shape: [rows, length], reduced: [1], gamma: [1], beta: [1], way: "run", ...given, more };
}

async function check(gpu: Gpu, testCase: RowCase): Promise<void> {
  expect(planBackward(backwardRequest(testCase), gpu.capabilities, "run").dispatches.at(-1)!.kernel).toBe("apply-few-rows");
  const [first, again] = await gpuGradients(gpu, testCase, 2);
  for (const [name, values] of Object.entries(expectedGradients(testCase))) {
    expectWithin(first![name as "dx"]!, values, `${name} of ${JSON.stringify(testCase.shape)}`);
    expect(again![name as "dx"], `${name}: the same call gives the same bits`).toEqual(first![name as "dx"]);
  }
}

gpuTest(
  "one to six rows, of lanes of four and of one",
  async ({ gpu }) => {
    for (let rows = 1; rows <= 6; rows++) for (const length of [65_536, 65_539]) await check(gpu, few(rows, length));
    await check(gpu, few(3, 170_001));
  },
  software,
);

const wants = { dx: true, dgamma: true, dbeta: true, dmean: false, dvariance: false };

const ASKED: Readonly<Record<string, (rows: number) => RowCase>> = {
  "gamma alone": (rows) => ({ ...few(rows, 65_536), beta: undefined! }),
  rms: (rows) => few(rows, 65_536, { more: { statistics: "rms", subtractsMean: false } }),
  "a scaled gamma, added to what stands there": (rows) => few(rows, 65_536, { more: { gammaScale: 0.25, gammaShift: 1, accumulates: true } }),
  "dgamma alone": (rows) => few(rows, 65_536, { more: { wants: { ...wants, dbeta: false } } }),
  "dbeta alone": (rows) => few(rows, 65_536, { more: { wants: { ...wants, dgamma: false } } }),
};

for (const [why, make] of Object.entries(ASKED)) {
  gpuTest(
    `few rows: ${why}`,
    async ({ gpu }) => {
      for (const rows of [1, 3, 4])
        await check(gpu, Object.fromEntries(Object.entries(make(rows)).filter(([, value]) => value !== undefined)) as unknown as RowCase);
    },
    software,
  );
}

for (const [family, make] of Object.entries(FAMILIES)) {
  gpuTest(
    `few rows, hostile x and dy: ${family}`,
    async ({ gpu }) => {
      for (const [rows, length] of [
        [3, 65_539],
        [2, 65_536],
      ] as const) {
        await check(gpu, few(rows, length, { x: make(rows * length, 5) }));
        await check(gpu, few(rows, length, { dy: make(rows * length, 6) }));
      }
    },
    software,
  );
}

gpuTest(
  "few rows: dy far from 0, and a gamma that stays the same",
  async ({ gpu }) => {
    for (const [rows, length] of [
      [1, 65_536],
      [3, 65_539],
    ] as const) {
      const dy = normal(rows * length, 6, 1e4);
      await check(gpu, few(rows, length, { dy, scale: new Float32Array(length).fill(0.75) }));
    }
  },
  software,
);

gpuTest(
  "NaN and infinity stay in their own row",
  async ({ gpu }) => {
    const length = 65_539;
    const dy = normal(3 * length, 2, 0.3);
    const wanted = expectedGradients(few(3, length, { dy })).dx!;
    const spoilt = dy.slice();
    spoilt[2 * length - 1] = NaN;
    const [{ dx }] = (await gpuGradients(gpu, few(3, length, { dy: spoilt }))) as [{ dx: Float32Array }];
    const rest = (values: ArrayLike<number>): number[] => Array.from(values, (value, i) => (Math.floor(i / length) === 1 ? 0 : value));
    expectWithin(rest(dx), rest(wanted), "dx");
    expect(Number.isNaN(dx[length])).toBe(true);
  },
  software,
);
