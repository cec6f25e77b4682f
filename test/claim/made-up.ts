import type { Batch, NormName } from "../../demo/train/norms.ts";
import { SCHEMA, type ClaimRecord, type Run } from "../../claim/record.ts";

/** A run that ended with this accuracy, or that diverged. */
export function madeUpRun(norm: NormName, batch: Batch, seed: number, accuracy: number, divergedAt: number | null = null): Run {
  return {
    norm,
    batch,
    seed,
    learningRate: 0.01 * batch,
    loss: [
      [32, 2.3],
      [64, 1.5],
    ],
    accuracy: [
      [32, accuracy / 2],
      [64, accuracy],
    ],
    divergedAt,
    seconds: 30,
    finished: "2026-01-02T03:04:05.000Z",
  };
}

/** Runs of a lane, a seed for each accuracy. */
export function madeUpLane(norm: NormName, batch: Batch, accuracies: readonly number[]): Run[] {
  return accuracies.map((accuracy, seed) => madeUpRun(norm, batch, seed, accuracy));
}

export function madeUpRecord(runs: readonly Run[]): ClaimRecord {
  return {
    schema: SCHEMA,
    samples: 64,
    network: { version: 3, text: "two layers.", testDigits: 500 },
    adapter: { name: "google swiftshader", software: true },
    browser: "Chrome/1",
    machine: { cpu: "a CPU", cores: 2, os: "Linux x64" },
    versions: { normgpu: "0.1.0" },
    runs,
  };
}
