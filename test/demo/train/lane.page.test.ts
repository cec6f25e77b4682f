import * as tf from "@tensorflow/tfjs-core";
import { describe, expect } from "vitest";
import { Digits } from "../../../demo/train/digits.ts";
import { openLane } from "../../../demo/train/lane.ts";
import { NORM_NAMES } from "../../../demo/train/norms.ts";
import { SharedBackend } from "../../../demo/train/shared-backend.ts";
import { gpuTest } from "../../gpu-test.ts";

const digits = await Digits.load();
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Counts the buffers of a device that are made and not destroyed from now on, until it is stopped. */
function countBuffers(device: GPUDevice): { live: () => number; stop: () => void } {
  const [make, destroy] = [device.createBuffer, GPUBuffer.prototype.destroy];
  let live = 0;
  device.createBuffer = function (descriptor) {
    live++;
    return make.call(this, descriptor);
  };
  GPUBuffer.prototype.destroy = function () {
    live--;
    return destroy.call(this);
  };
  const stop = (): void => {
    // The method of all devices is seen again: other tests of the page watch that one.
    Reflect.deleteProperty(device, "createBuffer");
    GPUBuffer.prototype.destroy = destroy;
  };
  return { live: () => live, stop };
}

describe("50 steps of training", () => {
  for (const norm of NORM_NAMES) {
    gpuTest(`the loss of lane ${norm} falls, and nothing is left behind`, async ({ gpu }) => {
      await SharedBackend.open(gpu);
      const before = tf.memory().numTensors;
      const lane = await openLane({ gpu, norm, batch: 4, seed: 1, digits });
      const losses: number[] = [];
      while (losses.length < 5) losses.push(await lane.step());
      const running = tf.memory().numTensors;
      const buffers = countBuffers(gpu.device as GPUDevice);
      try {
        while (losses.length < 50) losses.push(await lane.step());
        expect(buffers.live()).toBe(0);
      } finally {
        buffers.stop();
      }
      expect(tf.memory().numTensors).toBe(running);
      expect(lane.samples).toBe(200);
      expect(losses[0]).toBeGreaterThan(1.5);
      expect(mean(losses.slice(40))).toBeLessThan(0.8 * mean(losses.slice(0, 10)));
      lane.destroy();
      expect(tf.memory().numTensors).toBe(before);
    });
  }
});

describe("what a seed decides", () => {
  gpuTest("the same seed gives the same losses, another one others", async ({ gpu }) => {
    const losses = async (seed: number): Promise<number[]> => {
      const lane = await openLane({ gpu, norm: "group", batch: 1, seed, digits });
      const found = [await lane.step(), await lane.step(), await lane.step()];
      lane.destroy();
      return found;
    };
    const [first, again, other] = [await losses(3), await losses(3), await losses(4)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  gpuTest("lanes start with the same filters and digits, whatever their norm and batch", async ({ gpu }) => {
    const seen: number[][] = [];
    class Watched extends Digits {
      override images(indices: ArrayLike<number>): Float32Array {
        seen.push(Array.from(indices));
        return super.images(indices);
      }
    }
    const watched = Object.setPrototypeOf(digits, Watched.prototype) as Digits;
    const first = async (norm: "none" | "weight", batch: 1 | 4): Promise<number> => {
      const lane = await openLane({ gpu, norm, batch, seed: 5, digits: watched });
      const loss = await lane.step();
      while (lane.samples < 4) await lane.step();
      lane.destroy();
      return loss;
    };
    // Weight Norm starts as the filter itself.
    expect(await first("weight", 4)).toBeCloseTo(await first("none", 4), 5);
    await first("none", 1);
    Object.setPrototypeOf(digits, Digits.prototype);
    expect([seen[1], seen.slice(2).flat()]).toEqual([seen[0], seen[0]]);
    expect(new Set(seen[0]).size).toBe(4);
  });
});

gpuTest("BatchNorm tells test digits by its running statistics after some training", async ({ gpu }) => {
  const lane = await openLane({ gpu, norm: "batch", batch: 4, seed: 1, digits });
  for (let i = 0; i < 60; i++) await lane.step();
  expect(await lane.accuracy(100)).toBeGreaterThan(0.25);
  lane.destroy();
});
