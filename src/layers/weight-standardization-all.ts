import { OptionError, ShapeError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import { standardizeBackwardKernel, standardizeKernel } from "../plan/packed-kernels.ts";
import type { Gpu } from "../gpu/device.ts";
import { Pack } from "../gpu/pack.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { statisticsStride, STATISTICS_PLANES } from "../plan/request.ts";
import { checkAddedTo } from "./accumulate.ts";
import { packRows } from "./pack-rows.ts";
import {
  checkFactors,
  checkGradientOut,
  checkPack,
  likeFactors,
  rowCounts,
  rowLength,
  runPacked,
  type PackBackwardOptions,
  type PackForwardOptions,
  type RowFactors,
} from "./packed.ts";
import { checkFanIn, outputAxis, weightForm, type WeightForm, type WeightStandardizationOptions } from "./weight-form.ts";

/** What a forward call on a pack keeps for its backward call. It owns its statistics and only refers to v and the gains. */
export class PackedStandardizationSaved {
  readonly v: Pack;
  readonly gain: RowFactors | null;
  /** One value for each row of the pack, f32. */
  readonly mean: Tensor;
  readonly rstd: Tensor;
  /** The biased variance. */
  readonly variance: Tensor;
  /** The planes mean, rstd, shift, delta and variance in one tensor. */
  readonly statistics: Tensor;
  /** @internal */ readonly dims: readonly number[];
  /** @internal What the call's options meant: not the options themselves, which the caller may change, and which may hold an earlier result. */
  readonly form: WeightForm;

  /** @internal */
  constructor(v: Pack, gain: RowFactors | null, statistics: Tensor, dims: readonly number[], form: WeightForm) {
    const rows = rowCounts(v, dims).reduce((sum, count) => sum + count, 0);
    const bytes = statisticsStride(rows) * 4;
    this.v = v;
    this.gain = gain;
    this.statistics = statistics;
    this.dims = dims;
    this.form = form;
    this.mean = statistics.view(0, [rows]);
    this.rstd = statistics.view(bytes, [rows]);
    this.variance = statistics.view(4 * bytes, [rows]);
  }

  /** Frees the statistics. v and the gains stay. */
  destroy(): void {
    this.statistics.destroy();
  }
}

/** Outputs of a forward call on a pack. */
export interface PackedStandardizationResult {
  /** The standardized weights: the shapes of v. */
  w: Pack;
  saved?: PackedStandardizationSaved;
}

/** Gradients of a pack, and of its gains where there were any: a pack or a tensor, as they were given. */
export interface PackedStandardizationGradients {
  dv: Pack;
  dgain?: RowFactors;
}

/**
 * {@link weightStandardization} of all weights of a pack, in a dispatch for each kind of row: those of whole lanes of four values, others, columns.
 * @param v `gpu.pack([...])`   @param options.gain a pack with a tensor for each weight, or one tensor [rows] with the rows of all weights in turn
 * @throws ShapeError, OptionError, TensorError, UnsupportedError, LimitError, DeviceLostError
 */
export function weightStandardizationAll(
  gpu: Gpu,
  v: Pack,
  options: WeightStandardizationOptions & PackForwardOptions<PackedStandardizationSaved> & { gain?: RowFactors | null } = {},
): PackedStandardizationResult {
  return forwardPack(gpu, "weightStandardizationAll", v, options);
}

/** @internal */
export function forwardPack(gpu: Gpu, call: string, v: Pack, options: Parameters<typeof weightStandardizationAll>[2] & object): PackedStandardizationResult {
  const { gain = null, out = {} } = options;
  checkPack(gpu, call, "v", v);
  if (out.w) checkPack(gpu, call, "out.w", out.w, v);
  const form = weightForm(call, options);
  const dims = v.tensors.map(({ shape }, i) => {
    const dim = outputAxis(`${call}: weights[${i}]`, shape, options);
    checkFanIn(`${call}: weights[${i}]`, shape, shape[dim]!, rowLength(shape, dim), form.correction);
    return dim;
  });
  const gains = gain && checkFactors(gpu, call, "gain", gain, rowCounts(v, dims));
  const rows = packRows(v, dims, gain instanceof Pack ? gain : null, call);
  const saves = options.saved !== false;
  const wanted = STATISTICS_PLANES * statisticsStride(rows.rows);
  const reused = out.saved?.statistics;
  if (reused) gpu.check(call, { "out.saved": reused });
  if (reused && sizeOf(reused.shape) !== wanted) throw new ShapeError(`${call}: out.saved has ${sizeOf(reused.shape)} values; wanted ${wanted}`);
  const w = out.w ?? v.like();
  const statistics = saves ? (reused ?? gpu.empty([STATISTICS_PLANES, statisticsStride(rows.rows)])) : null;
  runPacked(
    gpu,
    call,
    rows,
    {
      kernel: standardizeKernel(),
      overrides: { ...flags(form), HAS_GAIN: Number(gains !== null), WRITES_STATISTICS: Number(saves) },
      params: { eps: form.eps, gain_scale: form.gainScale },
    },
    { v: v.whole, gain: gains, w: w.whole, statistics },
    options,
    [!out.w && w, !reused && statistics],
  );
  return { w, ...(statistics && { saved: new PackedStandardizationSaved(v, gain, statistics, dims, form) }) };
}

function flags({ correction, epsMode, byFanIn }: WeightForm): Record<string, number> {
  return { UNBIASED: correction, EPS_OUTSIDE: Number(epsMode === "outsideStd"), BY_FAN_IN: Number(byFanIn) };
}

/**
 * Gradients of {@link weightStandardizationAll}, dispatched likewise; equations: reference/weight-standardization.ts.
 * @param dw a pack of v's shapes: `v.like()`, whose tensors took the gradients of w
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function weightStandardizationAllBackward(
  gpu: Gpu,
  dw: Pack,
  saved: PackedStandardizationSaved,
  options: PackBackwardOptions<Partial<PackedStandardizationGradients>> = {},
): PackedStandardizationGradients {
  return backwardPack(gpu, "weightStandardizationAllBackward", dw, saved, options);
}

/** @internal */
export function backwardPack(
  gpu: Gpu,
  call: string,
  dw: Pack,
  saved: PackedStandardizationSaved,
  options: PackBackwardOptions<Partial<PackedStandardizationGradients>>,
): PackedStandardizationGradients {
  if (!(saved instanceof PackedStandardizationSaved))
    throw new OptionError(`${call}: saved is ${typeof saved}; wanted what the forward call gave as \`saved\``);
  const { v, gain, statistics, dims, form } = saved;
  const { out = {}, accumulate = false } = options;
  checkPack(gpu, call, "saved.v", v);
  checkPack(gpu, call, "dw", dw, v);
  if (out.dv) checkPack(gpu, call, "out.dv", out.dv, v);
  gpu.check(call, { "saved.statistics": statistics });
  const counts = rowCounts(v, dims);
  const gains = gain && checkFactors(gpu, call, "saved.gain", gain, counts);
  checkGradientOut(gpu, call, "dgain", out.dgain, gain, counts);
  if (accumulate) checkAddedTo(call, { dv: out.dv, ...(gain && { dgain: out.dgain }) });
  const dv = out.dv ?? v.like();
  const dgain = gain && (out.dgain ?? likeFactors(gpu, gain));
  runPacked(
    gpu,
    call,
    packRows(v, dims, gain instanceof Pack ? gain : null, call),
    {
      kernel: standardizeBackwardKernel(),
      overrides: { ...flags(form), HAS_GAIN: Number(gains !== null), ACCUMULATES: Number(accumulate) },
      params: { gain_scale: form.gainScale },
    },
    { v: v.whole, dw: dw.whole, statistics, gain: gains, dv: dv.whole, dgain: dgain instanceof Pack ? dgain.whole : dgain },
    options,
    [!out.dv && dv, !out.dgain && dgain],
  );
  return { dv, ...(dgain && { dgain }) };
}
