import { expect } from "vitest";
import type { Gpu } from "../../src/index.ts";
import { expectWithin } from "../bound.ts";
import { FAMILIES, HOSTILE, normal } from "../data.ts";
import { gpuTest } from "../gpu-test.ts";
import { backwardRequest, expectedGradients, fusedPlan, gpuGradients, type RowCase } from "./row-gradients.ts";

// Rows that a CPU holds in registers. It is told to plan by the length of a row alone, so that few rows are enough.
const narrow = { adapterClass: "software", batchInvariant: true } as const;
// 150 rows are two a team; 9000 are the most that a team takes, and fewer for the last.
const ROWS = 150;

function features(rows: number, length: number, given: Partial<RowCase> = {}): RowCase {
  return { shape: [rows, length], reduced: [1], gamma: [1], beta: [1], ...given };
}

const isHeld = (gpu: Gpu, testCase: RowCase): boolean =>
  fusedPlan(backwardRequest(testCase), gpu.capabilities)!.dispatches[0]!.kernel === "row-backward-narrow";

async function check(gpu: Gpu, testCase: RowCase): Promise<void> {
  const [first, again] = await gpuGradients(gpu, testCase, 2);
  for (const [name, values] of Object.entries(expectedGradients(testCase))) {
    expectWithin(first![name as "dx"]!, values, `${name} of ${JSON.stringify(testCase.shape)}`);
    expect(again![name as "dx"], `${name}: the same call gives the same bits`).toEqual(first![name as "dx"]);
  }
}

for (const [from, to] of [
  [2, 16],
  [17, 65],
] as const) {
  gpuTest(
    `rows of ${from} to ${to} values: those of at most 16 lanes are held, of 8 where SIMD groups are wider than 4`,
    async ({ gpu }) => {
      for (let length = from; length <= to; length++) {
        const testCase = features(ROWS, length, { dy: normal(ROWS * length, 6, 1e4) });
        const lanes = length % 4 === 0 ? length / 4 : length;
        expect(isHeld(gpu, testCase), String(length)).toBe(lanes <= (gpu.capabilities.subgroupMinSize > 4 ? 8 : 16));
        if (isHeld(gpu, testCase)) await check(gpu, testCase);
      }
    },
    narrow,
  );
}

const plain = (length: number): RowCase => ({ shape: [ROWS, length], reduced: [1] });
const asking = (more: RowCase["more"]) => (length: number) => features(ROWS, length, { more: more! });
const wants = { dx: true, dgamma: true, dbeta: true, dmean: false, dvariance: false };

const ASKED: Readonly<Record<string, (length: number) => RowCase>> = {
  "gamma alone": (length) => ({ ...plain(length), gamma: [1] }),
  "no parameters": plain,
  "no parameters, dy far from 0": (length) => ({ ...plain(length), dy: normal(ROWS * length, 6, 1e4) }),
  "an activation": asking({ activation: "silu" }),
  "dsum, added to what stands in dgamma and dbeta": asking({ hasDsum: true, accumulates: true }),
  "a scaled gamma": asking({ gammaScale: 0.25, gammaShift: 1, activation: "relu" }),
  rms: asking({ statistics: "rms" }),
  "the mean stays": asking({ subtractsMean: false }),
  "given statistics": asking({ statistics: "fixed" }),
  "parameter gradients alone": asking({ wants: { ...wants, dx: false } }),
  "dbeta alone": asking({ wants: { ...wants, dgamma: false } }),
};

for (const [why, make] of Object.entries(ASKED)) {
  gpuTest(
    `narrow rows: ${why}`,
    async ({ gpu }) => {
      for (const length of [7, 12]) {
        expect(isHeld(gpu, make(length))).toBe(true);
        await check(gpu, make(length));
      }
    },
    narrow,
  );
}

for (const [family, make] of Object.entries({ ...FAMILIES, ...HOSTILE })) {
  gpuTest(
    `narrow rows, hostile x and dy: ${family}`,
    async ({ gpu }) => {
      for (const length of [3, 7, 16]) {
        const count = 60 * length;
        const testCase = features(60, length);
        if (family in FAMILIES) await check(gpu, { ...testCase, x: make(count, 5) });
        await check(gpu, { ...testCase, dy: make(count, 6).map((value) => value / 1e4) });
      }
    },
    narrow,
  );
}

gpuTest(
  "many rows: a full chain a team, and a last team with fewer",
  async ({ gpu }) => {
    for (const length of [3, 8]) await check(gpu, features(9001, length, { dy: normal(9001 * length, 6, 10) }));
  },
  narrow,
);

gpuTest(
  "NaN and infinity stay in their own row",
  async ({ gpu }) => {
    for (const length of [5, 12]) {
      const dy = normal(ROWS * length, 2, 0.3);
      const wanted = expectedGradients(features(ROWS, length, { dy })).dx!;
      const spoilt = dy.slice();
      spoilt[6 * length - 1] = NaN;
      spoilt[9 * length] = Infinity;
      const [{ dx }] = (await gpuGradients(gpu, features(ROWS, length, { dy: spoilt }))) as [{ dx: Float32Array }];
      const own = (i: number): boolean => [5, 9].includes(Math.floor(i / length));
      const rest = (values: ArrayLike<number>): number[] => Array.from(values, (value, i) => (own(i) ? 0 : value));
      expectWithin(rest(dx), rest(wanted), "dx");
      expect(Number.isNaN(dx[5 * length])).toBe(true);
    }
  },
  narrow,
);
