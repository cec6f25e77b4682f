import type { Tunable } from "../plan/choice.ts";

/** The power of two that is nearest, as its exponent. */
function bucket(count: number): number {
  return Math.round(Math.log2(Math.max(1, count)));
}

/** How a parameter changes: `-` absent, `s` the same within the last axis, `v` from value to value of it. */
function wayOf(strides: readonly number[] | null | undefined, last: number): string {
  if (!strides) return "-";
  return strides[last] ? "v" : "s";
}

/**
 * Requests that a choice is remembered for together: the same direction and statistics, parameters that change alike, values in fours or not, and the four runs of the view to the nearest power of
 * two. With `batchInvariant` the number of rows counts for nothing, as it must not.
 */
export function classOf({ direction, request }: Tunable, batchInvariant: boolean): string {
  const { view, shape, statistics, parameters } = request;
  const { outer, repeats, kept, run } = view;
  const last = shape.length - 1;
  const isForward = direction === "forward";
  const flags = isForward
    ? [request.residual && "residual", request.writesSum && "sum", request.reloadsSum && "reloads", request.running && "running", !request.applies && "moments"]
    : [request.hasDsum && "dsum", ...Object.entries(request.wants).map(([name, wanted]) => wanted && name)];
  const bias = isForward ? wayOf(request.parameters.residual_bias, last) : "";
  return [
    direction,
    statistics,
    view.order ? "general" : "",
    `${wayOf(parameters.gamma, last)}${wayOf(parameters.beta, last)}${bias}`,
    flags.filter(Boolean).join("+"),
    (run > 1 ? run : kept) % 4 === 0 && request.aligned ? "fours" : "ones",
    [batchInvariant && repeats * kept === 1 ? "any" : bucket(outer), bucket(repeats), bucket(kept), bucket(run)].join("x"),
  ].join(" ");
}
