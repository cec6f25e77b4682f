import { OptionError, ShapeError, TensorError } from "../core/errors.ts";
import { checkSame, formatShape, sameShape, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { orFree, run, type Recording } from "../gpu/run.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { planBackward } from "../plan/backward-plan.ts";
import type { BackwardOutput, BackwardRequest } from "../plan/backward-request.ts";
import type { Plan } from "../plan/plan.ts";
import type { BackwardWalks } from "../plan/walks.ts";
import { checkAddedTo } from "./accumulate.ts";
import { aligned, meaningOf, parameterStrides, requestKey, residualStrides, sharedRequest, type AffineParameters, type NormSpec } from "./forward.ts";
import { idsOf, remembered } from "./kept-specs.ts";
import { Saved, type SavedMeaning } from "./saved.ts";

/** Gradients of a backward call. Nothing is awaited. */
export interface BackwardResult {
  /** Shape and storage type of x. In f16 what is past 65504 is infinite. */
  dx: Tensor;
  /** f32, shape of gamma; where there is one. Likewise dbeta. */
  dgamma?: Tensor;
  dbeta?: Tensor;
  /** Where forward had a residual: dx itself where the residual had x's shape, else dx summed to the residual's shape, in f32. */
  dresidual?: Tensor;
  /** f32, where forward had a residualBias: dx summed to its shape. */
  dresidualBias?: Tensor;
  /** f32, gradients of the mean and the variance that were given (BatchNorm in eval mode), where they are wanted. */
  dmean?: Tensor;
  dvariance?: Tensor;
}

/** What every backward call takes beside dy and `saved`. */
export interface BackwardOptions extends Recording {
  /** Gradient of the output `sum`; added to dx. */
  dsum?: Tensor | null;
  /** Gradients to leave out (false), or to compute although they are not by default (dmean and dvariance of a layer: true). */
  wants?: Partial<Record<Exclude<keyof BackwardResult, "dx">, boolean>>;
  /** True: dgamma, dbeta and dresidualBias are added to what stands in the tensors that `out` brings for them. */
  accumulate?: boolean;
  /** An earlier result, written again; a call that finds all of its outputs here allocates nothing. */
  out?: Partial<BackwardResult>;
}

/** A backward call by shapes: what is wanted of it, and its request. */
export interface BackwardCall {
  /** Shape of each output that has a tensor of its own. */
  readonly outputs: Readonly<Partial<Record<keyof BackwardResult, Shape>>>;
  readonly request: BackwardRequest;
}

/** Roles of the outputs in a plan. */
const ROLES: Readonly<Record<keyof BackwardResult, string>> = {
  dx: "dx",
  dgamma: "dgamma",
  dbeta: "dbeta",
  dresidual: "dresidual",
  dresidualBias: "dresidual_bias",
  dmean: "dmean",
  dvariance: "dvariance",
};
const NAMES = Object.keys(ROLES) as (keyof BackwardResult)[];
const ADDED_UP = new Set<keyof BackwardResult>(["dgamma", "dbeta", "dresidualBias"]);

/** What beside shapes decides over a backward plan. */
export interface BackwardGiven {
  readonly wants: NonNullable<BackwardOptions["wants"]>;
  readonly hasDsum: boolean;
  readonly accumulate: boolean;
  readonly aligned: boolean;
}

/** What a backward call is asked for, by shapes. */
export function describeCall(walks: BackwardWalks, spec: NormSpec, x: Shape, meaning: SavedMeaning, given: BackwardGiven): BackwardCall {
  const { inputs } = meaning;
  const { gamma, beta, residual_bias } = inputs.parameters;
  const { residual } = inputs;
  const fixed = spec.statistics === "fixed";
  const isWanted = (name: keyof BackwardGiven["wants"], otherwise = true): boolean => given.wants[name] ?? otherwise;
  const sums = residual !== null && !sameShape(residual, x) && isWanted("dresidual") ? residual : null;
  const bias = residual_bias && isWanted("dresidualBias") ? residual_bias : null;
  const wants: Record<BackwardOutput, boolean> = {
    dx: true,
    dgamma: gamma !== undefined && isWanted("dgamma"),
    dbeta: beta !== undefined && isWanted("dbeta"),
    dmean: fixed && isWanted("dmean", false),
    dvariance: fixed && isWanted("dvariance", false),
  };
  const strides = parameterStrides(spec, inputs);
  const added = { ...(sums && { dresidual: residualStrides(spec, x, sums)! }), ...(bias && { dresidual_bias: strides.residual_bias! }) };
  return {
    outputs: {
      dx: x,
      ...(wants.dgamma && { dgamma: gamma! }),
      ...(wants.dbeta && { dbeta: beta! }),
      ...(sums && { dresidual: sums }),
      ...(bias && { dresidualBias: bias }),
      ...(wants.dmean && { dmean: meaning.shape }),
      ...(wants.dvariance && { dvariance: meaning.shape }),
    },
    request: {
      ...sharedRequest(spec, gamma),
      walks,
      parameters: { ...(strides.gamma && { gamma: strides.gamma }), ...(strides.beta && { beta: strides.beta }) },
      hasDsum: given.hasDsum,
      wants,
      accumulates: given.accumulate,
      ...(Object.keys(added).length > 0 && { added }),
      aligned: given.aligned,
    },
  };
}

function planCall(gpu: Gpu, spec: NormSpec, { request }: BackwardCall): Plan {
  const choice = gpu.plans.choose?.({ direction: "backward", request });
  return gpu.plans.remember(requestKey("backward", request, spec, choice), (capabilities) => planBackward(request, capabilities, choice));
}

/** The plan of a backward call, remembered by everything that it depends on. */
export function backwardPlanOf(gpu: Gpu, walks: BackwardWalks, spec: NormSpec, x: Shape, inputs: SavedMeaning["inputs"], given: BackwardGiven): Plan {
  return planCall(gpu, spec, describeCall(walks, spec, x, { ...meaningOf(spec), inputs }, given));
}

/** What was found out about a call before anything is made or queued. */
interface FoundBackward {
  readonly epoch: number;
  readonly plan: Plan;
  readonly outputs: BackwardCall["outputs"];
  /** The gradient of the residual is dx. */
  readonly sharesDx: boolean;
  /** Of the forward call. */
  readonly meaning: SavedMeaning;
}

const FLAGS = new Map<unknown, string>([
  [undefined, "-"],
  [true, "1"],
  [false, "0"],
]);

/** What a backward call is told, as a key; null where an option is none of its plain values, which then is looked at afresh. */
function keyOf(dy: Tensor, saved: Saved, { gamma, beta, dsum, out = {}, wants = {}, accumulate }: BackwardOptions & AffineParameters): string | null {
  let key = idsOf(dy, saved.x, saved.statistics, dsum, gamma, beta);
  for (const name of NAMES) {
    const flag = name === "dx" ? "" : FLAGS.get(wants[name]);
    if (flag === undefined) return null;
    key += `${out[name]?.id ?? ""}${flag},`;
  }
  return `${key}${accumulate === true}`;
}

/** Validates and plans. @throws ShapeError, OptionError, TensorError, LimitError */
function findBackward(
  gpu: Gpu,
  walks: BackwardWalks,
  call: string,
  spec: NormSpec,
  dy: Tensor,
  saved: Saved,
  options: BackwardOptions & AffineParameters,
): FoundBackward {
  const { epoch } = gpu.plans;
  const { out = {}, dsum, gamma = null, beta = null } = options;
  const { meaning } = saved;
  const x = saved.x.shape;
  checkSame(call, "dsum", dsum, x, "x was");
  checkMeaning(call, spec, saved, { gamma, beta });
  const given = {
    wants: options.wants ?? {},
    hasDsum: Boolean(dsum),
    accumulate: options.accumulate === true,
    aligned: aligned([saved.x, dy, dsum, out.dx, gamma, beta]),
  };
  const described = describeCall(walks, spec, x, meaning, given);
  checkOut(call, described, out, given.accumulate);
  const { residual } = meaning.inputs;
  const sharesDx = residual !== null && sameShape(residual, x) && given.wants.dresidual !== false;
  return { epoch, plan: planCall(gpu, spec, described), outputs: described.outputs, sharesDx, meaning };
}

/**
 * Validates, plans, allocates what `out` does not bring, and queues the call. `walks`: those that the layer can need; `specOf` gives its meaning for the x that was saved.
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function runBackward(
  gpu: Gpu,
  walks: BackwardWalks,
  call: string,
  dy: Tensor,
  saved: Saved | undefined,
  specOf: (x: Shape, kind: SavedMeaning["kind"]) => NormSpec,
  options: BackwardOptions & AffineParameters,
): BackwardResult {
  if (!(saved instanceof Saved)) throw new TensorError(`${call}: saved is ${typeof saved}; wanted what forward saved (not saved: false)`);
  const { out = {}, dsum, gamma, beta } = options;
  const { x, statistics, meaning } = saved;
  gpu.need(call, { dy });
  gpu.check(call, { dsum, gamma, beta, "saved.x": x, "saved.statistics": statistics });
  gpu.check(call, out as Record<string, Tensor | undefined>, "out.");
  checkSame(call, "dy", dy, x.shape, "x was");
  const spec = specOf(x.shape, meaning.kind);
  const find = (): FoundBackward => findBackward(gpu, walks, call, spec, dy, saved, options);
  const found = remembered(gpu, spec, keyOf(dy, saved, options), (known: FoundBackward) => known.meaning === meaning, find);
  const made: Tensor[] = [];
  const result = {} as BackwardResult;
  const tensors: Record<string, Tensor | null | undefined> = { x, dy, statistics, dsum, gamma, beta };
  orFree(made, () => {
    for (const name of NAMES) {
      const shape = found.outputs[name];
      if (!shape) continue;
      const tensor = out[name] ?? gpu.empty(shape, { dtype: name === "dx" ? x.dtype : "f32" });
      if (!out[name]) made.push(tensor);
      result[name] = tensors[ROLES[name]] = tensor;
    }
    run(gpu, found.plan, tensors, options, call);
  });
  return found.sharesDx ? { ...result, dresidual: result.dx } : result;
}

/** Refuses what another kind of call saved. */
export function checkMeaning(call: string, spec: NormSpec, saved: Saved, given: { gamma: Tensor | null; beta: Tensor | null }): void {
  const { words } = meaningOf(spec);
  if (words !== saved.meaning.words) throw new OptionError(`${call}: saved comes from another call: ${saved.meaning.words}; this one is ${words}`);
  for (const name of ["gamma", "beta"] as const) {
    const had = saved.meaning.inputs.parameters[name];
    const has = given[name]?.shape;
    if (had === has || (had && has && sameShape(had, has))) continue;
    const show = (shape: Shape | undefined): string => (shape ? formatShape(shape) : "absent");
    throw new ShapeError(`${call}: ${name} is ${show(has)}; it must be as in the forward call: ${show(had)}`);
  }
}

function checkOut(call: string, { outputs }: BackwardCall, out: Partial<BackwardResult>, accumulate: boolean): void {
  for (const name of NAMES) {
    const wanted = outputs[name];
    const found = out[name];
    if (wanted) checkSame(call, `out.${name}`, found, wanted);
    if (accumulate && wanted && ADDED_UP.has(name)) checkAddedTo(call, { [name]: found });
  }
  if (!outputs.dresidual && out.dresidual && out.dresidual !== out.dx)
    throw new OptionError(`${call}: out.dresidual must be out.dx: the gradient of a residual of x's shape is dx`);
}
