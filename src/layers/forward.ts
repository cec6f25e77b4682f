import type { Activation } from "../core/activation.ts";
import { DTYPES, type Dtype } from "../core/dtype.ts";
import { OptionError, ShapeError, TensorError } from "../core/errors.ts";
import { checkWord } from "../core/options.ts";
import { broadcastStrides } from "../core/parameter-view.ts";
import { checkSame, formatShape, sameShape, sizeOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { runOrFree, type Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { planForward } from "../plan/forward-plan.ts";
import type { BackwardRequest } from "../plan/backward-request.ts";
import type { Plan } from "../plan/plan.ts";
import { statisticsStride, STATISTICS_PLANES, type ForwardRequest, type ParameterRole } from "../plan/request.ts";
import type { ForwardWalks } from "../plan/walks.ts";
import { idsOf, remembered } from "./kept-specs.ts";
import { viewOf } from "./views.ts";
import { Saved, type InputShapes, type SavedMeaning } from "./saved.ts";

/** What every forward call takes beside x. */
export interface ForwardOptions extends Recording {
  /** Added to x before the norm; any shape that broadcasts to x. */
  residual?: Tensor | null;
  /** Added to x before the norm; per channel or feature, or any shape that broadcasts to x. */
  residualBias?: Tensor | null;
  /** True: x + residual + residualBias is an output too. It always is where there is a residual and `saved` is kept. */
  sum?: boolean;
  /** False: nothing is kept for a backward call. */
  saved?: boolean;
  /** Storage type of y, and of sum, where `out` does not bring them. Default: x's. In f16, values past 65504 become that. */
  dtype?: Dtype;
  /** Tensors of an earlier result, written again; a call that finds all of its outputs here allocates nothing. */
  out?: { y?: Tensor; sum?: Tensor; saved?: Saved };
}

/** Outputs of a forward call. Nothing is awaited: they hold their values once the queue has come so far. */
export interface ForwardResult {
  /** Shape of x. */
  y: Tensor;
  /** x + residual + residualBias, where it was asked for or is needed by `saved`. */
  sum?: Tensor;
  /** What backward needs: x (or the sum), mean and rstd. Absent with `saved: false`. */
  saved?: Saved;
}

/** Gamma and beta of one call; null or absent: 1 and 0. */
export interface AffineParameters {
  gamma?: Tensor | null;
  beta?: Tensor | null;
}

/** One layer's meaning for one shape of x: what is reduced, and how parameters lie. */
export interface NormSpec {
  /** The call, as errors name it. */
  readonly call: string;
  /** x's shape with the channel axis cut into groups where there are groups. */
  readonly shape: Shape;
  /** The axis of x that `shape` cuts in two, or null. */
  readonly cut: number | null;
  /** Axes of `shape` that share statistics. */
  readonly reduced: readonly number[];
  readonly statistics: ForwardRequest["statistics"];
  readonly subtractsMean: boolean;
  readonly activation: Activation;
  readonly eps: number;
  /** Default `insideVariance`. */
  readonly epsMode?: ForwardRequest["epsMode"];
  /** Default 0. */
  readonly correction?: ForwardRequest["correction"];
  /** The factor is gamma * gammaScale + gammaShift; default 1 and 0. */
  readonly gammaScale?: number;
  readonly gammaShift?: number;
  readonly running: ForwardRequest["running"];
  /** Strides over `shape` of a parameter of this shape, or null where it does not fit. */
  readonly strides: (parameter: Shape) => readonly number[] | null;
  /** The shapes that fit, for the error. */
  readonly wanted: string;
}

/** Tensors that a layer brings beside the caller's. */
export type LayerTensors = Readonly<Partial<Record<"mean" | "variance" | "running_mean" | "running_variance" | "statistics", Tensor>>>;

/** What a plan needs to know of a call beside the shapes. */
export interface PlanWants {
  readonly sum: boolean;
  readonly saved: boolean;
  readonly aligned: boolean;
  /** Storage types of x and of the sum. Default f32. */
  readonly x?: Dtype;
  readonly sumDtype?: Dtype;
}

function parametersOf(options: ForwardOptions & AffineParameters): Partial<Record<ParameterRole, Tensor>> {
  const { gamma, beta, residualBias } = options;
  return { ...(gamma && { gamma }), ...(beta && { beta }), ...(residualBias && { residual_bias: residualBias }) };
}

const ARGUMENTS: Record<ParameterRole, string> = { gamma: "gamma", beta: "beta", residual_bias: "residualBias" };

/** Strides of each parameter over the cut shape. @throws ShapeError where one does not fit */
export function parameterStrides(spec: NormSpec, inputs: InputShapes): ForwardRequest["parameters"] {
  const found: Partial<Record<ParameterRole, readonly number[]>> = {};
  for (const [role, shape] of Object.entries(inputs.parameters) as [ParameterRole, Shape][]) {
    const strides = spec.strides(shape);
    if (!strides) throw new ShapeError(`${spec.call}: ${ARGUMENTS[role]} is ${formatShape(shape)}; wanted ${spec.wanted}`);
    found[role] = splitStrides(strides, spec.cut, spec.shape);
  }
  return found;
}

/** Strides of a residual over the cut shape, from its own shape against x's. */
export function residualStrides(spec: NormSpec, x: Shape, residual: Shape | null): number[] | null {
  if (!residual) return null;
  const strides = broadcastStrides(residual, x);
  if (!strides) throw new ShapeError(`${spec.call}: residual is ${formatShape(residual)}; it must broadcast to x, which is ${formatShape(x)}`);
  return splitStrides(strides, spec.cut, spec.shape);
}

/** Strides over x's axes carried to `shape`, in which axis `cut` is cut in two. */
function splitStrides(strides: readonly number[], cut: number | null, shape: Shape): number[] {
  if (cut === null) return [...strides];
  const stride = strides[cut]!;
  return [...strides.slice(0, cut), stride * shape[cut + 1]!, stride, ...strides.slice(cut + 1)];
}

/** True where every tensor starts where a lane may start. */
export function aligned(tensors: readonly (Tensor | null | undefined)[]): boolean {
  return tensors.every((tensor) => !tensor || tensor.aligned);
}

/** The plan of a call, remembered by everything that it depends on. */
export function planOf(gpu: Gpu, walks: ForwardWalks, spec: NormSpec, x: Shape, inputs: InputShapes, wants: PlanWants): Plan {
  const request: ForwardRequest = {
    ...sharedRequest(spec, inputs.parameters.gamma),
    walks,
    parameters: parameterStrides(spec, inputs),
    residual: residualStrides(spec, x, inputs.residual),
    applies: true,
    writesSum: wants.sum,
    writesStatistics: wants.saved,
    running: spec.running,
    aligned: wants.aligned,
    ...(reloadsSum(wants) && { reloadsSum: true }),
  };
  const choice = gpu.plans.choose?.({ direction: "forward", request });
  return gpu.plans.remember(requestKey("forward", request, spec, choice), (capabilities) => planForward(request, capabilities, choice));
}

/** What requests of both directions take from a layer's meaning. */
type SharedRequest = Pick<
  ForwardRequest,
  "shape" | "view" | "statistics" | "subtractsMean" | "activation" | "eps" | "epsMode" | "correction" | "gammaScale" | "gammaShift"
>;

/** What a layer's meaning says to both directions; `gamma`: its shape, where there is one. */
export function sharedRequest(spec: NormSpec, gamma: Shape | undefined): SharedRequest {
  const { shape, reduced, statistics, subtractsMean, activation, eps, epsMode = "insideVariance", correction = 0, gammaScale = 1, gammaShift = 0 } = spec;
  // Without gamma there is nothing to shift.
  const shift = gamma ? gammaShift : 0;
  return { shape, view: viewOf(shape, reduced), statistics, subtractsMean, activation, eps, epsMode, correction, gammaScale, gammaShift: shift };
}

/** What a request says as a key, and how it was chosen to be planned. Its view follows from shape and reduced axes. */
export function requestKey(kind: string, request: ForwardRequest | BackwardRequest, { reduced }: NormSpec, choice = ""): string {
  return `${kind} ${choice} ${reduced.join()} ${JSON.stringify({ ...request, view: 0, walks: request.walks.name })}`;
}

/** A sum in f16 is rounded: statistics and y are made from what it is made of. So they are where x is f16 and nobody wants the sum: that moves fewer bytes. */
function reloadsSum(wants: PlanWants): boolean {
  return wants.sum ? wants.sumDtype === "f16" : wants.x === "f16";
}

/** What was found out about a call before anything is made or queued. */
interface FoundForward {
  readonly epoch: number;
  readonly plan: Plan;
  readonly sums: boolean;
  /** Storage types of y and of the sum. */
  readonly dtype: Dtype;
  readonly sumDtype: Dtype;
  readonly meaning: SavedMeaning;
}

/** What a forward call is told, as a key; null where an option is none of its plain values, which then is looked at afresh. */
function keyOf(x: Tensor, options: ForwardOptions & AffineParameters): string | null {
  const { gamma, beta, residual, residualBias, out = {}, dtype, sum = false } = options;
  if (typeof sum !== "boolean" || (dtype !== undefined && dtype !== "f32" && dtype !== "f16") || (out.saved && !(out.saved instanceof Saved))) return null;
  return `${idsOf(x, gamma, beta, residual, residualBias, out.y, out.sum, out.saved?.statistics)}${sum} ${options.saved !== false} ${dtype}`;
}

/** Validates and plans. @throws ShapeError, OptionError, TensorError, LimitError */
function findForward(gpu: Gpu, walks: ForwardWalks, call: string, spec: NormSpec, x: Tensor, options: ForwardOptions & AffineParameters): FoundForward {
  const { epoch } = gpu.plans;
  const { out = {}, residual } = options;
  const parameters = parametersOf(options);
  const saves = options.saved !== false;
  const sums = wantsSum(spec, options, saves);
  checkOut(spec, x.shape, out);
  const dtype = outputDtype(call, x, options);
  const sumDtype = out.sum?.dtype ?? dtype;
  const shapes = Object.fromEntries(Object.entries(parameters).map(([role, tensor]) => [role, tensor.shape]));
  const inputs = { parameters: shapes, residual: residual?.shape ?? null };
  const wants = { sum: sums, saved: saves, aligned: aligned([x, residual, out.y, out.sum, ...Object.values(parameters)]), x: x.dtype, sumDtype };
  const plan = planOf(gpu, walks, spec, x.shape, inputs, wants);
  const own = { ...meaningOf(spec), inputs };
  const had = out.saved?.meaning;
  return { epoch, plan, sums, dtype, sumDtype, meaning: had && sameMeaning(had, own) ? had : own };
}

/** Words say the shape, the kind and eps too. */
function sameMeaning(a: SavedMeaning, b: SavedMeaning): boolean {
  const same = (one: Shape | null | undefined, other: Shape | null | undefined): boolean => one === other || (!!one && !!other && sameShape(one, other));
  const roles = ["gamma", "beta", "residual_bias"] as const;
  return a.words === b.words && same(a.inputs.residual, b.inputs.residual) && roles.every((role) => same(a.inputs.parameters[role], b.inputs.parameters[role]));
}

/** What is kept for backward: `earlier` itself where it says the same, else statistics in its tensor, or in a new one. */
function savedOver(gpu: Gpu, x: Tensor, meaning: SavedMeaning, earlier: Saved | undefined): Saved {
  return earlier && earlier.x === x && earlier.meaning === meaning ? earlier : Saved.over(gpu, x, meaning, earlier ?? null);
}

/** Validates, plans, allocates what `out` does not bring, and queues the call. `walks`: those that the layer can need. */
export function runForward(
  gpu: Gpu,
  walks: ForwardWalks,
  call: string,
  x: Tensor,
  specOf: (shape: Shape) => NormSpec,
  options: ForwardOptions & AffineParameters,
  layer: LayerTensors = {},
): ForwardResult {
  const { gamma, beta, residual, residualBias } = options;
  const out = options.out ?? {};
  gpu.need(call, { x });
  gpu.check(call, { residual, gamma, beta, residual_bias: residualBias, "out.y": out.y, "out.sum": out.sum, "out.saved": out.saved?.statistics });
  gpu.check(call, layer);
  const spec = specOf(x.shape);
  const { plan, sums, dtype, sumDtype, meaning } = remembered(gpu, spec, keyOf(x, options), always, () => findForward(gpu, walks, call, spec, x, options));
  const y = out.y ?? gpu.empty(x.shape, { dtype });
  const sum = sums ? (out.sum ?? gpu.empty(x.shape, { dtype: sumDtype })) : undefined;
  const saved = options.saved === false ? undefined : savedOver(gpu, sum ?? x, meaning, out.saved);
  const tensors = { x, y, gamma, beta, residual, residual_bias: residualBias, sum, statistics: saved?.statistics, ...layer };
  runOrFree(gpu, plan, tensors, options, call, [!out.y && y, !out.sum && sum, !out.saved && saved]);
  return { y, ...(sum && { sum }), ...(saved && { saved }) };
}

const always = (): boolean => true;

/** What backward must know of the statistics: their shape and kind, and all that they depend on, in words. */
export function meaningOf(spec: NormSpec): Omit<SavedMeaning, "inputs"> {
  const { shape, reduced, statistics, subtractsMean, eps, epsMode = "insideVariance", correction = 0 } = spec;
  const view = viewOf(spec.shape, spec.reduced);
  const over = `axes [${reduced.toSorted((a, b) => a - b).join(", ")}] of ${formatShape(shape)}`;
  const more = `${subtractsMean ? "" : ", mean kept"}${epsMode === "outsideStd" ? ", eps outside" : ""}${correction ? ", unbiased" : ""}`;
  // Estimates that a call moved are not followed: to backward they were given.
  const kind = spec.running?.towards === "estimates" ? "fixed" : statistics;
  return { shape: view.statisticsShape, kind, eps, words: `${kind} over ${over}, eps ${eps}${more}` };
}

/** The sum is written where it is asked for, and where backward will need it in place of x. */
function wantsSum(spec: NormSpec, options: ForwardOptions, saves: boolean): boolean {
  const adds = Boolean(options.residual ?? options.residualBias);
  if (options.sum && !adds) throw new OptionError(`${spec.call}: sum is true; it needs a residual or a residualBias`);
  return adds && (options.sum === true || saves || options.out?.sum !== undefined);
}

/** The type of y: as asked, else as `out` has it, else x's. @throws OptionError where they disagree */
export function outputDtype(call: string, x: Tensor, { dtype, out }: ForwardOptions): Dtype {
  if (dtype !== undefined) checkWord(call, "dtype", dtype, DTYPES);
  if (dtype !== undefined && out?.y && out.y.dtype !== dtype) throw new OptionError(`${call}: dtype is ${dtype}; out.y is ${out.y.dtype}`);
  return dtype ?? out?.y?.dtype ?? x.dtype;
}

function checkOut(spec: NormSpec, x: Shape, out: NonNullable<ForwardOptions["out"]>): void {
  for (const name of ["y", "sum"] as const) checkSame(spec.call, `out.${name}`, out[name], x, "it must have x's shape");
  if (out.saved && !(out.saved instanceof Saved)) throw new TensorError(`${spec.call}: out.saved is ${typeof out.saved}; wanted what a forward call saved`);
  const wanted = statisticsStride(viewOf(spec.shape, spec.reduced).statistics) * STATISTICS_PLANES;
  const own = out.saved && sizeOf(out.saved.statistics.shape);
  if (own !== undefined && own !== wanted)
    throw new ShapeError(`${spec.call}: out.saved comes from a call with other statistics (${own} values; wanted ${wanted})`);
}
