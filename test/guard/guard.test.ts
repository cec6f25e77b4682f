import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { CASES } from "../../bench/case-list.ts";
import { idOf } from "../../bench/cases.ts";
import type { Capabilities, Gpu } from "../../src/index.ts";
import { CLASSES } from "../plan/plans.ts";
import { costOf, type Cost } from "./cost.ts";
import { countingGpu } from "./counting-device.ts";
import { complaints, format, parse, type Costs } from "./record.ts";

const FILE = resolve(import.meta.dirname, "recorded.txt");

/** Every class that plans know, and the other kind of integrated one. */
const DEVICES: Readonly<Record<string, Capabilities>> = {
  ...CLASSES,
  "integrated, no subgroups": { ...CLASSES["discrete, no subgroups"]!, adapterClass: "integrated" },
};

async function costs(): Promise<Costs> {
  const found: Record<string, Record<string, Cost>> = {};
  for (const one of CASES) {
    const own: Record<string, Cost> = (found[idOf(one)] = {});
    for (const [name, capabilities] of Object.entries(DEVICES)) own[name] = await costOf(countingGpu(capabilities), one);
  }
  return found;
}

test("dispatches, submits, bytes, scratch memory and GPU objects of every case on every class of device are those on record", async () => {
  const found = await costs();
  // npm run guard -- --record, also to settle a conflict in that file.
  if (process.env["GUARD_RECORD"]) writeFileSync(FILE, format(found));
  expect(complaints(parse(readFileSync(FILE, "utf8")), found).join("\n")).toBe("");
});

test("every repeated call has one submit and makes nothing but its encoder, whatever is on record", () => {
  for (const [id, classes] of Object.entries(parse(readFileSync(FILE, "utf8")))) {
    for (const [name, cost] of Object.entries(classes)) expect([id, name, cost.submits, cost.remade]).toEqual([id, name, 1, 1]);
  }
});

test("what is written can be read", () => {
  const cost: Cost = { dispatches: 1, submits: 2, moved: 3, scratch: 4, made: 5, remade: 6 };
  const all: Costs = { "LayerNorm 8x8": { software: cost, "discrete, no subgroups": cost, mobile: { ...cost, moved: 7 } } };
  expect(parse(format(all))).toEqual(all);
  expect(() => parse("LayerNorm\n  software: dispatches 1, submits x")).toThrow("is no line of costs");
  expect(() => parse("  software: dispatches 1")).toThrow("is no line of costs");
});

const SABOTAGE: Readonly<Record<string, { readonly break: (gpu: Gpu) => void; readonly rises: string }>> = {
  "a dispatch": {
    rises: "dispatches rose from 1 to 2",
    break(gpu) {
      const { plans } = gpu;
      const remember = plans.remember.bind(plans);
      plans.remember = (key, make) =>
        remember(key, (capabilities) => {
          const plan = make(capabilities);
          return { ...plan, dispatches: [...plan.dispatches, ...plan.dispatches] };
        });
    },
  },
  "a submit": {
    rises: "submits rose from 1 to 2",
    break(gpu) {
      const { recorder, device } = gpu;
      const record = recorder.record.bind(recorder);
      recorder.record = (...given) => {
        (device as GPUDevice).queue.submit([]);
        return record(...given);
      };
    },
  },
  "an object": {
    rises: "remade rose from 1 to 2",
    break(gpu) {
      const { recorder, device } = gpu;
      const record = recorder.record.bind(recorder);
      recorder.record = (...given) => {
        (device as GPUDevice).createBindGroup({} as GPUBindGroupDescriptor);
        return record(...given);
      };
    },
  },
  "an error scope": {
    rises: "remade rose from 1 to 2",
    break(gpu) {
      const { recorder, device } = gpu;
      const record = recorder.record.bind(recorder);
      recorder.record = (...given) => {
        (device as GPUDevice).pushErrorScope("validation");
        return record(...given);
      };
    },
  },
};

test.each(Object.entries(SABOTAGE))("it fails where a call gains %s, and says why", async (_, { break: sabotage, rises }) => {
  const one = CASES.find((each) => idOf(each) === "LayerNorm 4096x768")!;
  const broken = countingGpu(DEVICES["software"]!);
  const sound = await costOf(countingGpu(DEVICES["software"]!), one);
  sabotage(broken);
  const said = complaints({ [idOf(one)]: { software: sound } }, { [idOf(one)]: { software: await costOf(broken, one) } });
  expect(said.join("\n")).toContain(`LayerNorm 4096x768 on software: ${rises}. A rise needs its reason in the commit message`);
});

test("a fall, a new case, a case and a class that are gone ask to be recorded", () => {
  const cost: Cost = { dispatches: 2, submits: 1, moved: 8, scratch: 0, made: 9, remade: 1 };
  const recorded: Costs = { a: { software: cost, mobile: cost }, b: { software: cost } };
  expect(complaints(recorded, { a: { software: { ...cost, dispatches: 1 } }, c: { software: cost } })).toEqual([
    "a on software: dispatches fell from 2 to 1: well done; record it, so that it stays: npm run guard -- --record",
    "a on mobile: recorded, but no class any more; record it: npm run guard -- --record",
    "c on software: not recorded yet; record it: npm run guard -- --record",
    "b: recorded, but no case any more; record it: npm run guard -- --record",
  ]);
});
