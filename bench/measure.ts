import type { Gpu, Plan } from "../src/index.ts";
import { callOf, type Call } from "./call.ts";
import { idOf, type Case } from "./cases.ts";
import { contest, type Contender } from "./contest.ts";
import { Copy, COPY_KERNELS, copyName } from "./copy.ts";
import { errorOf, type Outputs } from "./error.ts";
import { expectedOf } from "./expected.ts";
import { bytesOf, inputsOf, type Inputs } from "./inputs.ts";
import type { Measured } from "./measured.ts";
import type { Peer, Prepared, Way } from "./peer.ts";
import { planText } from "./plan-text.ts";

export interface MeasureOptions {
  readonly repeats: number;
  readonly peers: readonly Peer[];
  /** Values of x. */
  readonly xOf: (one: Case) => Float32Array;
  /** Lets a page paint between two pieces of work. */
  readonly pause: () => Promise<void>;
}

interface Own {
  readonly run: () => void;
  readonly plans: readonly Plan[];
  readonly error: number;
  readonly destroy: () => void;
}

async function readAll(outputs: Call["outputs"]): Promise<Outputs<Float32Array>> {
  const entries = Object.entries(outputs).map(async ([name, tensor]) => [name, await tensor.read()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function ownCall(gpu: Gpu, one: Case, inputs: Inputs, expected: Outputs<Float64Array>): Promise<Own> {
  const call = callOf(gpu, one, inputs);
  const error = errorOf(await readAll(call.outputs), expected);
  return { run: call.run, plans: [call.plan], error, destroy: call.destroy };
}

/** Cases one after the other, recorded into one pass; a case that occurs more than once is made once. */
async function ownParts(gpu: Gpu, parts: readonly Case[], { xOf, pause }: MeasureOptions): Promise<Own> {
  const made = new Map<string, Own>();
  for (const part of parts) {
    if (made.has(idOf(part))) continue;
    const inputs = inputsOf(part, xOf(part));
    made.set(idOf(part), await ownCall(gpu, part, inputs, expectedOf(part, inputs)));
    await pause();
  }
  const calls = parts.map((part) => made.get(idOf(part))!);
  const runAll = (): void => {
    for (const { run } of calls) run();
  };
  return {
    run: () => gpu.batch(runAll),
    plans: calls.flatMap(({ plans }) => plans),
    error: Math.max(...calls.map(({ error }) => error)),
    destroy: () => made.forEach(({ destroy }) => destroy()),
  };
}

/** A case's errors against the reference, then its times beside those of copies and peers. */
export async function measure(gpu: Gpu, one: Case, options: MeasureOptions): Promise<Measured> {
  const inputs = one.parts.length ? null : inputsOf(one, options.xOf(one));
  const expected = inputs && expectedOf(one, inputs);
  await options.pause();
  const own = inputs ? await ownCall(gpu, one, inputs, expected!) : await ownParts(gpu, one.parts, options);
  await options.pause();
  const device = gpu.device as GPUDevice;
  const fence = (): Promise<unknown> => device.queue.onSubmittedWorkDone();
  const bytes = bytesOf(one);
  const copies = COPY_KERNELS.map((kernel) => ({ kernel, copy: new Copy(device, bytes / 2, kernel) }));
  const peers = inputs
    ? await preparePeers(options.peers, one, inputs, expected!)
    : { contenders: new Map<Contender, number>(), refused: [], destroy: async () => {} };
  const ours: Contender = { name: "ours", variant: "", run: own.run, fence, allocates: 0 };
  const contenders = [
    ...copies.map(({ kernel, copy }) => ({ name: "copy", variant: copyName(kernel), run: () => copy.run(), fence, allocates: 0 })),
    ours,
    ...peers.contenders.keys(),
  ];
  const refused = [...peers.refused];
  const timings = await contest(contenders, options.repeats, ({ name, variant }, error) => refused.push({ name, variant, message: messageOf(error) }));
  for (const { copy } of copies) copy.destroy();
  own.destroy();
  await peers.destroy();
  const errorFor = (contender: Contender): number | null => (contender === ours ? own.error : (peers.contenders.get(contender) ?? null));
  return {
    id: idOf(one),
    bytes,
    plan: own.plans.length === 1 ? planText(own.plans[0]!) : `${own.plans.length} calls in one pass`,
    dispatches: own.plans.reduce((sum, plan) => sum + plan.dispatches.length, 0),
    bytesMoved: own.plans.reduce((sum, plan) => sum + plan.bytesMoved, 0),
    entries: [...timings].map(([contender, timing]) => ({ name: contender.name, variant: contender.variant, ...timing, error: errorFor(contender) })),
    refused,
  };
}

function messageOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .replaceAll(/\s+/g, " ")
    .slice(0, 300);
}

interface PeerContenders {
  /** With the error of each. */
  readonly contenders: ReadonlyMap<Contender, number>;
  readonly refused: Measured["refused"];
  readonly destroy: () => Promise<void>;
}

async function preparePeers(peers: readonly Peer[], one: Case, inputs: Inputs, expected: Outputs<Float64Array>): Promise<PeerContenders> {
  const contenders = new Map<Contender, number>();
  const refused: Measured["refused"][number][] = [];
  const prepared: Prepared[] = [];
  const allocates = Object.values(expected).reduce((sum, values) => sum + 4 * values.length, 0);
  for (const peer of peers) {
    try {
      const found = await peer.prepare(one, inputs);
      prepared.push(found);
      refused.push(...found.refused.map((each) => ({ name: peer.name, ...each })));
      for (const way of found.ways) {
        try {
          const { variant, run, fence, free } = way;
          contenders.set({ name: peer.name, variant, run, fence, free, allocates, mayLeave: true }, await errorOfWay(way, expected));
        } catch (error) {
          refused.push({ name: peer.name, variant: way.variant, message: messageOf(error) });
        }
      }
    } catch (error) {
      refused.push({ name: peer.name, variant: "", message: messageOf(error) });
    }
  }
  return {
    contenders,
    refused,
    async destroy() {
      // A peer that cannot free what it made has nothing to say about the case.
      await Promise.allSettled(prepared.map(async (each) => each.destroy()));
    },
  };
}

async function errorOfWay(way: Way, expected: Outputs<Float64Array>): Promise<number> {
  const result = await way.run();
  await way.fence([result]);
  const error = errorOf(await way.read(result), expected);
  way.free(result);
  return error;
}
