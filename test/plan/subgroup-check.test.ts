import { describe, expect, test } from "vitest";
import { isSound, planSubgroupChecks } from "../../src/plan/subgroup-check-plan.ts";
import { DEVICES } from "./requests.ts";

const FOUND = 5;

/** What a workgroup writes whose subgroups have `width` lanes. `lane` may deal lanes otherwise. */
function written(workgroup: number, width: number, lane: (index: number) => number = (index) => index % width): Float32Array {
  const found = new Float32Array(workgroup * FOUND);
  for (let index = 0; index < workgroup; index++) {
    const first = index - (index % width);
    const team = Array.from({ length: width }, (_, i) => first + i + 1);
    found.set([lane(index), width, team.reduce((a, b) => a + b), team.reduce((a, b) => a + b * b, 0), first + width], index * FOUND);
  }
  return found;
}

const gpu = DEVICES.gpu;
const subgroups = { workgroup: 128, values: 128 * FOUND, bySubgroup: true };

describe("the self-test of subgroups", () => {
  test("runs subgroups and clusters full, and a cluster that leaves lanes idle", () => {
    const checks = planSubgroupChecks(gpu);
    expect(checks.map(({ plan, workgroup }) => `${plan.team} ${workgroup}`)).toEqual(["subgroup 128", "cluster 256", "cluster 8"]);
    expect(planSubgroupChecks({ ...gpu, maxInvocationsPerWorkgroup: 64 }).map(({ workgroup }) => workgroup)).toEqual([64, 64, 8]);
  });

  test("sound: subgroups of a reported size, lanes in any order", () => {
    expect(isSound(written(128, 32), subgroups, gpu)).toBe(true);
    expect(
      isSound(
        written(128, 32, (index) => 31 - (index % 32)),
        subgroups,
        gpu,
      ),
    ).toBe(true);
    expect(isSound(written(8, 8), { workgroup: 8, values: 40, bySubgroup: false }, gpu)).toBe(true);
    // A subgroup larger than the workgroup shows as one of the workgroup's size.
    expect(isSound(written(32, 32), { workgroup: 32, values: 160, bySubgroup: true }, { ...gpu, subgroupMinSize: 64, subgroupMaxSize: 64 })).toBe(true);
  });

  test.each<[string, Float32Array]>([
    ["zeros, as a dispatch that did not run leaves them", new Float32Array(128 * FOUND)],
    ["a smaller size than is reported", written(128, 16)],
    ["a larger size than is reported", written(128, 64)],
    ["a size that does not divide the workgroup", written(128, 32).map((value, i) => (i % FOUND === 1 ? 24 : value))],
    ["a size that is not a number", written(128, 32).fill(Number.NaN)],
    ["two lanes with one number", written(128, 32, (index) => (index % 32) & ~1)],
    ["a lane past the end", written(128, 32, (index) => (index % 32) + 1)],
    ...[1, 2, 3, 4].map((place): [string, Float32Array] => {
      const found = written(128, 32);
      found[77 * FOUND + place]! += 1;
      return [`one invocation that sees another ${["width", "sum", "sum of squares", "largest"][place - 1]}`, found];
    }),
  ])("faulty: %s", (_, found) => {
    expect(isSound(found, subgroups, gpu)).toBe(false);
  });
});
