import { channelsOf, EPS, parameterShape, type Case } from "../cases.ts";
import { equationOf } from "./equation.ts";
import type { OnnxModel, OnnxNode } from "./onnx-model.ts";

type Step = readonly [op: string, inputs: readonly string[], output: string, attributes?: OnnxNode["attributes"]];

/** Every way that ONNX has to write a case: its own operator, and compositions. */
export function modelsOf(one: Case): Record<string, OnnxModel> {
  if (one.direction === "backward") return { composed: composedBackward(one) };
  const own = ownOperators(one);
  const isGiven = one.norm === "batch" && !one.training;
  if (isGiven) return one.layout === "NCHW" ? own : { composed: evaluation(one) };
  const isNeeded = one.norm === "batch" || one.norm === "group" || one.layout === "NHWC" || one.own > 1;
  return isNeeded ? { ...own, composed: composed(one) } : own;
}

const epsilon = { float: EPS };

/** Shapes of a case's inputs. */
function shapesOf(one: Case): Record<string, readonly number[]> {
  const parameter = parameterShape(one);
  return {
    x: one.shape,
    ...(one.residual && { residual: one.shape }),
    ...(one.direction === "backward" && { dy: one.shape }),
    ...(one.norm !== "weight" && { gamma: parameter }),
    ...(one.norm !== "weight" && one.norm !== "rms" && one.direction === "forward" && { beta: parameter }),
    ...(one.norm === "batch" && !one.training && { mean: parameter, variance: parameter }),
  };
}

function modelWith(one: Case, nodes: readonly OnnxNode[], more: Partial<OnnxModel> = {}): OnnxModel {
  return { nodes, inputs: shapesOf(one), outputs: { y: one.shape, ...(one.residual && { sum: one.shape }) }, ...more };
}

function ownOperators(one: Case): Record<string, OnnxModel> {
  const node = (op: string, inputs: readonly string[], attributes: OnnxNode["attributes"], more: Partial<OnnxNode> = {}): OnnxNode => ({
    op,
    inputs,
    outputs: ["y"],
    attributes,
    ...more,
  });
  const axis = -one.own;
  const skips = { outputs: ["y", "", "", "sum"], domain: "com.microsoft" };
  switch (one.norm) {
    case "layer":
      return one.residual
        ? { SkipLayerNormalization: modelWith(one, [node("SkipLayerNormalization", ["x", "residual", "gamma", "beta"], { epsilon }, skips)]) }
        : { LayerNormalization: modelWith(one, [node("LayerNormalization", ["x", "gamma", "beta"], { axis, epsilon })]) };
    case "rms":
      return one.residual
        ? { SkipSimplifiedLayerNormalization: modelWith(one, [node("SkipSimplifiedLayerNormalization", ["x", "residual", "gamma"], { epsilon }, skips)]) }
        : {
            RMSNormalization: modelWith(one, [node("RMSNormalization", ["x", "gamma"], { axis, epsilon })], { opset: 23, irVersion: 11 }),
            SimplifiedLayerNormalization: modelWith(one, [node("SimplifiedLayerNormalization", ["x", "gamma"], { axis, epsilon })]),
          };
    case "weight": {
      const ones = { floats: new Array<number>(one.shape.slice(-one.own).reduce((a, b) => a * b, 1)).fill(1) };
      return { "LayerNormalization, gamma of ones": modelWith(one, [node("LayerNormalization", ["x", "ones"], { axis, epsilon })], { constants: { ones } }) };
    }
    case "batch":
      return one.training ? {} : { BatchNormalization: modelWith(one, [node("BatchNormalization", ["x", "gamma", "beta", "mean", "variance"], { epsilon })]) };
    case "instance":
      return one.layout === "NHWC" ? {} : { InstanceNormalization: modelWith(one, [node("InstanceNormalization", ["x", "gamma", "beta"], { epsilon })]) };
    case "group":
      return one.layout === "NHWC"
        ? { GroupNorm: contribGroupNorm(one) }
        : { GroupNormalization: groupNormalization(one), "through InstanceNormalization": throughInstanceNorm(one) };
  }
}

function groupNormalization(one: Case): OnnxModel {
  return modelWith(one, [{ op: "GroupNormalization", inputs: ["x", "gamma", "beta"], outputs: ["y"], attributes: { epsilon, num_groups: one.groups } }]);
}

function contribGroupNorm(one: Case): OnnxModel {
  const attributes = { epsilon, groups: one.groups, activation: 0, channels_last: 1 };
  return modelWith(one, [{ op: "GroupNorm", inputs: ["x", "gamma", "beta"], outputs: ["y"], attributes, domain: "com.microsoft" }]);
}

function steps(list: readonly Step[]): OnnxNode[] {
  return list.map(([op, inputs, output, attributes]) => ({ op, inputs, outputs: [output], attributes }));
}

/** GroupNorm on NCHW as an InstanceNormalization of groups, then gamma and beta. */
function throughInstanceNorm(one: Case): OnnxModel {
  const list: Step[] = [
    ["Reshape", ["x", "groups"], "grouped"],
    ["InstanceNormalization", ["grouped", "ones", "zeros"], "standard", { epsilon }],
    ["Reshape", ["standard", "shape"], "xhat"],
    ["Reshape", ["gamma", "parameter"], "scale"],
    ["Reshape", ["beta", "parameter"], "offset"],
    ["Mul", ["xhat", "scale"], "scaled"],
    ["Add", ["scaled", "offset"], "y"],
  ];
  const each = (value: number): { floats: number[] } => ({ floats: new Array<number>(one.groups).fill(value) });
  const constants = {
    groups: { integers: [one.shape[0]!, one.groups, -1] },
    shape: { integers: one.shape },
    parameter: { integers: [channelsOf(one), 1, 1] },
    ones: each(1),
    zeros: each(0),
  };
  return modelWith(one, steps(list), { constants });
}

/** BatchNorm with given statistics: gamma / sqrt(variance + eps) first, so that two operations go over x. */
function evaluation(one: Case): OnnxModel {
  const list: Step[] = [
    ["Add", ["variance", "eps"], "shifted"],
    ["Sqrt", ["shifted"], "deviation"],
    ["Div", ["gamma", "deviation"], "scale"],
    ["Mul", ["mean", "scale"], "moved"],
    ["Sub", ["beta", "moved"], "offset"],
    ["Mul", ["x", "scale"], "scaled"],
    ["Add", ["scaled", "offset"], "y"],
  ];
  return modelWith(one, steps(list), { constants: { eps: { floats: [EPS] } } });
}

function viewConstants(one: Case): OnnxModel["constants"] {
  const { view, axes, parameter, shared } = equationOf(one);
  return {
    view: { integers: view },
    axes: { integers: axes },
    shape: { integers: one.shape },
    parameter: { integers: parameter },
    shared: { integers: shared },
    eps: { floats: [EPS] },
  };
}

/** xhat of the view, with `deviation`, from `source`. */
function standardize(one: Case, source: string): Step[] {
  const isCentred = one.norm !== "rms";
  return [
    ["Reshape", [source, "view"], "seen"],
    ...(isCentred
      ? ([
          ["ReduceMean", ["seen", "axes"], "m", { keepdims: 1 }],
          ["Sub", ["seen", "m"], "centred"],
        ] as const)
      : []),
    ["Mul", isCentred ? ["centred", "centred"] : ["seen", "seen"], "squares"],
    ["ReduceMean", ["squares", "axes"], "v", { keepdims: 1 }],
    ["Add", ["v", "eps"], "shifted"],
    ["Sqrt", ["shifted"], "deviation"],
  ];
}

function composed(one: Case): OnnxModel {
  const { isPlain } = equationOf(one);
  const affine: Step[] = [
    ["Reshape", ["gamma", "parameter"], "factor"],
    ["Reshape", ["beta", "parameter"], "offset"],
    // Where the view is x's own, the factor joins the deviation, and one operation less goes over x.
    ...(isPlain
      ? ([
          ["Div", ["factor", "deviation"], "scale"],
          ["Mul", ["centred", "scale"], "scaled"],
        ] as const)
      : ([
          ["Div", ["centred", "deviation"], "standard"],
          ["Reshape", ["standard", "shape"], "xhat"],
          ["Mul", ["xhat", "factor"], "scaled"],
        ] as const)),
    ["Add", ["scaled", "offset"], "y"],
  ];
  return modelWith(one, steps([...standardize(one, "x"), ...affine]), { constants: viewConstants(one) });
}

/** dx = (h - mean(h) - xhat * mean(h * xhat)) / deviation, h = dy * gamma. */
function composedBackward(one: Case): OnnxModel {
  const isCentred = one.norm !== "rms";
  const list: Step[] = [
    ...standardize(one, "x"),
    ["Div", [isCentred ? "centred" : "seen", "deviation"], "standard"],
    ["Reshape", ["standard", "shape"], "xhat"],
    ["Mul", ["dy", "xhat"], "pulled"],
    ["ReduceSum", ["pulled", "shared"], "dgamma", { keepdims: 0 }],
    ...(isCentred ? ([["ReduceSum", ["dy", "shared"], "dbeta", { keepdims: 0 }]] as const) : []),
    ["Reshape", ["gamma", "parameter"], "factor"],
    ["Mul", ["dy", "factor"], "weighed"],
    ["Reshape", ["weighed", "view"], "h"],
    ["Mul", ["h", "standard"], "hx"],
    ["ReduceMean", ["hx", "axes"], "q", { keepdims: 1 }],
    ["Mul", ["standard", "q"], "along"],
    ...(isCentred
      ? ([
          ["ReduceMean", ["h", "axes"], "p", { keepdims: 1 }],
          ["Sub", ["h", "p"], "level"],
        ] as const)
      : []),
    ["Sub", [isCentred ? "level" : "h", "along"], "left"],
    ["Div", ["left", "deviation"], "moved"],
    ["Reshape", ["moved", "shape"], "dx"],
  ];
  const parameter = parameterShape(one);
  const outputs = { dx: one.shape, dgamma: parameter, ...(isCentred && { dbeta: parameter }) };
  return modelWith(one, steps(list), { constants: viewConstants(one), outputs });
}
