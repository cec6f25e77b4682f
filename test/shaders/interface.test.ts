import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { INTERFACES } from "../kernel-interface.ts";
import type { Capabilities } from "../../src/plan/capabilities.ts";
import { planForward } from "../../src/plan/forward-plan.ts";
import { planMergeGradients } from "../../src/plan/synchronized-backward-plan.ts";
import { planMergeMoments, planMoments } from "../../src/plan/synchronized-plan.ts";
import { backwardPlans } from "../plan/backward-requests.ts";
import { FORWARD_CASES } from "../layers/forward-cases.ts";
import { localResponsePlans } from "../plan/local-response-requests.ts";
import { packedPlans } from "../plan/packed-requests.ts";
import { pNormPlans } from "../plan/p-norm-requests.ts";
import { backwardRequest, fusedPlan, type RowCase } from "../layers/row-gradients.ts";
import { along, batch, DEVICES, group, instance, layer, request } from "../plan/requests.ts";

const FOLDER = join(import.meta.dirname, "../../shaders");
const MOST_LINES = 200;
const files = (folder: string): string[] => readdirSync(folder).filter((file) => file.endsWith(".wgsl"));
const read = (...path: string[]): string => readFileSync(join(FOLDER, ...path), "utf8");
const prelude = files(join(FOLDER, "prelude"));

/** Names that a file gives to others: functions, aliases, constants, structs. */
function declared(text: string): string[] {
  return [...text.matchAll(/^(?:fn|alias|const|struct) (\w+)/gm)].map((match) => match[1]!).toSorted();
}

describe("prelude", () => {
  // A file may have a helper or two of its own beside what kernels call.
  const OWN = new Set(["subgroups_here", "rounded_half", "two_halves"]);

  test.each(["lane", "parameter", "source", "result", "team"])("the files of the axis %s declare the same names", (axis) => {
    const own = prelude.filter((file) => file.startsWith(`${axis}.`)).map((file) => declared(read("prelude", file)).filter((name) => !OWN.has(name)));
    expect(own.length).toBeGreaterThan(1);
    for (const names of own) expect(names).toEqual(own[0]);
  });

  test("no file of the prelude declares a binding or an entry point", () => {
    for (const file of prelude) expect(read("prelude", file), file).not.toMatch(/@group|@binding|@compute/);
  });
});

describe("every file", () => {
  const all = [...files(FOLDER).map((file) => [file]), ...prelude.map((file) => ["prelude", file])];

  test.each(all.map((path) => [path.join("/"), read(...path)]))("%s: comment first, two-space indentation, not too long", (_path, text) => {
    const lines = text.split("\n");
    expect(lines[0]).toMatch(/^\/\/ /);
    expect(lines.length).toBeLessThanOrEqual(MOST_LINES);
    for (const line of lines) {
      expect(line.length - line.trimStart().length, line).toSatisfy((indent: number) => indent % 2 === 0);
      expect(line).toBe(line.trimEnd());
    }
  });

  test.each(all.map((path) => [path.join("/"), read(...path)]))("%s: subgroups only in a team's file", (path, text) => {
    if (!/team\.(subgroup|cluster)\.wgsl$/.test(path)) expect(text).not.toMatch(/enable subgroups|subgroupAdd|subgroup_size/);
  });
});

test.each(INTERFACES)("$name has an entry point of its name, params first, and bindings in order", (kernel) => {
  expect(kernel.entry).toBe(kernel.name.replaceAll("-", "_"));
  expect(kernel.bindings.map(({ binding }) => binding)).toEqual(kernel.bindings.map((_, place) => place));
  expect(kernel.bindings[0]).toMatchObject({ name: "params", kind: "uniform" });
  expect(kernel.bindings.length - 1, "storage buffers: the default limit").toBeLessThanOrEqual(8);
});

/** Rows whose backward plans set every override of its kernels. */
const ROW_CASES = [4, 96, 768, 9000].flatMap((length): RowCase[] => [
  { shape: [70, length], reduced: [1], gamma: [1], more: { accumulates: true } },
  { shape: [2000, length], reduced: [1], gamma: [1] },
  { shape: [2000, 3, length], reduced: [1, 2], gamma: [1] },
  { shape: [70, length], reduced: [1], gamma: [0] },
]);

test("every override of every kernel is set by some plan, to both values where it is a flag", () => {
  const values = new Map<string, Set<number>>();
  const asked = FORWARD_CASES.flatMap(({ shape, gamma, residual, residualBias }) => {
    if (shape.length < 2) return [];
    const all = shape.map((_, axis) => axis);
    const last = along(shape, [shape.length - 1]);
    const parameters = { ...(gamma && { gamma: last, beta: last }), ...(residualBias && { residual_bias: last }) };
    const given = { parameters, residual: residual ? along(shape, all) : null, writesSum: residual !== undefined, writesStatistics: gamma !== undefined };
    return [
      request(shape, [shape.length - 1], given),
      request(shape, [0], { ...given, statistics: "rms" as const }),
      request(shape, all.slice(1), { ...given, subtractsMean: false, activation: "silu" as const }),
      request(shape, all.slice(0, -1), { ...given, running: { momentum: 0.1, unbiased: true } }),
      request(shape, all.slice(0, -1), { ...given, subtractsMean: false, running: { momentum: 0.1, unbiased: true } }),
      request(shape, [0], { ...given, subtractsMean: false }),
      request(shape, all.slice(0, -1), { ...given, statistics: "fixed" as const }),
      { ...request([...shape, 64], [shape.length], given), parameters: { gamma: along([...shape, 64], [0]) } },
      { ...request([3, 64, 70000], [1, 2], given), parameters: { gamma: along([3, 64, 70000], [1]) }, residual: null, writesSum: false },
      {
        ...request([64, ...shape, 64], [shape.length, shape.length + 1], given),
        parameters: { gamma: along([64, ...shape, 64], [shape.length]) },
        residual: null,
        writesSum: false,
      },
    ];
  });
  const planes = [2, 8, 64];
  const fused = { residual: along(planes, [0, 1, 2]), writesSum: true, parameters: { residual_bias: along(planes, [2]), gamma: along(planes, [2]) } };
  const more = [
    { ...batch(planes, 1, "fixed"), ...fused, subtractsMean: false },
    batch([8, 16, 8], 1),
    { ...batch([8, 16, 8], 1), running: { momentum: 0.1, unbiased: false, towards: "estimates" as const } },
    request([8, 16, 8], [2], { running: { momentum: 0.1, unbiased: true, towards: "samples" } }),
    batch([64, 4096 * 4], 1),
    request([2, 70000], [1], { statistics: "rms" }),
    request([2, 70000], [1], { residual: [70000, 1], writesSum: true, parameters: { residual_bias: [0, 1] } }),
    batch([2, 8, 64], 1, "fixed"),
    batch([4, 8, 63], 1),
    batch([4, 8, 3], 2),
    { ...batch([4, 8, 63], 1, "fixed"), subtractsMean: false },
    layer(4096, 768),
    { ...instance([16, 128, 7, 7], 1), writesStatistics: true },
    batch([8, 7, 47, 43], 1),
    group([4, 9, 47, 43], 3),
    request([1024, 99], [1], { parameters: { gamma: [1, 0], beta: [1, 0] }, gammaScale: 2, activation: "silu" }),
    request([1024, 99], [1], { statistics: "rms", subtractsMean: false, writesStatistics: false, correction: 1, epsMode: "outsideStd" }),
    layer(9, 9),
    request([9, 19], [1], { statistics: "rms", subtractsMean: false, writesStatistics: false }),
    layer(999, 40000),
    { ...layer(16384, 12), gammaScale: 2, writesStatistics: true },
    { ...layer(16384, 9), parameters: {} },
    { ...layer(16384, 9), parameters: {}, statistics: "rms" as const, subtractsMean: false, correction: 1 as const, epsMode: "outsideStd" as const },
    { ...layer(16384, 9), residual: [9, 1], writesSum: true },
  ];
  for (const device of Object.values(DEVICES)) {
    const synchronized = [
      planMergeGradients(8, 2, device),
      planMoments({ ...batch([2, 8, 64], 1), applies: false }, device),
      planMergeMoments(8, 2, { eps: 1e-5, running: { momentum: 0.1, unbiased: false } }, device),
    ];
    for (const plan of [...[...asked, ...more].map((one) => planForward(one, device)), ...synchronized]) {
      for (const { kernel, overrides } of plan.dispatches) {
        for (const [name, value] of Object.entries(overrides)) {
          const key = `${kernel} ${name}`;
          values.set(key, (values.get(key) ?? new Set()).add(value));
        }
      }
    }
  }
  for (const plan of Object.values(DEVICES).flatMap((device) => [...pNormPlans(device), ...localResponsePlans(device), ...packedPlans(device)])) {
    for (const { kernel, overrides } of plan.dispatches) {
      for (const [name, value] of Object.entries(overrides)) values.set(`${kernel} ${name}`, (values.get(`${kernel} ${name}`) ?? new Set()).add(value));
    }
  }
  const rowPlans = (device: Capabilities) => ROW_CASES.flatMap((one) => fusedPlan(backwardRequest(one), device) ?? []);
  for (const plan of Object.values(DEVICES).flatMap((device) => [...backwardPlans(device), ...rowPlans(device)])) {
    for (const { kernel, overrides } of plan.dispatches) {
      for (const [name, value] of Object.entries(overrides)) values.set(`${kernel} ${name}`, (values.get(`${kernel} ${name}`) ?? new Set()).add(value));
    }
  }
  for (const kernel of INTERFACES) {
    for (const [name, type] of Object.entries(kernel.overrides)) {
      const found = values.get(`${kernel.name} ${name}`);
      expect(found, `${kernel.name} ${name} is set`).toBeDefined();
      if (type === "bool") expect([...found!].toSorted(), `${kernel.name} ${name}`).toEqual([0, 1]);
    }
  }
});
