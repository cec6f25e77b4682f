import type { Gpu, Plan } from "../src/index.ts";
import { place, type Call } from "./call.ts";
import { idOf, type Case } from "./cases.ts";
import { contest, STEADY, type Contender, type Effort, type Pace } from "./contest.ts";
import { Copy, COPY_KERNELS, copyName, type CopyKernel } from "./copy.ts";
import type { Outputs } from "./error.ts";
import type { Exercise } from "./exercise.ts";
import { bytesOf, outputBytesOf } from "./inputs.ts";
import type { Measured } from "./measured.ts";
import type { Peer, Prepared, Way } from "./peer.ts";
import { planText } from "./plan-text.ts";

export interface MeasureOptions {
  readonly effort: Effort;
  readonly peers: readonly Peer[];
  /** Inputs of a case, and the reference's judgement of what comes out. */
  readonly prepare: (one: Case) => Promise<Exercise> | Exercise;
  /** Copies that are tried; all there are, unless told. */
  readonly copies?: readonly CopyKernel[];
  /** How many of the copies are timed beyond a first look; all, unless told. */
  readonly keepCopies?: number;
  readonly pace?: Pace;
}

interface Own {
  readonly run: () => void;
  readonly plans: readonly Plan[];
  readonly errors: Outputs<number>;
  readonly firstMs: number;
  readonly destroy: () => void;
}

/** The outputs as they are stored: who judges them turns halves into numbers. */
async function readAll(outputs: Call["outputs"]): Promise<Outputs<Float32Array | Uint16Array>> {
  const entries = Object.entries(outputs).map(
    async ([name, tensor]) => [name, await (tensor.dtype === "f16" ? tensor.read({ raw: true }) : tensor.read())] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function ownCall(gpu: Gpu, one: Case, { inputs, judge }: Exercise): Promise<Own> {
  const { queue } = gpu.device as GPUDevice;
  const call = place(gpu, one, inputs);
  // What was queued before is not the first call's.
  await queue.onSubmittedWorkDone();
  const start = performance.now();
  const { run, plan, outputs, destroy } = call();
  await queue.onSubmittedWorkDone();
  const firstMs = performance.now() - start;
  try {
    return { run, plans: [plan], errors: await judge(await readAll(outputs)), firstMs, destroy };
  } catch (error) {
    destroy();
    throw error;
  }
}

/** Cases one after the other, recorded into one pass; a case that occurs more than once is made once. */
async function ownParts(gpu: Gpu, parts: readonly Case[], { prepare, pace = STEADY }: MeasureOptions): Promise<Own> {
  const made = new Map<string, Own>();
  for (const part of parts) {
    if (made.has(idOf(part))) continue;
    made.set(idOf(part), await ownCall(gpu, part, await prepare(part)));
    await pace.ready();
  }
  const calls = parts.map((part) => made.get(idOf(part))!);
  const runAll = (): void => {
    for (const { run } of calls) run();
  };
  return {
    run: () => gpu.batch(runAll),
    plans: calls.flatMap(({ plans }) => plans),
    errors: { y: Math.max(...calls.flatMap(({ errors }) => Object.values(errors))) },
    firstMs: [...made.values()].reduce((sum, { firstMs }) => sum + firstMs, 0),
    destroy: () => made.forEach(({ destroy }) => destroy()),
  };
}

/** A case's errors against the reference, then its times beside those of copies and peers. @throws whatever `pace.ready` throws */
export async function measure(gpu: Gpu, one: Case, options: MeasureOptions): Promise<Measured> {
  const { pace = STEADY } = options;
  const exercise = one.parts.length ? null : await options.prepare(one);
  await pace.ready();
  const own = exercise ? await ownCall(gpu, one, exercise) : await ownParts(gpu, one.parts, options);
  try {
    await pace.ready();
    return await timed(gpu, one, own, exercise, options);
  } finally {
    own.destroy();
  }
}

/** Times a call that was judged beside copies and peers. @throws whatever `pace.ready` throws */
async function timed(gpu: Gpu, one: Case, own: Own, exercise: Exercise | null, options: MeasureOptions): Promise<Measured> {
  const { pace = STEADY } = options;
  const { queue } = gpu.device as GPUDevice;
  const fence = (): Promise<unknown> => queue.onSubmittedWorkDone();
  const copies = copiesOf(gpu, one, options, fence);
  const peers = exercise ? await preparePeers(options.peers, one, exercise) : NO_PEERS;
  const ours: Contender = { name: "ours", variant: "", run: own.run, fence, allocates: 0 };
  const refused = [...peers.refused];
  const told = ({ name, variant }: Contender, error: unknown): void => void refused.push({ name, variant, message: messageOf(error) });
  try {
    const timings = await contest([...copies.contenders, ours, ...peers.contenders.keys()], options.effort, told, pace);
    const errorFor = (contender: Contender): number | null =>
      contender === ours ? Math.max(...Object.values(own.errors)) : (peers.contenders.get(contender) ?? null);
    return {
      ...describe(one, own),
      entries: [...timings].map(([contender, timing]) => ({ name: contender.name, variant: contender.variant, ...timing, error: errorFor(contender) })),
      refused,
    };
  } finally {
    copies.destroy();
    await peers.destroy();
  }
}

/** What is known of a case before it is timed. */
function describe(one: Case, { plans, errors, firstMs }: Own): Omit<Measured, "entries" | "refused"> {
  return {
    id: idOf(one),
    bytes: bytesOf(one),
    plan: plans.length === 1 ? planText(plans[0]!) : `${plans.length} calls in one pass`,
    dispatches: plans.reduce((sum, plan) => sum + plan.dispatches.length, 0),
    bytesMoved: plans.reduce((sum, plan) => sum + plan.bytesMoved, 0),
    errors,
    firstMs,
  };
}

/** Copies of all inputs and outputs of a case, each once. */
function copiesOf(gpu: Gpu, one: Case, { copies = COPY_KERNELS, keepCopies }: MeasureOptions, fence: Contender["fence"]) {
  const made = copies.map((kernel) => ({ kernel, copy: new Copy(gpu.device as GPUDevice, bytesOf(one) / 2, kernel) }));
  const contenders: Contender[] = made.map(({ kernel, copy }) => ({
    name: "copy",
    variant: copyName(kernel),
    run: () => copy.run(),
    fence,
    allocates: 0,
    keep: keepCopies,
  }));
  return { contenders, destroy: () => made.forEach(({ copy }) => copy.destroy()) };
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

const NO_PEERS: PeerContenders = { contenders: new Map(), refused: [], destroy: async () => {} };

async function preparePeers(peers: readonly Peer[], one: Case, { inputs, judge }: Exercise): Promise<PeerContenders> {
  const contenders = new Map<Contender, number>();
  const refused: Measured["refused"][number][] = [];
  const prepared: Prepared[] = [];
  const allocates = outputBytesOf(one);
  for (const peer of peers) {
    try {
      if (one.dtype !== "f32") throw new Error(`peers are asked for f32 alone, not for ${one.dtype}`);
      const found = await peer.prepare(one, inputs);
      prepared.push(found);
      refused.push(...found.refused.map((each) => ({ name: peer.name, ...each })));
      for (const way of found.ways) {
        try {
          const { variant, run, fence, free } = way;
          contenders.set({ name: peer.name, variant, run, fence, free, allocates, mayLeave: true }, await errorOfWay(way, judge));
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

async function errorOfWay(way: Way, judge: Exercise["judge"]): Promise<number> {
  const result = await way.run();
  await way.fence([result]);
  const errors = await judge(await way.read(result));
  way.free(result);
  return Math.max(...Object.values(errors));
}
