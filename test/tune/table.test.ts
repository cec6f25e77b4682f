import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import type { Gpu } from "../../src/gpu/device.ts";
import type { Choice, Tunable } from "../../src/plan/choice.ts";
import { localTuning } from "../../src/tune/storage.ts";
import { classOf } from "../../src/tune/shape-class.ts";
import { choicesOf, exportTuning, importTuning } from "../../src/tune/table.ts";
import { VERSION } from "../../src/tune/version.ts";
import { backwardOf } from "../plan/backward-requests.ts";
import { batch, DEVICES, group, layer } from "../plan/requests.ts";

/** As much of a Gpu as a table of choices needs. */
function fakeGpu(description = "a GPU", more: object = {}): Gpu {
  const adapter = { vendor: "maker", architecture: "arch", device: "", description, software: false };
  return { adapter, capabilities: { ...DEVICES.gpu, ...more }, plans: { choose: null, renew: () => undefined } } as unknown as Gpu;
}

const forward = (rows: number, length: number): Tunable => ({ direction: "forward", request: layer(rows, length) });
const name = (asked: Tunable): string => classOf(asked, false);

test("the version is the package's", () => {
  const text = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  expect(VERSION).toBe((JSON.parse(text) as { version: string }).version);
});

describe("classes of shape", () => {
  test("neighbours share one: sizes to the nearest power of two", () => {
    expect(name(forward(4096, 768))).toBe(name(forward(4000, 780)));
    expect(name(forward(4096, 768))).toBe("forward moments  vv-  fours 12x0x0x10");
    for (const other of [forward(1024, 768), forward(4096, 4096), forward(4096, 767)]) expect(name(other)).not.toBe(name(forward(4096, 768)));
  });

  test("direction, statistics, parameters and outputs tell them apart", () => {
    const request = layer(64, 256);
    const asked: Tunable[] = [
      { direction: "forward", request },
      { direction: "forward", request: { ...request, statistics: "rms" } },
      { direction: "forward", request: { ...request, parameters: {} } },
      { direction: "forward", request: { ...request, residual: [256, 1] } },
      { direction: "forward", request: { ...request, residual: [256, 1], writesSum: true } },
      { direction: "forward", request: { ...request, aligned: false } },
      { direction: "forward", request: batch([64, 256], 1) },
      { direction: "forward", request: group([8, 8, 256], 8) },
      { direction: "backward", request: backwardOf(request) },
      { direction: "backward", request: backwardOf(request, { hasDsum: true }) },
      { direction: "backward", request: { ...backwardOf(request), wants: { dx: true, dgamma: false, dbeta: false, dmean: false, dvariance: false } } },
    ];
    expect(new Set(asked.map(name)).size).toBe(asked.length);
  });

  test("where a row's bits must not depend on its neighbours, their number counts for nothing", () => {
    expect(classOf(forward(1, 768), true)).toBe(classOf(forward(4096, 768), true));
    expect(classOf(forward(1, 768), false)).not.toBe(classOf(forward(4096, 768), false));
  });
});

describe("export and import", () => {
  const chosen = new Map<string, Choice>([[name(forward(4096, 768)), "row/workgroup"]]);
  const exported = (gpu = fakeGpu()): string => {
    for (const [key, choice] of chosen) choicesOf(gpu).set(key, choice);
    return exportTuning(gpu);
  };

  test("what one session chose holds in another on the same adapter", () => {
    const gpu = fakeGpu();
    expect(importTuning(gpu, exported())).toEqual({ taken: 1, ignored: null });
    expect(gpu.plans.choose!(forward(4000, 760))).toBe("row/workgroup");
    expect(gpu.plans.choose!(forward(1, 760))).toBeUndefined();
    expect(exportTuning(gpu)).toBe(exported());
  });

  test.each<[string, Gpu]>([
    ["another model", fakeGpu("another GPU")],
    ["another driver's subgroups", fakeGpu("a GPU", { subgroups: false })],
    ["the wish for rows on their own", fakeGpu("a GPU", { batchInvariant: true })],
  ])("%s: the choices are ignored, and the result says so", (_, gpu) => {
    expect(importTuning(gpu, exported())).toEqual({ taken: 0, ignored: "adapter" });
    expect(choicesOf(gpu).size).toBe(0);
  });

  test("another version of the library: ignored", () => {
    const gpu = fakeGpu();
    expect(importTuning(gpu, exported().replace(`"library": "${VERSION}"`, '"library": "0.0.1"'))).toEqual({ taken: 0, ignored: "library" });
    expect(choicesOf(gpu).size).toBe(0);
  });

  test.each<[string, unknown, string]>([
    ["no text", 7, "text is number"],
    ["no JSON", "nonsense", "is not what JSON allows"],
    ["nothing", "", "is not what JSON allows"],
    ["another format", '{"format":"something"}', "format is missing"],
    ["a list", "[]", "format is missing"],
    ["a later version", exported().replace('"version": 1', '"version": 2'), "version is 2; wanted 1"],
    ["no adapter", exported().replace('"adapter"', '"adaptor"'), "adapter is undefined"],
    ["choices that are a list", exported().replace(/"choices": \{[^}]*\}/, '"choices": []'), "choices is a list"],
    ["a choice that there is not", exported().replace("row/workgroup", "row/galaxy"), 'is "row/galaxy"; wanted one of'],
    ["a choice that is a number", exported().replace('"row/workgroup"', "4"), "is 4; wanted one of"],
    ["a class twice", exported().replace(/"choices": \{([^}]*)\}/, '"choices": {$1,$1}'), "stands there twice"],
    ["nesting without end", exported().replace('"row/workgroup"', "[[[]]]"), "nest deeper"],
  ])("%s is refused, and nothing is taken", (_, text, message) => {
    const gpu = fakeGpu();
    expect(() => importTuning(gpu, text as string)).toThrow(FormatError);
    expect(() => importTuning(gpu, text as string)).toThrow(message);
    expect(choicesOf(gpu).size).toBe(0);
  });
});

describe("localStorage", () => {
  const scope = globalThis as { localStorage?: unknown };
  const own = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
  afterEach(() => {
    if (own) Object.defineProperty(globalThis, "localStorage", own);
    else delete scope.localStorage;
  });
  const put = (value: unknown): void => void Object.defineProperty(globalThis, "localStorage", { value, configurable: true, writable: true });

  test("keeps what was saved, under a key of its own", () => {
    const kept = new Map<string, string>();
    put({ getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) });
    const storage = localTuning();
    expect(storage.load()).toBeNull();
    void storage.save("text");
    expect(localTuning().load()).toBe("text");
    expect(localTuning("other").load()).toBeNull();
  });

  test("where there is none, or it is forbidden or full, nothing is kept and nothing fails", () => {
    put(undefined);
    expect(localTuning().load()).toBeNull();
    void localTuning().save("text");
    const refuse = (): never => {
      throw new Error("forbidden");
    };
    put({ getItem: refuse, setItem: refuse });
    expect(localTuning().load()).toBeNull();
    void localTuning().save("text");
  });
});
