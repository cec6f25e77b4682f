import type { Dtype } from "../src/index.ts";
import { resnet50Norms } from "./resnet50.ts";

/** Which equation a case runs; `weight` is weight standardization. */
export type NormKind = "batch" | "layer" | "rms" | "group" | "instance" | "weight";

/**
 * Why a case is in the list. `page`: the main job, which the page runs. `target`: it has a target of its own. `neighbour`: it must cost about as much a byte as another case.
 * `latency`: small calls, whose time is reported as it is.
 */
export type Tag = "page" | "target" | "neighbour" | "latency";

export type CaseLayout = "NCHW" | "NHWC" | "rows";

/** One call of a layer, as data: made by every contender, checked by the float64 reference, shown by the page and the bench. */
export interface Case {
  /** As tables show it: `residual + LayerNorm`, `GroupNorm 32 backward`. */
  readonly layer: string;
  readonly norm: NormKind;
  readonly shape: readonly number[];
  readonly layout: CaseLayout;
  readonly direction: "forward" | "backward";
  /** LayerNorm and RMSNorm: how many of the last axes share statistics. */
  readonly own: number;
  /** GroupNorm: how many groups. */
  readonly groups: number;
  /** BatchNorm: statistics of x, not given ones. */
  readonly training: boolean;
  /** x + residual is what is normalized, and an output. */
  readonly residual: boolean;
  /** How tensors of x's shape are stored; parameters, statistics and their gradients are f32. */
  readonly dtype: Dtype;
  readonly tags: readonly Tag[];
  /** Time / time of the fastest copy of all inputs and outputs, each once, must be at most this on a software adapter; null: no such target. */
  readonly target: number | null;
  /** Time a byte, beside a copy, must be at most `most` times that of the case with this id. */
  readonly beside: { readonly id: string; readonly most: number } | null;
  /** Cases that are run one after the other in one pass; `shape` is then their count. */
  readonly parts: readonly Case[];
}

/** eps of every case and every contender. */
export const EPS = 1e-5;

const PLAIN = {
  direction: "forward",
  own: 0,
  groups: 1,
  training: false,
  residual: false,
  dtype: "f32",
  tags: [],
  target: null,
  beside: null,
  parts: [],
} as const;

/** What `--cases` matches, and what results are filed under: `GroupNorm 32 8x256x28x28 NCHW`. */
export function idOf(one: Case): string {
  return [one.layer, one.shape.join("x"), one.layout === "rows" ? "" : one.layout, one.dtype === "f32" ? "" : one.dtype].filter(Boolean).join(" ");
}

/** Cases whose id matches a regular expression, in whatever case. @throws Error where none does */
export function casesMatching(cases: readonly Case[], pattern: string): readonly Case[] {
  const expression = new RegExp(pattern, "i");
  const found = cases.filter((one) => expression.test(idOf(one)));
  if (found.length === 0) throw new Error(`no case matches "${pattern}"; cases read like "${idOf(cases[0]!)}"`);
  return found;
}

export function channelsOf(one: Case): number {
  return one.layout === "NCHW" ? one.shape[1]! : one.shape.at(-1)!;
}

/** Shape of gamma and beta. */
export function parameterShape(one: Case): readonly number[] {
  return one.norm === "layer" || one.norm === "rms" ? one.shape.slice(-one.own) : [channelsOf(one)];
}

function layoutOf(nhwc: boolean): CaseLayout {
  return nhwc ? "NHWC" : "NCHW";
}

export function batchNorm(shape: readonly number[], nhwc: boolean, training: boolean): Case {
  return { ...PLAIN, layer: training ? "BatchNorm training" : "BatchNorm eval", norm: "batch", shape, layout: layoutOf(nhwc), training };
}

export function groupNorm(shape: readonly number[], nhwc: boolean, groups: number): Case {
  return { ...PLAIN, layer: `GroupNorm ${groups}`, norm: "group", shape, layout: layoutOf(nhwc), groups };
}

export function instanceNorm(shape: readonly number[], nhwc: boolean): Case {
  return { ...PLAIN, layer: "InstanceNorm", norm: "instance", shape, layout: layoutOf(nhwc) };
}

/** LayerNorm over every axis but the first. */
export function layerNorm(shape: readonly number[], residual = false): Case {
  return rows("layer", "LayerNorm", shape, residual);
}

/** RMSNorm over every axis but the first. */
export function rmsNorm(shape: readonly number[], residual = false): Case {
  return rows("rms", "RMSNorm", shape, residual);
}

function rows(norm: NormKind, name: string, shape: readonly number[], residual: boolean): Case {
  return {
    ...PLAIN,
    layer: residual ? `residual + ${name}` : name,
    norm,
    shape,
    layout: shape.length === 4 ? "NCHW" : "rows",
    own: shape.length - 1,
    residual,
  };
}

/** Weight standardization in the form that is a LayerNorm without gamma and beta, so that peers can be asked for it too. */
export function weightStandardization(shape: readonly number[]): Case {
  return { ...PLAIN, layer: "WeightStandardization", norm: "weight", shape, layout: "rows", own: shape.length - 1 };
}

/** BatchNorm of every activation of a ResNet-50 at 224 x 224, one after the other. */
export function network(batch: number, training: boolean): Case {
  const parts = resnet50Norms(batch).map((shape) => batchNorm(shape, false, training));
  return {
    ...PLAIN,
    layer: `ResNet-50's ${training ? "BatchNorm training" : "BatchNorm eval"} of batch ${batch}`,
    norm: "batch",
    shape: [parts.length],
    layout: "rows",
    training,
    parts,
  };
}

/** The same layer and shape, measured backward: gradients of x, gamma and beta. */
export function backward(one: Case): Case {
  return { ...one, layer: `${one.layer} backward`, direction: "backward" };
}

/** The same call on the same values, rounded to halves. */
export function inHalves(one: Case): Case {
  return { ...one, dtype: "f16" };
}

/** [N, C, H, W] as [N, H, W, C]. */
export function channelsLast([n, c, h, w]: readonly number[]): readonly number[] {
  return [n!, h!, w!, c!];
}

/** The same case on the same values, channels last. */
export function twinOf(one: Case): Case {
  return { ...one, shape: channelsLast(one.shape), layout: "NHWC" };
}
