import type { Plan } from "../src/index.ts";

/** `row · invocation · 32 · 1024 · 1 dispatch`: walk, team, workgroup size and grid of the widest kernel, count of dispatches. */
export function planText(plan: Plan): string {
  const invocations = ({ grid, overrides }: Plan["dispatches"][number]): number => grid[0] * grid[1] * overrides["WORKGROUP"]!;
  const widest = plan.dispatches.reduce((best, dispatch) => (invocations(dispatch) > invocations(best) ? dispatch : best));
  const [x, y] = widest.grid;
  const count = plan.dispatches.length;
  return [plan.walk, plan.team, widest.overrides["WORKGROUP"], y > 1 ? `${x}x${y}` : x, `${count} dispatch${count > 1 ? "es" : ""}`].join(" · ");
}
