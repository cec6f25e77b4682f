import { parameterShape, type Case } from "../cases.ts";

/** What a library without the layer needs to compose it: y = (view of x - mean over `axes`) / sqrt(variance + eps), seen as x again, * gamma + beta. */
export interface Equation {
  /** x's shape with groups as an axis of their own, and the axes of it that share statistics. */
  readonly view: readonly number[];
  readonly axes: readonly number[];
  /** The view is x's own shape. */
  readonly isPlain: boolean;
  /** A shape of gamma and beta that broadcasts to x. */
  readonly parameter: readonly number[];
  /** Axes of x along which gamma and beta are the same: their gradients are sums over them. */
  readonly shared: readonly number[];
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export function equationOf(one: Case): Equation {
  const { norm, shape, layout, groups, own } = one;
  if (norm === "layer" || norm === "rms" || norm === "weight") {
    const outer = shape.slice(0, shape.length - own);
    const view = [product(outer), product(shape.slice(shape.length - own))];
    return { view, axes: [1], isPlain: shape.length === 2, parameter: parameterShape(one), shared: [...outer.keys()] };
  }
  const [n, c] = [shape[0]!, layout === "NHWC" ? shape[3]! : shape[1]!];
  const space = layout === "NHWC" ? [1, 2] : [2, 3];
  const parameter = layout === "NHWC" ? [c] : [c, 1, 1];
  const shared = [0, ...space];
  if (norm !== "group") return { view: shape, axes: norm === "batch" ? shared : space, isPlain: true, parameter, shared };
  const plane = shape[space[0]!]! * shape[space[1]!]!;
  if (layout === "NHWC") return { view: [n, plane, groups, c / groups], axes: [1, 3], isPlain: false, parameter, shared };
  return { view: [n, groups, (c / groups) * plane], axes: [2], isPlain: false, parameter, shared };
}
