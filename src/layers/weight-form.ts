import { checkDeviation, type Correction, type EpsMode } from "../core/deviation.ts";
import { OptionError, ShapeError } from "../core/errors.ts";
import { checkFinite, checkWord } from "../core/options.ts";
import { formatShape, resolveAxes, type Shape } from "../core/shape.ts";
import { checkEps } from "./norm.ts";

/** Where a weight's output channels are: first, or last. */
export type WeightLayout = "oihw" | "hwio";

/**
 * The named variants, each as options. `article` is the default. Sources: the README of the authors' WeightStandardization (article), equation 8 of arXiv:1903.10520 (paper), the
 * authors' Batch-Channel-Normalization (bcn), Big Transfer (bit), timm's StdConv2d (timm) and ScaledStdConv2d (timmScaled, with a gain).
 */
export const WEIGHT_STANDARDIZATION_FORMS = {
  article: { correction: 1, eps: 1e-5, epsMode: "outsideStd", gain: false, byFanIn: false },
  paper: { correction: 0, eps: 1e-5, epsMode: "insideVariance", gain: false, byFanIn: false },
  bcn: { correction: 1, eps: 1e-5, epsMode: "insideVariance", gain: false, byFanIn: false },
  bit: { correction: 0, eps: 1e-10, epsMode: "insideVariance", gain: false, byFanIn: false },
  timm: { correction: 0, eps: 1e-6, epsMode: "insideVariance", gain: false, byFanIn: false },
  timmScaled: { correction: 0, eps: 1e-6, epsMode: "insideVariance", gain: true, byFanIn: true },
} as const;

/** Options of the stateless {@link weightStandardization}. */
export interface WeightStandardizationOptions {
  /** A named variant, which the other options then change. Default `article`. */
  form?: keyof typeof WEIGHT_STANDARDIZATION_FORMS;
  /** 1: the variance is divided by n - 1; 0: by n. */
  correction?: Correction;
  eps?: number;
  /** Whether eps is added to the variance or to the standard deviation. */
  epsMode?: EpsMode;
  /** `oihw` (default): the first axis has the output channels, in a weight of any rank. `hwio`: the last. */
  layout?: WeightLayout;
  /** The axis of the output channels, where `layout` does not say it; negative from the end. */
  dim?: number;
  /** Factor of w beside the gain. Default 1. */
  gainScale?: number;
  /** True: w is divided by the root of its fan in, the count of values that share a mean. */
  byFanIn?: boolean;
}

/** The axis of a weight's output channels. @throws OptionError, ShapeError */
export function outputAxis(call: string, v: Shape, { layout = "oihw", dim }: WeightStandardizationOptions): number {
  checkWord(call, "layout", layout, ["oihw", "hwio"]);
  if (v.length === 0) throw new ShapeError(`${call}: v is []; it needs an axis of output channels`);
  if (dim !== undefined) return resolveAxes([dim], v.length, call)[0]!;
  return layout === "oihw" ? 0 : v.length - 1;
}

/** What options mean beside the place of the output channels. */
export type WeightForm = Readonly<Required<Omit<WeightStandardizationOptions, "form" | "layout" | "dim">>>;

/** Options with those of their form filled in, checked. @throws OptionError */
export function weightForm(call: string, options: WeightStandardizationOptions): WeightForm {
  const name = options.form ?? "article";
  const form = Object.hasOwn(WEIGHT_STANDARDIZATION_FORMS, name) ? WEIGHT_STANDARDIZATION_FORMS[name] : null;
  if (!form) throw new OptionError(`${call}: form is ${String(name)}; wanted one of ${Object.keys(WEIGHT_STANDARDIZATION_FORMS).join(", ")}`);
  const { correction = form.correction, eps = form.eps, epsMode = form.epsMode, byFanIn = form.byFanIn, gainScale = 1 } = options;
  checkDeviation(call, "v", [], 2, epsMode, correction);
  checkFinite(call, "gainScale", gainScale);
  return { correction, eps: checkEps(eps, call), epsMode, gainScale, byFanIn };
}

/** Refuses a weight with too few values a channel. @throws ShapeError */
export function checkFanIn(call: string, v: Shape, channels: number, fanIn: number, correction: Correction): void {
  if (channels === 0 || fanIn > correction) return;
  const why =
    fanIn === 0 ? "hold no value to take a mean of" : "hold one value each, which has no unbiased standard deviation (correction: 0 takes the biased one)";
  throw new ShapeError(`${call}: v is ${formatShape(v)}; its ${channels} output channels ${why}`);
}
