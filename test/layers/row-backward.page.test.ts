import { describe, expect } from "vitest";
import type { Gpu } from "../../src/index.ts";
import { expectWithin } from "../bound.ts";
import { FAMILIES, normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { expectedGradients, gpuGradients, type RowCase } from "./row-gradients.ts";

/** Rows of this length, gamma and beta per feature. */
function features(rows: number, length: number, given: Partial<RowCase> = {}): RowCase {
  return { shape: [rows, length], reduced: [1], gamma: [1], beta: [1], ...given };
}

async function check(gpu: Gpu, testCase: RowCase): Promise<void> {
  const [first, again] = await gpuGradients(gpu, testCase, 2);
  const expected = expectedGradients(testCase);
  expect(Object.keys(first!).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [name, values] of Object.entries(expected)) {
    expectWithin(first![name as "dx"]!, values, `${name} of ${JSON.stringify(testCase.shape)}`);
    expect(again![name as "dx"], `${name}: the same call gives the same bits`).toEqual(first![name as "dx"]);
  }
}

/** GroupNorm of [N, C, positions] as [N, G, C / G, positions]. */
function channels(n: number, groups: number, perGroup: number, positions: number, given: Partial<RowCase> = {}): RowCase {
  return { shape: [n, groups, perGroup, positions], reduced: [2, 3], gamma: [1, 2], beta: [1, 2], ...given };
}

const LENGTHS = [1, 2, 3, 31, 64, 65, 255, 768, 769, 4096, 9000];
const OUTLIERS = (count: number, mean: number): Float32Array => normal(count, 7, mean).map((value, i) => (i % 97 === 0 ? value * 100 : value));

/** Everything that a request may ask for beside shapes. */
const ASKED: Readonly<Record<string, RowCase>> = {
  "no parameters": { shape: [70, 96], reduced: [1] },
  "gamma alone": { shape: [70, 96], reduced: [1], gamma: [1] },
  "beta alone": { shape: [70, 96], reduced: [1], beta: [1] },
  "an activation": features(70, 131, { more: { activation: "silu" } }),
  "an activation, segments": channels(3, 4, 3, 50, { more: { activation: "gelu" } }),
  "an activation without parameters": { shape: [70, 96], reduced: [1], more: { activation: "tanh" } },
  "dsum, added to what stands in dgamma and dbeta": features(70, 96, { more: { hasDsum: true, accumulates: true } }),
  "dsum, added, segments": channels(3, 4, 3, 49, { more: { hasDsum: true, accumulates: true } }),
  "a scaled gamma": features(70, 96, { more: { gammaScale: 0.25, gammaShift: 1, activation: "relu" } }),
  "a scaled gamma, segments": channels(3, 4, 2, 64, { more: { gammaScale: 0.25, gammaShift: 1 } }),
  rms: features(70, 96, { more: { statistics: "rms" } }),
  "rms, segments": channels(3, 4, 2, 64, { more: { statistics: "rms" } }),
  "the mean stays": features(70, 96, { more: { subtractsMean: false } }),
  "the mean stays, segments": channels(3, 4, 2, 64, { more: { subtractsMean: false } }),
  "given statistics": features(70, 96, { more: { statistics: "fixed" } }),
  "given statistics, segments": channels(3, 4, 2, 64, { more: { statistics: "fixed" } }),
  "parameter gradients alone": features(70, 96, { more: { wants: { dx: false, dgamma: true, dbeta: true, dmean: false, dvariance: false } } }),
  "parameter gradients alone, segments": channels(3, 4, 2, 64, { more: { wants: { dx: false, dgamma: true, dbeta: true, dmean: false, dvariance: false } } }),
  "dx alone": features(70, 96, { more: { wants: { dx: true, dgamma: false, dbeta: false, dmean: false, dvariance: false } } }),
  "dx alone, segments": channels(3, 4, 2, 64, { more: { wants: { dx: true, dgamma: false, dbeta: false, dmean: false, dvariance: false } } }),
  "dbeta alone, gamma is read": features(70, 96, { more: { wants: { dx: true, dgamma: false, dbeta: true, dmean: false, dvariance: false } } }),
  "per sample and feature (AdaLN)": { shape: [5, 33, 64], reduced: [2], gamma: [0, 2], beta: [0, 2] },
  "per sample and feature, few rows": { shape: [40, 2, 64], reduced: [2], gamma: [0, 2] },
  "per element": { shape: [70, 36], reduced: [1], gamma: [0, 1], beta: [0, 1] },
  "several reduced axes": { shape: [20, 6, 10], reduced: [1, 2], gamma: [1, 2], beta: [1, 2] },
  "per row": { shape: [70, 36], reduced: [1], gamma: [0], beta: [0] },
  "per channel of a LayerNorm over [C, H * W]": { shape: [7, 6, 40], reduced: [1, 2], gamma: [1], beta: [1] },
  "per sample and channel": { shape: [3, 4, 3, 50], reduced: [2, 3], gamma: [0, 1, 2], beta: [0, 1, 2] },
  "per group (one value a row)": { shape: [9, 4, 60], reduced: [2], gamma: [1], beta: [1] },
  "per channel of InstanceNorm": { shape: [9, 5, 49], reduced: [2], gamma: [1], beta: [1] },
  "one value for all": { shape: [40, 36], reduced: [1], gamma: [] },
};

describe.each(Object.entries(PLANNED_AS))("planned as %s", (name, planAs) => {
  for (const [why, testCase] of Object.entries(ASKED)) gpuTest(`rows backward: ${why}`, ({ gpu }) => check(gpu, testCase), planAs);

  for (const length of LENGTHS) {
    gpuTest(
      `rows of ${length} values`,
      async ({ gpu }) => {
        for (const rows of [1, 2, 3, 5, 70, 1000]) {
          // Wide workgroups are slow on a CPU.
          if (rows * length > (name === "software" ? 3e5 : 8e4)) continue;
          await check(gpu, features(rows, length));
        }
      },
      planAs,
    );
  }

  gpuTest(
    "groups: segments of every length",
    async ({ gpu }) => {
      for (const positions of [3, 49, 64, 300, 784, 1100]) await check(gpu, channels(3, 4, 3, positions));
      await check(gpu, channels(1, 2, 1, 9000));
      await check(gpu, channels(2, 1, 40, 260));
    },
    planAs,
  );

  for (const [family, make] of Object.entries(FAMILIES)) {
    gpuTest(
      `hostile x: ${family}`,
      async ({ gpu }) => {
        for (const shaped of [features(70, 260), features(70, 131), channels(5, 2, 2, 65), channels(5, 2, 1, 260)]) {
          const count = shaped.shape.reduce((a, b) => a * b, 1);
          await check(gpu, { ...shaped, x: make(count, 5) });
        }
      },
      planAs,
    );
  }

  gpuTest(
    "dy far from 0, and with outliers",
    async ({ gpu }) => {
      for (const shaped of [
        features(70, 260),
        { shape: [70, 1028], reduced: [1] },
        { shape: [70, 131], reduced: [1], gamma: [1] },
        channels(5, 2, 2, 65),
        channels(5, 2, 1, 260),
        { shape: [10, 1040], reduced: [1] },
        features(70, 260, { scale: new Float32Array(260).fill(0.7) }),
      ] as RowCase[]) {
        const count = shaped.shape.reduce((a, b) => a * b, 1);
        await check(gpu, { ...shaped, dy: normal(count, 6, 1e4) });
        await check(gpu, { ...shaped, dy: OUTLIERS(count, 1), x: OUTLIERS(count, 1e4) });
        await check(gpu, { ...shaped, dy: normal(count, 6, 1e4), x: normal(count, 3, 1e4) });
      }
    },
    planAs,
  );

  gpuTest(
    "constant rows: dx is finite",
    async ({ gpu }) => {
      for (const shaped of [features(70, 260), channels(5, 2, 2, 65)]) {
        const count = shaped.shape.reduce((a, b) => a * b, 1);
        await check(gpu, { ...shaped, x: new Float32Array(count).fill(1e4 + 0.1) });
      }
    },
    planAs,
  );
});

gpuTest("segments of a large tensor: a CPU takes four lanes a step", async ({ gpu }) => {
  const silu = { activation: "silu", hasDsum: true } as const;
  for (const shaped of [channels(8, 4, 3, 700), channels(8, 4, 3, 701), channels(8, 4, 3, 702, { more: silu })]) {
    const count = shaped.shape.reduce((a, b) => a * b, 1);
    await check(gpu, { ...shaped, dy: normal(count, 6, 1e4) });
    await check(gpu, { ...shaped, dy: normal(count, 6, 1e4), x: normal(count, 3, 1e4) });
    await check(gpu, { ...shaped, dy: OUTLIERS(count, 1), x: OUTLIERS(count, 1e4) });
    for (const make of Object.values(FAMILIES)) await check(gpu, { ...shaped, x: make(count, 5) });
  }
  // Several chains.
  for (const shaped of [channels(2, 1, 2, 18_000), channels(4, 1, 1, 17_003)]) await check(gpu, shaped);
  for (const more of [{ statistics: "fixed" }, { statistics: "rms" }, { subtractsMean: false }] as const) await check(gpu, channels(8, 4, 3, 700, { more }));
});

gpuTest(
  "a subgroup smaller than the device reports: what is not held is read again",
  async ({ gpu }) => {
    const planAs = { subgroupMinSize: 32, subgroupMaxSize: 32 };
    for (const length of [96, 500, 131]) await check(gpu, features(140, length, { planAs }));
    await check(gpu, channels(3, 4, 3, 50, { planAs }));
  },
  PLANNED_AS["a GPU with subgroups"],
);
