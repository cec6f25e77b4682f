import { expect } from "vitest";
import { drive } from "../../claim/drive.ts";
import type { Job } from "../../claim/record.ts";
import { Session } from "../../claim/session.ts";
import { gpuTest } from "../gpu-test.ts";

gpuTest("lanes are driven one after the other, the same way each time, and a lost device ends the wait", async () => {
  const session = await Session.open();
  expect(session.facts().network.testDigits).toBeGreaterThan(0);
  const run = async (job: Job): Promise<number[]> => {
    const learningRate = await session.start(job);
    // Accuracy is measured by the tests of lanes: it costs more than all steps here.
    const { loss } = await drive(
      job,
      { learningRate, advance: (steps) => session.advance(steps), accuracy: async () => 0 },
      { samples: 8, ...session.facts() },
      Date,
    );
    return loss.map(([, value]) => value);
  };
  const first = await run({ norm: "batch", batch: 4, seed: 3 });
  expect(first).toHaveLength(2);
  expect(first.every(Number.isFinite)).toBe(true);
  expect(await run({ norm: "batch", batch: 4, seed: 4 })).not.toEqual(first);
  expect(await run({ norm: "batch", batch: 4, seed: 3 })).toEqual(first);
  const waiting = session.advance(1000);
  (session.gpu.device as GPUDevice).destroy();
  await expect(waiting).rejects.toThrow(/lost/);
  await expect(session.start({ norm: "none", batch: 1, seed: 0 })).rejects.toThrow(/lost/);
});
