import { OptionError, ShapeError } from "../core/errors.ts";
import { resolveAxes } from "../core/shape.ts";
import { weightNormBackwardKernel, weightNormKernel } from "../plan/packed-kernels.ts";
import type { Gpu } from "../gpu/device.ts";
import { Pack } from "../gpu/pack.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { checkAddedTo } from "./accumulate.ts";
import { packRows } from "./pack-rows.ts";
import {
  checkFactors,
  checkGradientOut,
  checkPack,
  likeFactors,
  rowCounts,
  runPacked,
  type PackBackwardOptions,
  type PackForwardOptions,
  type RowFactors,
} from "./packed.ts";
import type { WeightNormDim } from "./weight-norm.ts";

/** What a forward call on a pack keeps for its backward call. It owns its norms and only refers to v and g. */
export class PackedWeightNormSaved {
  readonly v: Pack;
  readonly g: RowFactors | null;
  /** The norm of each row of the pack, f32. */
  readonly norm: Tensor;
  /** @internal */ readonly dims: readonly (number | null)[];

  /** @internal */
  constructor(v: Pack, g: RowFactors | null, norm: Tensor, dims: readonly (number | null)[]) {
    this.v = v;
    this.g = g;
    this.norm = norm;
    this.dims = dims;
  }

  /** Frees the norms. v and g stay. */
  destroy(): void {
    this.norm.destroy();
  }
}

/** Options of {@link weightNormAll}. */
export interface WeightNormAllOptions extends WeightNormDim, PackForwardOptions<PackedWeightNormSaved> {
  /** A factor for each norm: a pack with a tensor for each weight, or one tensor [rows] with the norms of all weights in turn. Absent or null: 1. */
  g?: RowFactors | null;
}

/** Outputs of a forward call on a pack. */
export interface PackedWeightNormResult {
  /** The shapes of v. */
  w: Pack;
  saved?: PackedWeightNormSaved;
}

/** Gradients of a pack, and of its g where there was one: a pack or a tensor, as it was given. */
export interface PackedWeightNormGradients {
  dv: Pack;
  dg?: RowFactors;
}

/**
 * {@link weightNorm} of all weights of a pack, in a dispatch for each kind of row: those of whole lanes of four values, others, columns. `dim` is the first axis or the last, or null: a norm for each whole weight.
 * @param v `gpu.pack([...])`
 * @throws ShapeError, OptionError, TensorError, UnsupportedError, LimitError, DeviceLostError
 */
export function weightNormAll(gpu: Gpu, v: Pack, options: WeightNormAllOptions = {}): PackedWeightNormResult {
  const call = "weightNormAll";
  const { g = null, out = {}, dim = 0 } = options;
  checkPack(gpu, call, "v", v);
  if (out.w) checkPack(gpu, call, "out.w", out.w, v);
  const dims = v.tensors.map(({ shape }, i) => (dim === null ? null : resolveAxes([dim], shape.length, `${call}: weights[${i}]`)[0]!));
  const factors = g && checkFactors(gpu, call, "g", g, rowCounts(v, dims));
  const rows = packRows(v, dims, g instanceof Pack ? g : null, call);
  const reused = out.saved?.norm;
  if (reused) gpu.check(call, { "out.saved": reused });
  if (reused && reused.size !== rows.rows) throw new ShapeError(`${call}: out.saved has ${reused.size} norms; wanted ${rows.rows}`);
  const saves = options.saved !== false;
  const w = out.w ?? v.like();
  const norm = saves ? (reused ?? gpu.empty([rows.rows])) : null;
  runPacked(
    gpu,
    call,
    rows,
    { kernel: weightNormKernel(), overrides: { HAS_G: Number(factors !== null), WRITES_NORM: Number(saves) }, params: {} },
    { v: v.whole, g: factors, w: w.whole, norm },
    options,
    [!out.w && w, !reused && norm],
  );
  return { w, ...(norm && { saved: new PackedWeightNormSaved(v, g, norm, dims) }) };
}

/**
 * Gradients of {@link weightNormAll}, dispatched likewise: dg = sum of dw * h, dv = g / norm * (dw - h * dg), h = v / norm; both 0 where a norm is 0.
 * @param dw a pack of v's shapes: `v.like()`, whose tensors took the gradients of w
 * @throws ShapeError, OptionError, TensorError, LimitError, DeviceLostError
 */
export function weightNormAllBackward(
  gpu: Gpu,
  dw: Pack,
  saved: PackedWeightNormSaved,
  options: PackBackwardOptions<Partial<PackedWeightNormGradients>> = {},
): PackedWeightNormGradients {
  const call = "weightNormAllBackward";
  if (!(saved instanceof PackedWeightNormSaved)) throw new OptionError(`${call}: saved is ${typeof saved}; wanted what the forward call gave as \`saved\``);
  const { v, g, norm, dims } = saved;
  const { out = {}, accumulate = false } = options;
  checkPack(gpu, call, "saved.v", v);
  checkPack(gpu, call, "dw", dw, v);
  if (out.dv) checkPack(gpu, call, "out.dv", out.dv, v);
  gpu.check(call, { "saved.norm": norm });
  const factors = g && checkFactors(gpu, call, "saved.g", g, rowCounts(v, dims));
  checkGradientOut(gpu, call, "dg", out.dg, g, rowCounts(v, dims));
  if (accumulate) checkAddedTo(call, { dv: out.dv, ...(g && { dg: out.dg }) });
  const dv = out.dv ?? v.like();
  const dg = g && (out.dg ?? likeFactors(gpu, g));
  runPacked(
    gpu,
    call,
    packRows(v, dims, g instanceof Pack ? g : null, call),
    { kernel: weightNormBackwardKernel(), overrides: { HAS_G: Number(factors !== null), ACCUMULATES: Number(accumulate) }, params: {} },
    { v: v.whole, dw: dw.whole, norm, g: factors, dv: dv.whole, dg: dg instanceof Pack ? dg.whole : dg },
    options,
    [!out.dv && dv, !out.dg && dg],
  );
  return { dv, ...(dg && { dg }) };
}
