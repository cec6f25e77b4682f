import { expect, test } from "vitest";
import { planLocalResponse, planLocalResponseBackward } from "../../src/plan/local-response-plan.ts";
import { localResponseRequest } from "./local-response-requests.ts";
import { DEVICES } from "./requests.ts";

test("an invocation has four values where they lie side by side and are aligned, one elsewhere", () => {
  const teams = (more: object): number[] => {
    const { dispatches } = planLocalResponse(localResponseRequest(more), DEVICES.gpu);
    return dispatches.flatMap(({ variant, params }) => [variant.lane, params["teams"]!, params["inner"]!]);
  };
  expect(teams({})).toEqual([4, 300, 25]);
  expect(teams({ aligned: false })).toEqual([1, 1200, 100]);
  expect(teams({ inner: 50 })).toEqual([1, 1200, 50]);
});

test("windows end at the channels, however large", () => {
  const [dispatch] = planLocalResponse(localResponseRequest({ before: 2 ** 40, after: 2 ** 40 }), DEVICES.software).dispatches;
  expect(dispatch!.params).toMatchObject({ before: 6, after: 6 });
});

test("the gradient is two dispatches over scratch of x's size; an empty x needs none", () => {
  const plan = planLocalResponseBackward(localResponseRequest(), DEVICES.gpu);
  expect(plan.dispatches.map(({ kernel, bindings }) => [kernel, Object.values(bindings)])).toEqual([
    ["local-response-norm", ["x", "dy", "pull"]],
    ["local-response-norm-backward", ["x", "dy", "pull", "dx"]],
  ]);
  expect(plan.scratch).toEqual({ pull: 4800 });
  expect(plan.dispatches[1]!.params["twice"]).toBe(2 * 2e-5 * 0.75);
  for (const planned of [planLocalResponse, planLocalResponseBackward]) expect(planned(localResponseRequest({ count: 0 }), DEVICES.gpu).dispatches).toEqual([]);
});
