import { checkDtype, type Dtype } from "../core/dtype.ts";
import { OptionError, ShapeError } from "../core/errors.ts";
import { checkSame, formatShape, sameShape, sizeOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { runOrFree, type Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { planPNormBackward } from "../plan/p-norm-backward-plan.ts";
import { planPNorm } from "../plan/p-norm-plan.ts";
import type { PNormRequest, PNormRole } from "../plan/p-norm-request.ts";
import type { Plan } from "../plan/plan.ts";
import { checkAddedTo } from "./accumulate.ts";
import { aligned } from "./forward.ts";
import { viewOf } from "./views.ts";

/** One layer's meaning for one shape of x: y = g * x / max(norm, eps), norm = (sum of |x|^p)^(1/p) over `reduced`. */
export interface PNormSpec {
  /** Axes of x that share a norm. */
  readonly reduced: readonly number[];
  readonly power: number;
  readonly eps: number;
  readonly names: Readonly<Record<PNormRole, string>>;
  /** Shape of the norms and of their gradient. */
  readonly normShape: Shape;
}

/** What a forward call keeps for its backward call. It owns its norms and only refers to x and g. */
export class PNormSaved {
  /** What was divided: x, or the weight norm's v. */
  readonly x: Tensor;
  /** The factors of the norms, where there were any. */
  readonly g: Tensor | null;
  /** The p-norm of each set of values that share one, f32, before any eps. */
  readonly norm: Tensor;
  /** @internal */ readonly spec: PNormSpec;

  /** @internal */
  constructor(x: Tensor, g: Tensor | null, norm: Tensor, spec: PNormSpec) {
    this.x = x;
    this.g = g;
    this.norm = norm;
    this.spec = spec;
  }

  /** Frees the norms. x and g stay. */
  destroy(): void {
    this.norm.destroy();
  }
}

/** What the forward call of a layer takes, under this file's names. */
export interface PNormOptions extends Recording {
  g?: Tensor | null;
  dtype?: Dtype;
  saved?: boolean;
  out: { y?: Tensor; saved?: PNormSaved };
}

/** What the backward call of a layer takes, under this file's names. */
export interface PNormBackwardOptions extends Recording {
  accumulate?: boolean;
  out: { dx?: Tensor; dg?: Tensor };
}

/** What a plan depends on beside the spec and x's shape. */
export interface PNormWants {
  readonly hasG: boolean;
  readonly aligned: boolean;
  /** Forward. */
  readonly norm?: boolean;
  /** Backward. */
  readonly accumulates?: boolean;
}

/** The plan of a call, remembered by everything that it depends on. */
export function pNormPlan(gpu: Gpu, direction: "forward" | "backward", spec: PNormSpec, shape: Shape, wants: PNormWants): Plan {
  const { power, eps, names } = spec;
  const request: PNormRequest = { shape, view: viewOf(shape, spec.reduced), power, eps, names, hasG: wants.hasG, aligned: wants.aligned };
  return gpu.plans.remember(`p-norm ${direction} ${spec.reduced.join()} ${JSON.stringify([{ ...request, view: 0 }, wants])}`, (capabilities) =>
    direction === "forward"
      ? planPNorm({ ...request, writesNorm: wants.norm === true }, capabilities)
      : planPNormBackward({ ...request, accumulates: wants.accumulates === true }, capabilities),
  );
}

/** Validates, plans, allocates what `out` does not bring, and queues the call. */
export function runPNorm(gpu: Gpu, call: string, x: Tensor, specOf: (shape: Shape) => PNormSpec, options: PNormOptions): { y: Tensor; saved?: PNormSaved } {
  const { out, g = null } = options;
  gpu.need(call, { x });
  gpu.check(call, { g, "out.y": out.y, "out.saved": out.saved?.norm });
  const spec = specOf(x.shape);
  const { names, normShape } = spec;
  if (g) checkFactors(call, g.shape, spec, x.shape);
  const saves = options.saved !== false;
  checkSame(call, `out.${names.y}`, out.y, x.shape);
  if (saves) checkSame(call, "out.saved.norm", out.saved?.norm, normShape);
  const y = out.y ?? gpu.empty(x.shape, { dtype: checkDtype(call, options.dtype ?? x.dtype) });
  if (options.dtype && y.dtype !== options.dtype) throw new OptionError(`${call}: dtype is ${options.dtype}; out.${names.y} is ${y.dtype}`);
  const norm = saves ? (out.saved?.norm ?? gpu.empty(normShape)) : null;
  const plan = pNormPlan(gpu, "forward", spec, x.shape, { hasG: g !== null, aligned: aligned([x, y]), norm: saves });
  runOrFree(gpu, plan, { [names.x]: x, [names.y]: y, g, norm }, options, call, [!out.y && y, !out.saved && norm]);
  return { y, ...(norm && { saved: new PNormSaved(x, g, norm, spec) }) };
}

/** Validates, plans, allocates what `out` does not bring, and queues the gradients of a call. */
export function runPNormBackward(
  gpu: Gpu,
  call: string,
  dy: Tensor,
  saved: PNormSaved | undefined,
  options: PNormBackwardOptions,
): { dx: Tensor; dg?: Tensor } {
  if (!(saved instanceof PNormSaved)) throw new OptionError(`${call}: saved is ${String(saved)}; wanted what the forward call gave as \`saved\``);
  const { out, accumulate = false } = options;
  const { x, g, norm, spec } = saved;
  const { names } = spec;
  gpu.need(call, { [names.dy]: dy });
  gpu.check(call, { [`saved.${names.x}`]: x, "saved.g": g, "saved.norm": norm, [`out.${names.dx}`]: out.dx, "out.dg": out.dg });
  checkSame(call, names.dy, dy, x.shape);
  checkSame(call, `out.${names.dx}`, out.dx, x.shape);
  if (out.dg && !g) throw new OptionError(`${call}: out.dg is given; the forward call had no g`);
  if (g && out.dg && out.dg.size !== g.size) checkSame(call, "out.dg", out.dg, g.shape);
  if (accumulate) checkAddedTo(call, { [names.dx]: out.dx, ...(g && { dg: out.dg }) });
  const dx = out.dx ?? gpu.empty(x.shape, { dtype: x.dtype });
  const dg = g ? (out.dg ?? gpu.empty(g.shape)) : null;
  const plan = pNormPlan(gpu, "backward", spec, x.shape, { hasG: g !== null, aligned: aligned([x, dy, dx]), accumulates: accumulate });
  runOrFree(gpu, plan, { [names.x]: x, [names.dy]: dy, [names.dx]: dx, norm, g, dg }, options, call, [!out.dx && dx, !out.dg && dg]);
  return { dx, ...(dg && { dg }) };
}

/** g has a value for each norm: the shape of the norms, or of the axes that are not reduced. */
function checkFactors(call: string, g: Shape, spec: PNormSpec, x: Shape): void {
  const { statisticsShape, statistics } = viewOf(x, spec.reduced);
  const fits = sizeOf(g) === statistics && [spec.normShape, statisticsShape, [statistics]].some((shape) => sameShape(shape, g));
  if (!fits) throw new ShapeError(`${call}: g is ${formatShape(g)}; wanted ${formatShape(spec.normShape)} or ${formatShape(statisticsShape)}`);
}
