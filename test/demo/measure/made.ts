import { idOf, type Case } from "../../../bench/cases.ts";
import type { Entry } from "../../../bench/measured.ts";
import type { Origin } from "../../../demo/measure/report.ts";
import { resultOf, type Result } from "../../../demo/measure/result.ts";
import { rowsOf, type Row } from "../../../demo/measure/row.ts";

export function entry(name: string, median: number, error: number | null = null, variant = ""): Entry {
  return { name, variant, median, p10: median * 0.9, p90: median * 1.1, n: 20, calls: 4, warmUps: 3, error };
}

/** A result of a case whose fastest copy takes 10 ms. */
export function resultWith(one: Case, ours: number, errors: Readonly<Record<string, number>> = { y: 1e-7 }, peers: readonly Entry[] = []): Result {
  const entries = [entry("copy", 12, null, "1 × 64"), entry("copy", 10, null, "4 × 256"), entry("ours", ours, Math.max(...Object.values(errors))), ...peers];
  const refused = [{ name: "jax-js", variant: "", message: "no such thing" }];
  return resultOf(one, { id: idOf(one), bytes: 2e7, plan: "row · invocation", dispatches: 1, bytesMoved: 2e7, errors, firstMs: 123, entries, refused });
}

export function rowsWith(cases: readonly Case[], results: readonly Result[], running: string | null = null): Row[] {
  return rowsOf(cases, new Map(results.map((result) => [result.id, result])), new Map(), running);
}

export const ORIGIN: Origin = {
  adapter: {
    vendor: "google",
    architecture: "swiftshader",
    device: "",
    description: "",
    software: true,
    adapterClass: "software",
    subgroups: [4, 4],
    shaderF16: false,
    timestamps: true,
    features: ["subgroups"],
    limits: { maxBufferSize: 2 ** 30 },
  },
  adapterName: "google swiftshader",
  browser: "Chrome/1",
  seed: 7,
  budget: "20 runs",
  measured: "2026-11-25T00:00:00.000Z",
  address: "#measure?seed=7",
  peers: { tfjs: "4.22.0" },
};
