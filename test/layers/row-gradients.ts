import type { Shape } from "../../src/core/shape.ts";
import { run } from "../../src/gpu/run.ts";
import type { Capabilities, Gpu, Tensor } from "../../src/index.ts";
import type { BackwardRequest } from "../../src/plan/backward-request.ts";
import { planForward } from "../../src/plan/forward-plan.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { statisticsStride, STATISTICS_PLANES, type ForwardRequest } from "../../src/plan/request.ts";
import { backwardWays } from "../../src/plan/backward-plan.ts";
import { isRowChoice } from "../../src/plan/choice.ts";
import { ROW_GRADIENTS } from "../../src/plan/walks.ts";
import { normalizeBackward } from "../../src/reference/gradient.ts";
import { statisticMap } from "../../src/reference/moments.ts";
import { indexMap } from "../../src/reference/nd-array.ts";
import { normal } from "../data.ts";
import { along, request } from "../plan/requests.ts";

/** One backward call over rows: x's shape, and the axes along which gamma and beta change (by stride where they are not plain). */
export interface RowCase {
  readonly shape: Shape;
  readonly reduced: readonly number[];
  readonly gamma?: readonly number[];
  readonly beta?: readonly number[];
  readonly more?: Partial<BackwardRequest>;
  readonly x?: Float32Array;
  readonly dy?: Float32Array;
  /** Values of gamma. */
  readonly scale?: Float32Array;
  /** What the plan takes the device for. */
  readonly planAs?: Partial<Capabilities>;
}

export interface RowGradients {
  readonly dx?: ArrayLike<number>;
  readonly dgamma?: ArrayLike<number>;
  readonly dbeta?: ArrayLike<number>;
}

const sizeBy = (shape: Shape, axes: readonly number[]): number => axes.reduce((size, axis) => size * shape[axis]!, 1);

/** Data of a case: what it brings, else x about 1.5, gamma about 1, dy about 0.3. */
function dataOf({ shape, gamma, beta, x, dy, scale }: RowCase): Record<"x" | "dy" | "dsum", Float32Array> & { gamma?: Float32Array; beta?: Float32Array } {
  const count = sizeBy(shape, [...shape.keys()]);
  return {
    x: x ?? normal(count, 1, 1.5, 2),
    dy: dy ?? normal(count, 2, 0.3),
    dsum: normal(count, 3),
    ...(gamma && { gamma: scale ?? normal(sizeBy(shape, gamma), 4, 1, 0.4) }),
    ...(beta && { beta: normal(sizeBy(shape, beta), 5) }),
  };
}

/** The request of a case. All that can be wanted is wanted, unless `more` says otherwise. */
export function backwardRequest({ shape, reduced, gamma, beta, more }: RowCase): BackwardRequest {
  const { residual: _residual, writesSum: _sum, writesStatistics: _saved, running: _running, applies: _applies, ...shared } = request(shape, reduced);
  return {
    ...shared,
    walks: ROW_GRADIENTS,
    parameters: { ...(gamma && { gamma: along(shape, gamma) }), ...(beta && { beta: along(shape, beta) }) },
    hasDsum: false,
    accumulates: false,
    wants: { dx: true, dgamma: gamma !== undefined, dbeta: beta !== undefined, dmean: false, dvariance: false },
    ...more,
  };
}

/** The cheapest plan by fused kernels of rows, where they can take the request. */
export function fusedPlan(asked: BackwardRequest, device: Capabilities): Plan | null {
  return backwardWays(asked, device).find(({ choice }) => isRowChoice(choice))?.plan ?? null;
}

const ACCUMULATED = 0.75;

/** Gradients on the GPU: statistics by a forward call, then the plan under test, `times` times into the same tensors. */
export async function gpuGradients(gpu: Gpu, testCase: RowCase, times = 1): Promise<RowGradients[]> {
  const asked = backwardRequest(testCase);
  const data = dataOf(testCase);
  const { shape, view, wants } = asked;
  const plan = fusedPlan(asked, { ...gpu.capabilities, ...testCase.planAs });
  if (!plan) throw new Error("the row plan does not apply");
  const tensors: Record<string, Tensor> = {
    x: gpu.tensor(data.x, shape),
    dy: gpu.tensor(data.dy, shape),
    statistics: gpu.tensor(new Float32Array(STATISTICS_PLANES * statisticsStride(view.statistics)).fill(NaN)),
    ...(data.gamma && { gamma: gpu.tensor(data.gamma) }),
    ...(data.beta && { beta: gpu.tensor(data.beta) }),
    ...(asked.hasDsum && { dsum: gpu.tensor(data.dsum, shape) }),
  };
  forward(gpu, asked, testCase.reduced, tensors);
  const found: RowGradients[] = [];
  for (let time = 0; time < times; time++) {
    const outputs: Record<string, Tensor> = {};
    if (wants.dx) outputs["dx"] = gpu.tensor(new Float32Array(data.x.length).fill(NaN), shape);
    for (const name of ["gamma", "beta"] as const) {
      const like = data[name];
      if (like && wants[`d${name}`]) outputs[`d${name}`] = gpu.tensor(new Float32Array(like.length).fill(asked.accumulates ? ACCUMULATED : NaN));
    }
    run(gpu, plan, { ...tensors, ...outputs }, {}, "test");
    const entries = await Promise.all(Object.entries(outputs).map(async ([name, tensor]) => [name, await tensor.read()] as const));
    found.push(Object.fromEntries(entries));
    for (const tensor of Object.values(outputs)) tensor.destroy();
  }
  for (const tensor of Object.values(tensors)) tensor.destroy();
  return found;
}

function forward(gpu: Gpu, asked: BackwardRequest, reduced: readonly number[], tensors: Record<string, Tensor>): void {
  if (asked.statistics === "fixed") {
    const { statistics: count } = asked.view;
    const stride = statisticsStride(count);
    const planes = new Float32Array(STATISTICS_PLANES * stride).fill(NaN);
    const { mean, variance } = givenStatistics(count);
    for (let s = 0; s < count; s++) {
      planes.set([1 / Math.sqrt(variance[s]! + asked.eps)], stride + s);
      planes.set([mean[s]!], 2 * stride + s);
      planes.set([0], 3 * stride + s);
    }
    tensors["statistics"]!.write(planes);
    return;
  }
  const { shape, statistics, subtractsMean, epsMode, correction } = asked;
  const wanted: ForwardRequest = { ...request(shape, reduced), statistics, subtractsMean, epsMode, correction, writesStatistics: true };
  const y = gpu.empty(shape);
  run(gpu, planForward(wanted, gpu.capabilities), { x: tensors["x"]!, y, statistics: tensors["statistics"]! }, {}, "test");
  y.destroy();
}

function givenStatistics(count: number): { mean: Float32Array; variance: Float32Array } {
  return { mean: normal(count, 8, 1, 1), variance: normal(count, 9, 4, 0.3) };
}

/** The same in float64. */
export function expectedGradients(testCase: RowCase): RowGradients {
  const asked = backwardRequest(testCase);
  const { shape, parameters, wants, gammaScale, gammaShift, statistics, subtractsMean, activation, eps } = asked;
  const data = dataOf(testCase);
  const effective = data.gamma && Float64Array.from(data.gamma, (value) => value * gammaScale + gammaShift);
  const given = givenStatistics(asked.view.statistics);
  const flat = <A extends ArrayLike<number>>(values: A): { data: A; shape: Shape } => ({ data: values, shape: [values.length] });
  const found = normalizeBackward(
    { data: data.dy, shape },
    { data: data.x, shape },
    { ...(effective && { gamma: flat(effective as never) }), ...(data.beta && { beta: flat(data.beta) }), activation, eps },
    {
      call: "test",
      shape,
      ...statisticMap(shape, testCase.reduced),
      kind: statistics as "moments" | "rms" | "fixed",
      subtractsMean,
      parameterMap: (_, name) => indexMap(shape, parameters[name as "gamma" | "beta"]!),
      ...(statistics === "fixed" && { fixed: { mean: Float64Array.from(given.mean), variance: Float64Array.from(given.variance) } }),
    },
  );
  const before = asked.accumulates ? ACCUMULATED : 0;
  return {
    ...(wants.dx && { dx: found.dx.map((value, i) => value + (asked.hasDsum ? data.dsum[i]! : 0)) }),
    ...(found.dgamma && wants.dgamma && { dgamma: found.dgamma.data.map((value) => value * gammaScale + before) }),
    ...(found.dbeta && wants.dbeta && { dbeta: found.dbeta.data.map((value) => value + before) }),
  };
}
