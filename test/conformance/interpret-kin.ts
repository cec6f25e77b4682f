import type { Case, Values } from "./check.ts";

interface Tensors {
  readonly x: Values;
  readonly dy?: Values;
}

/** Batch statistics that are given or move, with the parameters of both normalizations. */
interface Tracked extends Tensors {
  readonly parameters: Readonly<Partial<Record<"gamma" | "beta" | "bnGamma" | "bnBeta", Values>>>;
  readonly mean?: Values;
  readonly variance?: Values;
  readonly options: {
    readonly eps: number;
    readonly training: boolean;
    readonly layout: "nchw" | "nhwc";
    readonly movingSpeed?: number;
    readonly momentum?: number;
    readonly momentumConvention?: "update" | "retain";
    readonly runningVariance?: "biased" | "unbiased";
  };
}

/** A case of the layers' kin in this library's words. */
export type KinMeaning =
  | (Tracked & { readonly layer: "batchChannel"; readonly groups: number })
  | (Tracked & { readonly layer: "estimated" })
  | (Tensors & {
      readonly layer: "meanVariance";
      readonly options: {
        readonly axes?: readonly number[];
        readonly eps: number;
        readonly epsMode: "insideVariance" | "outsideStd";
        readonly correction: 0 | 1;
      };
    })
  | (Tensors & { readonly layer: "lp"; readonly options: { readonly p: number; readonly axes: readonly number[]; readonly eps: number } })
  | (Tensors & {
      readonly layer: "localResponse";
      readonly options: {
        readonly size: number;
        readonly alpha?: number;
        readonly beta?: number;
        readonly k?: number;
        readonly alphaDivSize: boolean;
        readonly evenWindow?: "moreBefore" | "moreAfter";
      };
    });

/** The meaning of a case, or null where its op is none of these. */
export function interpretKin(testCase: Case): KinMeaning | null {
  const { op, attrs, inputs } = testCase;
  const tensors = { x: inputs["x"]!, ...(inputs["dy"] && { dy: inputs["dy"] }) };
  const eps = (attrs["epsilon"] as number | undefined) ?? 0;
  switch (op) {
    case "batch_channel_norm":
      return { layer: "batchChannel", groups: attrs["groups"] as number, ...tracked(testCase, tensors) };
    case "est_batch_norm":
      return { layer: "estimated", ...tracked(testCase, tensors) };
    case "lp_norm": {
      const axes = (attrs["axes"] as number[] | undefined) ?? [(attrs["axis"] as number | undefined) ?? -1];
      return { layer: "lp", ...tensors, options: { p: (attrs["p"] as number | undefined) ?? 2, axes, eps } };
    }
    case "mvn": {
      const epsMode = attrs["eps_placement"] === "inside_sqrt" ? "insideVariance" : "outsideStd";
      const correction = attrs["variance"] === "unbiased" ? 1 : 0;
      const axes = attrs["axes"] as number[] | undefined;
      return { layer: "meanVariance", ...tensors, options: { ...(axes && { axes }), eps, epsMode, correction } };
    }
    case "lrn":
      return localResponse(testCase, tensors);
    default:
      return null;
  }
}

function tracked({ attrs, inputs }: Case, tensors: Tensors): Tracked {
  const parameters = { gamma: inputs["scale"], beta: inputs["bias"], bnGamma: inputs["bn_scale"], bnBeta: inputs["bn_bias"] };
  const given = Object.fromEntries(Object.entries(parameters).filter(([, values]) => values !== undefined));
  const optional = {
    movingSpeed: attrs["moving_speed"],
    momentum: attrs["momentum"],
    momentumConvention: attrs["momentum_convention"],
    runningVariance: attrs["running_var"],
  };
  const options = {
    eps: (attrs["epsilon"] as number | undefined) ?? 1e-5,
    training: attrs["mode"] !== "inference",
    layout: channelsLast(attrs, tensors.x) ? ("nhwc" as const) : ("nchw" as const),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
  const [mean, variance] = [inputs["mean"], inputs["var"]];
  return { ...tensors, parameters: given, ...(mean && { mean }), ...(variance && { variance }), options };
}

function channelsLast(attrs: Case["attrs"], x: Values): boolean {
  const axis = attrs["axis"] as number | undefined;
  return attrs["layout"] === "nhwc" || (axis !== undefined && x.shape.length > 2 && (axis === -1 || axis === x.shape.length - 1));
}

/** Channels stand on any axis: the same data as [before, channels, after]. */
function localResponse({ attrs }: Case, { x, dy }: Tensors): KinMeaning {
  const rank = x.shape.length;
  const axis = (((attrs["axis"] as number | undefined) ?? 1) + rank) % rank;
  const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
  const restated = (values: Values): Values => ({ ...values, shape: [product(x.shape.slice(0, axis)), x.shape[axis]!, product(x.shape.slice(axis + 1))] });
  const numbers = { alpha: attrs["alpha"], beta: attrs["beta"], k: attrs["bias"] };
  return {
    layer: "localResponse",
    x: restated(x),
    ...(dy && { dy: restated(dy) }),
    options: {
      size: attrs["size"] as number,
      ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)),
      alphaDivSize: attrs["alpha_div_size"] !== false,
      ...(attrs["even_window"] !== undefined && { evenWindow: attrs["even_window"] === "more_after" ? ("moreAfter" as const) : ("moreBefore" as const) }),
    },
  };
}
