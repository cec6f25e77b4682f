import * as tf from "@tensorflow/tfjs-core";
import { describe, expect } from "vitest";
import { Digits } from "../../../demo/train/digits.ts";
import { openLane } from "../../../demo/train/lane.ts";
import { NORM_NAMES } from "../../../demo/train/norms.ts";
import { SharedBackend } from "../../../demo/train/shared-backend.ts";
import { gpuTest } from "../../gpu-test.ts";

const digits = await Digits.load();
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("50 steps of training", () => {
  for (const norm of NORM_NAMES) {
    gpuTest(`the loss of lane ${norm} falls, and nothing is left behind`, async ({ gpu }) => {
      await SharedBackend.open(gpu);
      const before = tf.memory().numTensors;
      const lane = await openLane({ gpu, norm, batch: 4, seed: 1, digits });
      const losses: number[] = [await lane.step(), await lane.step()];
      const running = tf.memory().numTensors;
      while (losses.length < 50) losses.push(await lane.step());
      expect(tf.memory().numTensors).toBe(running);
      expect(lane.samples).toBe(200);
      expect(losses[0]).toBeGreaterThan(1.5);
      expect(mean(losses.slice(40))).toBeLessThan(0.8 * mean(losses.slice(0, 10)));
      lane.destroy();
      expect(tf.memory().numTensors).toBe(before);
    });
  }
});
