import { expect, test } from "vitest";
import { sizeOf } from "../../src/core/shape.ts";
import type { Capabilities } from "../../src/plan/capabilities.ts";
import { planForward } from "../../src/plan/forward-plan.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { ForwardRequest } from "../../src/plan/request.ts";
import { lowerStorage, planNarrow, type HalfTensor } from "../../src/plan/storage.ts";
import { along, batch, bytesOf, DEVICES, instance, layer } from "./requests.ts";

const PACKED = DEVICES.software;
const NATIVE = { ...DEVICES.software, f16: true };

/** The plan of a request whose tensors of these roles are f16, as it runs. */
function lowered(asked: ForwardRequest, roles: readonly string[], capabilities: Capabilities = PACKED): Plan {
  const counts: Record<string, number> = { gamma: asked.shape.at(-1)!, beta: asked.shape.at(-1)! };
  const halves: Record<string, HalfTensor> = Object.fromEntries(
    roles.map((role) => [role, { count: counts[role] ?? sizeOf(asked.shape), aligned: asked.aligned }]),
  );
  return lowerStorage(planForward(asked, capabilities), { halves, capabilities, call: "test" });
}

/** Each dispatch as kernel, what it reads and writes as which storage. */
function lines(plan: Plan): string[] {
  return plan.dispatches.map(
    ({ kernel, variant, bindings }) => `${kernel} ${variant.lane} ${variant.source ?? "f32"} ${variant.result ?? "f32"}: ${Object.values(bindings).join(" ")}`,
  );
}

test("without a tensor in f16 the plan is the same", () => {
  const plan = planForward(layer(8, 64), PACKED);
  expect(lowerStorage(plan, { halves: {}, capabilities: PACKED, call: "test" })).toBe(plan);
});

test("rows by four are read and written as they are stored, and half the bytes move", () => {
  const asked = layer(128, 768);
  expect(lines(lowered(asked, ["x", "y"]))).toEqual(["row-stream 4 packed packed: x y gamma beta"]);
  expect(lines(lowered(asked, ["x", "y"], NATIVE))).toEqual(["row-stream 4 f16 f16: x y gamma beta"]);
  expect(lowered(asked, ["x", "y"]).scratch).toEqual({});
  expect(lowered(asked, ["x", "y"]).bytesMoved).toBe(bytesOf(asked));
  expect(lowered(asked, ["x"]).bytesMoved).toBe(bytesOf(asked) * 1.5);
});

test("what is held in registers is read and written as it is stored where the device has f16: a GPU's rows cross memory once, in halves", () => {
  const gpu = { ...DEVICES.gpu, f16: true };
  const asked = layer(4096, 768);
  expect(lines(lowered(asked, ["x", "y"], gpu))).toEqual(["row-hold 4 f16 f16: x y gamma beta"]);
  expect(lowered(asked, ["x", "y"], gpu).bytesMoved).toBe(bytesOf(asked));
  const planes = instance([32, 512, 49], 1);
  expect(lines(lowered(planes, ["x", "y"], NATIVE)).map((line) => line.split(":")[0])).toEqual(["row-flat 4 f16 f16"]);
  expect(lines(lowered(planes, ["x", "y"])).map((line) => line.split(":")[0])).toEqual(["widen 4 packed f32", "row-flat 4 f32 f32", "narrow 1 f32 f32"]);
});

test("odd rows share words: packed results go through f32 and narrow, f16 where the device has it does not", () => {
  const asked = layer(128, 131);
  expect(lines(lowered(asked, ["x", "y"]))).toEqual(["row-plain 1 packed f32: x y_f32 gamma beta", "narrow 1 f32 f32: y_f32 y"]);
  expect(lowered(asked, ["x", "y"]).scratch).toEqual({ y_f32: 128 * 131 * 4 });
  expect(lines(lowered(asked, ["x", "y"], NATIVE))).toEqual(["row-plain 1 f16 f16: x y gamma beta"]);
});

test("inputs of two types, and parameters in f16, are widened, once for a whole plan", () => {
  const shape = [128, 64];
  const residual = { ...layer(128, 64), residual: along(shape, [0, 1]) };
  expect(lines(lowered(residual, ["x", "y", "gamma"]))).toEqual([
    "widen 4 packed f32: x x_f32",
    "widen 4 packed f32: gamma gamma_f32",
    "row-stream 4 f32 packed: x_f32 residual y gamma_f32 beta",
  ]);
  const fixed = { ...batch([4, 8, 64], 1), writesSum: true, reloadsSum: true, residual: along([4, 8, 64], [0, 1, 2]) };
  const split = lines(lowered(fixed, ["x", "y", "sum"]));
  expect(split.map((line) => line.split(" ")[0])).toEqual(["widen", "run-moments", "merge-moments", "apply-run"]);
  expect(split[3]).toContain("f32 packed: x_f32 residual");
});

test("a sum that is rounded is read back by nobody", () => {
  const shape = [4, 8, 64];
  const asked = { ...batch(shape, 1), writesSum: true, residual: along(shape, [0, 1, 2]) };
  for (const reloadsSum of [true, false]) {
    for (const capabilities of [PACKED, NATIVE]) {
      const plan = lowered({ ...asked, reloadsSum }, reloadsSum ? ["x", "residual", "y", "sum"] : [], capabilities);
      const readsSum = plan.dispatches.some(({ bindings }) => bindings["x"] === "sum");
      expect(readsSum).toBe(!reloadsSum);
    }
  }
  const general = planForward({ ...asked, view: { ...asked.view, order: [0, 1, 2] }, running: null, reloadsSum: true }, PACKED);
  expect(general.walk).toBe("general");
});

test("running statistics in f16 are refused", () => {
  expect(() => lowered(batch([4, 8, 64], 1), ["x", "running_mean"])).toThrow("test: running_mean is f16; wanted f32");
});

test("results that are added to are widened first, and narrow saturates as the kernel would", () => {
  const plan = planForward(layer(128, 131), PACKED);
  const gradient = {
    ...plan,
    dispatches: plan.dispatches.map((dispatch) => ({ ...dispatch, overrides: { ...dispatch.overrides, SATURATES: 0, ACCUMULATES: 1 } })),
  };
  const halves = { y: { count: 128 * 131, aligned: true } };
  const own = lowerStorage(gradient, { halves, capabilities: PACKED, call: "test" });
  expect(lines(own)).toEqual(["widen 4 packed f32: y y_f32", "row-plain 1 f32 f32: x y_f32 gamma beta", "narrow 1 f32 f32: y_f32 y"]);
  expect(own.dispatches.map(({ overrides }) => overrides["SATURATES"])).toEqual([undefined, 0, 0]);
  expect(planNarrow(3, PACKED).dispatches[0]!.overrides["SATURATES"]).toBe(0);
});
