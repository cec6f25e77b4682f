import type { Activation, Layout } from "../../src/index.ts";
import type { Case, Values } from "./check.ts";

/** The tensors that a forward call may take. */
export type InputName = "x" | "gamma" | "beta" | "residual" | "residualBias" | "mean" | "variance" | "dy";

/** A case in this library's words. Nothing is computed: names are mapped and shapes restated. */
export interface Meaning {
  readonly layer: "batch" | "layer" | "rms" | "group" | "instance";
  readonly inputs: Readonly<Partial<Record<InputName, Values>>>;
  readonly options: {
    readonly eps: number;
    readonly activation: Activation;
    readonly axes?: readonly number[];
    readonly parameterLayout?: "broadcast" | "axes";
    readonly center?: boolean;
    readonly groups?: number;
    readonly layout?: Layout;
    readonly channelAxis?: readonly number[];
    readonly momentum?: number;
    readonly momentumConvention?: "update" | "retain";
    readonly runningVariance?: "biased" | "unbiased";
  };
  readonly mode: "training" | "inference" | "train_then_infer";
  readonly backward: boolean;
}

const OPS = new Set(["batch_norm", "layer_norm", "rms_norm", "group_norm", "instance_norm", "skip_layer_norm"]);

/** The meaning of a case, or null where its op is none of the five layers'. */
export function interpret(testCase: Case): Meaning | null {
  const { op, attrs, inputs } = testCase;
  if (!OPS.has(op)) return null;
  const { x, scale, bias, skip, skip_bias, mean, dy } = inputs;
  const variance = inputs["var"];
  const given = { x, gamma: scale, beta: bias, residual: skip, residualBias: skip_bias, mean, variance, dy };
  const common = {
    options: { eps: (attrs["epsilon"] as number | undefined) ?? 1e-5, activation: (attrs["activation"] as Activation | undefined) ?? "none" },
    mode: (attrs["mode"] as Meaning["mode"] | undefined) ?? "training",
    backward: attrs["backward"] === true,
  };
  if (op === "batch_norm") return batch(testCase, given, common);
  if (op === "group_norm") return group(testCase, given, common);
  if (op === "instance_norm")
    return { ...common, layer: "instance", inputs: given, options: { ...common.options, layout: (attrs["layout"] as Layout | undefined) ?? "nchw" } };
  const rms = op === "rms_norm" || attrs["simplified"] === true;
  const raw = attrs["keras_rms_scaling"] === true;
  const options = {
    ...common.options,
    axes: (attrs["axes"] as number[] | undefined) ?? [-1],
    parameterLayout: attrs["param_layout"] === "axes" ? ("axes" as const) : ("broadcast" as const),
  };
  return { ...common, layer: rms && !raw ? "rms" : "layer", inputs: given, options: raw ? { ...options, center: false } : options };
}

type Common = Pick<Meaning, "mode" | "backward"> & { options: { eps: number; activation: Activation } };
type Given = Partial<Record<InputName, Values | undefined>>;

function batch({ attrs }: Case, given: Given, common: Common): Meaning {
  const axis = attrs["axis"] as number | null | undefined;
  const parameterAxes = attrs["param_axes"] as number[] | undefined;
  // Without an axis all values are one channel: the same data as [1, 1, values].
  const single = (values: Values | undefined): Values | undefined => values && { ...values, shape: [1, 1, values.data.length] };
  const whole = axis === null && !parameterAxes;
  return {
    ...common,
    layer: "batch",
    inputs: whole ? { ...given, x: single(given.x), dy: single(given.dy) } : given,
    options: {
      ...common.options,
      channelAxis: whole ? [1] : (parameterAxes ?? [axis ?? 1]),
      ...(attrs["momentum"] !== undefined && { momentum: attrs["momentum"] as number }),
      momentumConvention: (attrs["momentum_convention"] as "update" | "retain" | undefined) ?? "update",
      runningVariance: (attrs["running_var"] as "biased" | "unbiased" | undefined) ?? "unbiased",
    },
  };
}

function group({ attrs }: Case, given: Given, common: Common): Meaning {
  const groups = attrs["groups"] as number;
  const layout = (attrs["layout"] as Layout | undefined) ?? "nchw";
  const options = { ...common.options, groups, layout };
  if (attrs["params"] !== "per_group") return { ...common, layer: "group", inputs: given, options };
  // A parameter per group. In NCHW a group's channels lie together: it is one channel of more positions. In NHWC it is a layer norm over [N, positions, groups, channels].
  const n = given.x!.shape[0]!;
  const channels = layout === "nchw" ? groups : given.x!.shape.at(-1)!;
  const split = layout === "nchw" ? [n, groups, -1] : [n, -1, groups, channels / groups];
  const restated = (values: Values | undefined): Values | undefined => values && { ...values, shape: filled(split, values.data.length) };
  const inputs = { ...given, x: restated(given.x), dy: restated(given.dy), residual: restated(given.residual) };
  if (layout === "nchw") return { ...common, layer: "group", inputs, options };
  const perGroup = (values: Values | undefined): Values | undefined => values && { ...values, shape: [groups, 1] };
  return {
    ...common,
    layer: "layer",
    inputs: { ...inputs, gamma: perGroup(given.gamma), beta: perGroup(given.beta) },
    options: { ...common.options, axes: [1, 3] },
  };
}

/** The shape with its -1 as large as the count of values makes it. */
function filled(shape: readonly number[], count: number): number[] {
  const known = shape.reduce((product, extent) => (extent < 0 ? product : product * extent), 1);
  return shape.map((extent) => (extent < 0 ? count / known : extent));
}
