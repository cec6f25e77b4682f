import { expect, test } from "vitest";
import { gpuTest } from "../gpu-test.ts";
import { tune } from "../../src/index.ts";
import { callOf, tuneCaseOf } from "../../bench/call.ts";
import { CASES } from "../../bench/case-list.ts";
import {
  backward,
  batchNorm,
  groupNorm,
  idOf,
  inHalves,
  instanceNorm,
  layerNorm,
  rmsNorm,
  twinOf,
  weightStandardization,
  type Case,
} from "../../bench/cases.ts";
import { repeated } from "../../bench/contest.ts";
import { Copy, COPY_KERNELS } from "../../bench/copy.ts";
import { boundOf, ERROR_BOUND, errorOf, errorsOf } from "../../bench/error.ts";
import { exerciseOf, type Exercise } from "../../bench/exercise.ts";
import { expectedOf } from "../../bench/expected.ts";
import { bytesOf, inputsOf, samples } from "../../bench/inputs.ts";
import { measure } from "../../bench/measure.ts";
import { fastest } from "../../bench/measured.ts";
import type { Peer } from "../../bench/peer.ts";

const prepare = (one: Case): Exercise => exerciseOf(one, samples(one.shape));

/** A peer that gives what it is told to. */
function peerWith(name: string, y: Float32Array): { peer: Peer; freed: () => number; destroyed: () => boolean } {
  let made = 0;
  let gone = false;
  const peer: Peer = {
    name,
    prepare: () =>
      Promise.resolve({
        ways: [
          { variant: "plain", run: () => ++made, fence: () => Promise.resolve(), read: () => Promise.resolve({ y }), free: () => void made-- },
          {
            variant: "broken",
            run: () => Promise.reject(new Error("no such kernel")),
            fence: () => Promise.resolve(),
            read: () => Promise.resolve({}),
            free: () => {},
          },
        ],
        refused: [{ variant: "own", message: "not supported" }],
        destroy: () => void (gone = true),
      }),
  };
  return { peer, freed: () => made, destroyed: () => gone };
}

gpuTest("two cases from end to end: right, beside copies and a peer, everything freed", async ({ gpu }) => {
  const small = groupNorm([2, 8, 6, 6], false, 4);
  const answer = Float32Array.from(expectedOf(small, inputsOf(small, samples(small.shape)))["y"]!);
  const { peer, freed, destroyed } = peerWith("other", answer);
  for (const one of [small, backward(small)]) {
    const found = await measure(gpu, one, { effort: repeated(3), peers: one === small ? [peer] : [], prepare });
    const ours = fastest(found.entries, "ours")!;
    expect(found.id).toBe(idOf(one));
    expect(found.bytes).toBe(bytesOf(one));
    expect(found.dispatches).toBeGreaterThan(0);
    expect(Object.keys(found.errors)).toEqual(one === small ? ["y"] : ["dx", "dgamma", "dbeta"]);
    expect(found.firstMs).toBeGreaterThan(0);
    expect(ours.error).toBeLessThanOrEqual(ERROR_BOUND);
    expect(ours.n).toBe(3);
    expect(ours.median).toBeGreaterThan(0);
    expect(ours.p10).toBeLessThanOrEqual(ours.p90);
    expect(fastest(found.entries, "copy")!.error).toBeNull();
    if (one !== small) continue;
    expect(fastest(found.entries, "other")).toMatchObject({ variant: "plain", error: expect.closeTo(0, 6) });
    expect(found.refused).toEqual([
      { name: "other", variant: "own", message: "not supported" },
      { name: "other", variant: "broken", message: "no such kernel" },
    ]);
    expect([freed(), destroyed()]).toEqual([0, true]);
  }
});

gpuTest("the norms of a network are one pass, and as right as each alone", async ({ gpu }) => {
  const part = batchNorm([1, 4, 5, 5], false, true);
  const network: Case = { ...part, layer: "network", shape: [3], layout: "rows", parts: [part, batchNorm([1, 8, 3, 3], false, true), part] };
  const found = await measure(gpu, network, { effort: repeated(2), peers: [], prepare });
  expect(fastest(found.entries, "ours")!.error).toBeLessThanOrEqual(ERROR_BOUND);
  expect(found.plan).toBe("3 calls in one pass");
});

const EACH: readonly Case[] = [
  layerNorm([9, 20]),
  layerNorm([9, 20], true),
  rmsNorm([9, 20]),
  rmsNorm([1, 20], true),
  batchNorm([3, 4, 5, 5], false, true),
  batchNorm([3, 4, 5, 5], false, false),
  instanceNorm([3, 4, 5, 5], false),
  groupNorm([3, 4, 5, 5], false, 2),
  weightStandardization([6, 18]),
  backward(layerNorm([9, 20])),
  backward(rmsNorm([9, 20])),
  backward(batchNorm([3, 4, 5, 5], false, true)),
  backward(instanceNorm([3, 4, 5, 5], false)),
  backward(groupNorm([3, 4, 5, 5], false, 2)),
];

const inF32 = [...EACH, ...EACH.filter(({ layout }) => layout === "NCHW").map(twinOf)];
const inHalf = [
  layerNorm([9, 20], true),
  batchNorm([3, 4, 5, 5], true, false),
  groupNorm([3, 4, 5, 5], false, 2),
  backward(batchNorm([3, 4, 5, 5], false, true)),
];
const all = [...inF32, ...inHalf.map(inHalves)];

for (const one of all) {
  gpuTest(`${idOf(one)}: a call gives what the reference does, and gives it again into the same tensors`, async ({ gpu }) => {
    const inputs = inputsOf(one, samples(one.shape));
    const call = callOf(gpu, one, inputs);
    const [output] = Object.values(call.outputs);
    output!.write(new Float32Array(output!.size));
    call.run();
    const read = await Promise.all(Object.entries(call.outputs).map(async ([name, tensor]) => [name, await tensor.read()] as const));
    const errors = errorsOf(Object.fromEntries(read), expectedOf(one, inputs));
    for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThanOrEqual(boundOf(name, one.dtype));
    expect(output!.dtype).toBe(one.dtype);
    call.destroy();
    expect(output!.destroyed).toBe(true);
  });
}

gpuTest("every kind of call can be tuned, and is as right by the plan that was chosen", async ({ gpu }) => {
  for (const one of [layerNorm([9, 20], true), batchNorm([3, 4, 5, 5], false, false), weightStandardization([6, 18]), backward(layerNorm([9, 20]))]) {
    const { tuned, destroy } = tuneCaseOf(gpu, one);
    const [result] = await tune(gpu, [tuned], { milliseconds: 20 });
    expect(result!.timings.length, idOf(one)).toBeGreaterThanOrEqual(result!.reason === "only" ? 0 : 2);
    const inputs = inputsOf(one, samples(one.shape));
    const call = callOf(gpu, one, inputs);
    const read = await Promise.all(Object.entries(call.outputs).map(async ([name, tensor]) => [name, await tensor.read()] as const));
    expect(errorOf(Object.fromEntries(read), expectedOf(one, inputs)), idOf(one)).toBeLessThanOrEqual(ERROR_BOUND);
    call.destroy();
    destroy();
  }
});

test("every kind of call of the list is among those", () => {
  const kind = ({ norm, direction, training, residual, layout }: Case): string => [norm, direction, training, residual, layout].join(" ");
  const known = new Set(all.map(kind));
  for (const one of CASES.filter(({ parts, own }) => parts.length === 0 && own <= 1)) expect(known, idOf(one)).toContain(kind(one));
});

gpuTest("every copy kernel copies every byte, of a size that fills no workgroup too", async ({ gpu }) => {
  for (const kernel of COPY_KERNELS) {
    for (const lanes of [1, 300, 4096]) {
      const values = samples([lanes * 4]);
      const [source, copied] = [gpu.tensor(values, [lanes * 4]), gpu.empty([lanes * 4])];
      const copy = new Copy(gpu.device as GPUDevice, lanes * 16, kernel, [source.buffer as GPUBuffer, copied.buffer as GPUBuffer]);
      copy.run();
      expect(await copied.read(), JSON.stringify(kernel)).toEqual(values);
      copy.destroy();
      expect(await source.read()).toEqual(values);
    }
  }
});
