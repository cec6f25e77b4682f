import { expect, test } from "vitest";
import { BACKWARD, CLASSES, FORWARD, plansTable } from "./plans.ts";

// After a change of plans that is meant: npx vitest run --project unit test/plan/plans.test.ts -u, and say why in the commit.
test("the plan of every case on every class of device is the one on record", async () => {
  await expect(plansTable()).toMatchFileSnapshot("./plans.txt");
});

test("the table has every class that plans know, and no case twice", () => {
  expect(new Set(Object.values(CLASSES).map(({ adapterClass }) => adapterClass))).toEqual(new Set(["software", "integrated", "discrete", "mobile"]));
  for (const cases of [FORWARD, BACKWARD]) {
    const asked = Object.values(cases).map((one) => JSON.stringify(one));
    expect(new Set(asked).size).toBe(asked.length);
  }
});
