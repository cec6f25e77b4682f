import type { KernelModule } from "../core/wgsl.d.ts";
import { kernelName } from "./kernels.ts";
import type { Dispatch, Flags, Variant } from "./plan.ts";
import type { Teams } from "./teams.ts";

/** What a planner says of a dispatch beside its kernel and its teams. */
export interface DispatchParts extends Partial<Pick<Variant, "lane" | "parameter">> {
  readonly flags?: Flags;
  readonly params?: Dispatch["params"];
  /** Binding -> role; a binding without a role is left out. */
  readonly bindings: Readonly<Record<string, string | false | null | undefined>>;
}

/** One dispatch of a kernel by these teams; one value a lane and scalar parameters where nothing else is said. */
export function dispatchOf(kernel: KernelModule, { team, overrides, grid }: Teams, parts: DispatchParts): Dispatch {
  const { lane = 1, parameter = "scalar", flags = {}, params = {}, bindings } = parts;
  return {
    kernel: kernelName(kernel),
    variant: { lane, parameter, team },
    overrides: { ...overrides, ...Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, Number(flag)])) },
    params,
    bindings: Object.fromEntries(Object.entries(bindings).filter((entry): entry is [string, string] => Boolean(entry[1]))),
    grid,
  };
}
