import { describe, expect } from "vitest";
import { sizeOf, type Shape } from "../../src/core/shape.ts";
import { lpNorm, lpNormBackward, type Gpu } from "../../src/index.ts";
import { FAMILIES, normal } from "../data.ts";
import { gpuTest, PLANNED_AS } from "../gpu-test.ts";
import { expectedOf, expectGroups, expectNorms, type Given } from "./p-norm-expected.ts";

/** Shapes, and the axes that share a norm. */
const CASES: readonly (readonly [Shape, readonly number[], string])[] = [
  [[1], [0], "one value"],
  [[13, 77], [1], "odd rows"],
  [[70, 516], [1], "rows"],
  [[6, 9000], [1], "long rows"],
  [[3, 40004], [1], "few long rows, in slices"],
  [[37, 12], [0], "columns"],
  [[2, 370, 128], [1], "columns of each sample"],
  [[50, 3, 7], [0, 2], "short runs"],
  [[5, 6, 100], [0, 2], "long runs"],
  [[3, 4, 5, 6], [1, 3], "alternating axes"],
  [[5, 6], [], "no axis"],
];

async function check(gpu: Gpu, given: Given): Promise<void> {
  const { x, dy, shape, reduced, p, eps } = given;
  const wanted = expectedOf(given);
  const { y, saved } = lpNorm(gpu, gpu.tensor(x, shape), { p, eps, axes: reduced });
  const { dx } = lpNormBackward(gpu, gpu.tensor(dy, shape), saved!);
  expectGroups(await y.read(), wanted.y, wanted.groups, "y");
  expectNorms(await saved!.norm.read(), wanted.groups);
  expectGroups(await dx.read(), wanted.dx, wanted.groups, "dx");
}

const scaled = (length: number, scale: number): Float32Array => normal(length, 5).map((value) => value * scale);

/** Rows of values that are far too large or small to be raised to a power as they are. */
const EXTREMES: Readonly<Record<string, (length: number, seed: number) => Float32Array>> = {
  "values of 1e-20": (length) => scaled(length, 1e-20),
  "values of 1e-30": (length) => scaled(length, 1e-30),
  "values of 1e30": (length) => scaled(length, 1e30),
  zeros: (length) => new Float32Array(length),
  "one value that is not 0": (length) => new Float32Array(length).map((_, i) => (i === 3 ? -1e-30 : 0)),
  "an outlier of 1e30": (length) => normal(length, 5).map((value, i) => (i === 7 ? 1e30 : value)),
  "equal values": (length) => new Float32Array(length).fill(3e-33),
};

const ALL = { ...FAMILIES, ...EXTREMES };

/** Values of each statistic at the places that `placeOf` gives. */
function placed(rows: readonly Float32Array[], placeOf: (row: number, i: number) => number, shape: Shape, reduced: readonly number[], p: number): Given {
  const x = new Float32Array(sizeOf(shape));
  rows.forEach((values, row) => values.forEach((value, i) => (x[placeOf(row, i)] = value)));
  return { x, dy: normal(x.length, 2, 0.5), shape, reduced, p };
}

describe.each(Object.entries(PLANNED_AS))("planned as %s", (_, planAs) => {
  for (const [shape, reduced, why] of CASES) {
    for (const p of [1, 2, 3]) {
      const [x, dy] = [normal(sizeOf(shape), 1, 0.1), normal(sizeOf(shape), 2, 0.5)];
      gpuTest(`L${p} norm of [${shape.join(", ")}] over [${reduced.join(", ")}]: ${why}`, ({ gpu }) => check(gpu, { x, dy, shape, reduced, p }), planAs);
    }
  }

  for (const p of [1, 1.5, 2, 3, 4, 10.25]) {
    gpuTest(
      `L${p} norm of every family of data, each a row, a column, a long row or a plane of its own`,
      async ({ gpu }) => {
        for (const length of [100, 1031]) {
          const rows = Object.values(ALL).map((make) => make(length, 7));
          await check(
            gpu,
            placed(rows, (row, i) => row * length + i, [rows.length, length], [1], p),
          );
          await check(
            gpu,
            placed(rows, (row, i) => i * rows.length + row, [length, rows.length], [0], p),
          );
        }
        const long = Object.values(EXTREMES).map((make) => make(17000, 7));
        await check(
          gpu,
          placed(long, (row, i) => row * 17000 + i, [long.length, 17000], [1], p),
        );
        const planes = long.map((row) => row.subarray(0, 500));
        await check(
          gpu,
          placed(planes, (row, i) => Math.floor(i / 50) * 50 * planes.length + row * 50 + (i % 50), [10, planes.length, 50], [0, 2], p),
        );
      },
      planAs,
    );
  }
});

const spread = normal(300, 1).map((value, i) => value * 10 ** -(i % 38));

gpuTest("a power of 64 of values down to 1e-38", ({ gpu }) => check(gpu, { x: spread, dy: normal(300, 2), shape: [3, 100], reduced: [1], p: 64 }));

// The gradient's |h|^(p - 1) makes p times as much of h's own rounding, which no kernel can take back.
gpuTest("a power of 300 of values down to 1e-38, forward", async ({ gpu }) => {
  const wanted = expectedOf({ x: spread, dy: spread, shape: [3, 100], reduced: [1], p: 300 });
  const { y, saved } = lpNorm(gpu, gpu.tensor(spread, [3, 100]), { p: 300 });
  expectGroups(await y.read(), wanted.y, wanted.groups, "y");
  expectNorms(await saved!.norm.read(), wanted.groups);
});

describe("eps", () => {
  for (const [name, eps] of [
    ["smaller than every norm", 1e-12],
    ["between the norms", 10],
    ["larger than every norm", 1e6],
  ] as const) {
    gpuTest(`${name}: the divisor is a constant where it is larger`, ({ gpu }) => {
      const x = Float32Array.from([...normal(5, 1), ...normal(5, 2, 0, 20), 0, 0, 0, 0, 0]);
      return check(gpu, { x, dy: normal(15, 3), shape: [3, 5], reduced: [1], eps });
    });
  }
});

gpuTest("NaN and Inf stay in their own row", async ({ gpu }) => {
  const x = normal(40, 1);
  x[12] = NaN;
  x[25] = Infinity;
  for (const p of [1, 2, 3]) {
    const y = await lpNorm(gpu, gpu.tensor(x, [4, 10]), { p, eps: 1e-12 }).y.read();
    expect([...y.subarray(10, 20)].every(Number.isNaN), `p ${p}: the row with a NaN`).toBe(true);
    expect(y[25], `p ${p}: Inf / Inf`).toBeNaN();
    for (const row of [0, 3]) expect([...y.subarray(row * 10, row * 10 + 10)].every(Number.isFinite), `p ${p}: row ${row}`).toBe(true);
  }
});
