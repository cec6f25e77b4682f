import { DTYPES } from "../core/dtype.ts";
import { DeviceLostError, FormatError, NormgpuError, OptionError, TensorError } from "../core/errors.ts";
import { checkShape, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { planFor } from "../gpu/run.ts";
import type { CallShape } from "../layers/norm.ts";
import { backwardWays } from "../plan/backward-plan.ts";
import type { Choice, Tunable, Way } from "../plan/choice.ts";
import { forwardWays } from "../plan/forward-plan.ts";
import type { Plan } from "../plan/plan.ts";
import { Clock, type Timed } from "./clock.ts";
import { summarize, winner, type Timing } from "./contest.ts";
import { scratchTensors } from "./scratch.ts";
import { classOf } from "./shape-class.ts";
import type { TuningStorage } from "./storage.ts";
import { choicesOf, exportTuning, importTuning } from "./table.ts";

/** A layer whose calls can be planned in several ways: every layer with a `plan` and, for backward, a `planBackward`. */
export interface TunableLayer {
  readonly gpu: Gpu;
  plan(x: Shape, given?: object): Plan;
  planBackward?(x: Shape, given?: object): Plan;
}

/** A call to tune, by shapes: what the layer's `plan` and `prepare` take. Its tensors are not touched. */
export interface TuneCase extends CallShape {
  readonly norm: TunableLayer;
  /** Shape of x. */
  readonly x: Shape;
  /** Default `forward`. */
  readonly direction?: "forward" | "backward";
}

export interface TuneOptions {
  /** Where choices are kept between sessions: loaded before, saved after. What it holds that is not ours is replaced. */
  storage?: TuningStorage;
  /** Milliseconds that each way is timed for. Default 300. */
  milliseconds?: number;
  /** True: classes of shape that have a choice are timed again. Default false. */
  again?: boolean;
}

/** What tuning found for one case. */
export interface TuneResult {
  /** The class of shape that the choice holds for. */
  shapeClass: string;
  /** The way that calls of this class are planned from now on, and the one that the model picks. */
  choice: Choice;
  model: Choice;
  /** `measured`: the clock tells that it is faster than the model's. `kept`: the model's, which none beats by more than spread and grain. `only`: there is no other. `remembered`: chosen before. */
  reason: "measured" | "kept" | "only" | "remembered";
  timings: Timing[];
}

const CALL = "tune";
const REPEATS = 7;
const WAYS = 4;
/** Ways that the model takes for so many times as slow as its pick are not tried; nor are those whose first call turns out so. */
const HOPELESS = 8;
const MOST_CALLS = 4096;
const MILLISECONDS = 300;

/**
 * Times the two to four ways that could win for each case on this adapter, and plans later calls of the same class of shape by the winner. Every way is right within the same bound, so results change
 * in their last bits only. Uses tensors of its own and frees them. Nothing else should run on the device meanwhile.
 * @throws OptionError, ShapeError, TensorError before any GPU work; LimitError where a case does not fit the device; DeviceLostError
 */
export async function tune(gpu: Gpu, cases: readonly TuneCase[], options: TuneOptions = {}): Promise<TuneResult[]> {
  gpu.check(CALL, {});
  const asked = checkCases(gpu, cases, options);
  const { storage } = options;
  await loadFrom(gpu, storage);
  let clock: Clock | null = null;
  try {
    await gpu.plans.testSubgroups();
    gpu.check(CALL, {});
    clock = new Clock(gpu);
    const results: TuneResult[] = [];
    for (const [i, one] of asked.entries()) results.push(await tuneOne(gpu, one, cases[i]!, clock, options));
    await storage?.save(exportTuning(gpu));
    return results;
  } catch (cause) {
    if (cause instanceof DeviceLostError) throw cause;
    // A loss shows as another error first: give it time to be reported.
    await gpu.settled(cause instanceof NormgpuError ? 50 : 1000);
    gpu.check(CALL, {});
    throw cause;
  } finally {
    clock?.destroy();
  }
}

function checkCases(gpu: Gpu, cases: readonly TuneCase[], { milliseconds = MILLISECONDS }: TuneOptions): Tunable[] {
  if (gpu.recorder.isDeferred({})) throw new OptionError(`${CALL}: a gpu.batch is open; tune after it`);
  if (!(milliseconds > 0 && milliseconds <= 60_000)) throw new OptionError(`${CALL}: milliseconds is ${String(milliseconds)}; wanted a number from 0 to 60000`);
  if (!Array.isArray(cases)) throw new OptionError(`${CALL}: cases is ${typeof cases}; wanted a list of { norm, x }`);
  return cases.map((one: TuneCase, i) => requestOf(gpu, one, `${CALL}: cases[${i}]`));
}

/** What the layer would ask the planner for. Nothing is planned, so that nothing happens on the GPU. */
function requestOf(gpu: Gpu, one: TuneCase, call: string): Tunable {
  if (typeof one !== "object" || one === null) throw new OptionError(`${call}: it is ${String(one)}; wanted { norm, x }`);
  const { norm, x, direction = "forward", ...given } = one;
  if (typeof norm?.plan !== "function") throw new OptionError(`${call}: norm is ${typeof norm}; wanted a layer`);
  if (norm.gpu !== gpu) throw new TensorError(`${call}: norm belongs to another Gpu`);
  if (direction !== "forward" && direction !== "backward") throw new OptionError(`${call}: direction is ${String(direction)}; wanted forward or backward`);
  checkShape(x, call);
  for (const [name, dtype] of Object.entries({ dtype: given.dtype, ...given.dtypes })) {
    if (dtype !== undefined && !DTYPES.includes(dtype)) throw new OptionError(`${call}: ${name} is stored as ${String(dtype)}; wanted ${DTYPES.join(" or ")}`);
  }
  const plan = direction === "forward" ? norm.plan : norm.planBackward;
  if (!plan) throw new OptionError(`${call}: this layer has no planBackward; direction must be forward`);
  const own = gpu.plans.choose;
  let found: Tunable | null = null;
  // Thrown by the planner's hook, once it has the request. Not made on loading: an Error has the engine parse the whole file again, for its stack.
  const stop = new Error("found");
  gpu.plans.choose = (asked) => {
    found = asked;
    throw stop;
  };
  try {
    plan.call(norm, x, given);
  } catch (error) {
    if (error !== stop) throw error;
  } finally {
    gpu.plans.choose = own;
  }
  if (!found) throw new OptionError(`${call}: this layer's calls are planned in one way only`);
  return found;
}

async function loadFrom(gpu: Gpu, storage: TuningStorage | undefined): Promise<void> {
  const text = (await storage?.load()) ?? null;
  if (text === null) return;
  try {
    importTuning(gpu, text);
  } catch (error) {
    // What cannot be read is replaced by what is measured now.
    if (!(error instanceof FormatError)) throw error;
  }
}

async function tuneOne(gpu: Gpu, asked: Tunable, given: CallShape, clock: Clock, options: TuneOptions): Promise<TuneResult> {
  const choices = choicesOf(gpu);
  const shapeClass = classOf(asked, gpu.capabilities.batchInvariant === true);
  const ways = waysThatCouldWin(asked, gpu);
  const model = ways[0]!.choice;
  const known = choices.get(shapeClass);
  if (known && !options.again) return { shapeClass, choice: known, model, reason: "remembered", timings: [] };
  const timings = ways.length > 1 ? await race(gpu, asked, ways, given, clock, options.milliseconds ?? MILLISECONDS) : [];
  const choice = timings.length > 1 ? winner(timings, model, clock.grain) : model;
  choices.set(shapeClass, choice);
  gpu.plans.epoch++;
  const reason = timings.length < 2 ? "only" : choice === model ? "kept" : "measured";
  return { shapeClass, choice, model, reason, timings };
}

/** The model's pick first, then the next cheapest by its account; of plans that are the same, one. */
function waysThatCouldWin(asked: Tunable, { capabilities }: Gpu): Way[] {
  const ways = asked.direction === "forward" ? forwardWays(asked.request, capabilities) : backwardWays(asked.request, capabilities);
  const seen = new Set<string>();
  return ways.filter(({ plan, cost }) => {
    const key = JSON.stringify(plan.dispatches);
    const isNew = !seen.has(key) && seen.size < WAYS && cost <= ways[0]!.cost * HOPELESS;
    if (isNew) seen.add(key);
    return isNew;
  });
}

interface Racer extends Timed {
  readonly choice: Choice;
  calls: number;
  readonly times: number[];
}

/** Times of each way, repeat by repeat in turn, so that a disturbance hits all of them. */
async function race(gpu: Gpu, asked: Tunable, ways: readonly Way[], given: CallShape, clock: Clock, milliseconds: number): Promise<Timing[]> {
  const plans = ways.map(({ plan }) => plan);
  const tensors = scratchTensors(gpu, asked, plans, given);
  try {
    await gpu.prepare(() => plans.flatMap((plan) => planFor(gpu, plan, tensors, CALL).dispatches), CALL);
    const racers: Racer[] = [];
    let least = Infinity;
    for (const { choice, plan } of ways) {
      const racer: Racer = { choice, plan, tensors, calls: 1, times: [] };
      const each = await warmUp(racer, clock, milliseconds / REPEATS);
      if (racers.length > 0 && each > least * HOPELESS) continue;
      least = Math.min(least, each);
      racers.push(racer);
    }
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (let i = 0; i < racers.length; i++) {
        const racer = racers[(i + repeat) % racers.length]!;
        racer.times.push(((await clock.time(racer, racer.calls)) * 1000) / racer.calls);
        gpu.check(CALL, {});
      }
    }
    return racers.map(({ choice, calls, times }) => ({ choice, ...summarize(times), calls, repeats: REPEATS }));
  } finally {
    for (const tensor of Object.values(tensors)) tensor.destroy();
  }
}

/** Finds how many calls take so long as a repeat should. @returns milliseconds of one call */
async function warmUp(racer: Racer, clock: Clock, milliseconds: number): Promise<number> {
  await clock.time(racer, 1);
  for (;;) {
    const time = await clock.time(racer, racer.calls);
    if (time >= milliseconds || racer.calls === MOST_CALLS) return time / racer.calls;
    const wanted = Math.ceil((racer.calls * milliseconds * 1.1) / Math.max(time, clock.grain));
    racer.calls = Math.min(MOST_CALLS, Math.max(racer.calls + 1, wanted));
  }
}
