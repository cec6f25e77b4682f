/** How a kernel visits the values: see DESIGN in docs/decisions.md, "walks". `general` brings x into row order first. */
export type Walk = "row" | "run" | "column" | "general" | "none";

/** The invocations that own one statistic, or one slice of it. `cluster`: a workgroup that sums by subgroups first. */
export type Team = "invocation" | "subgroup" | "workgroup" | "cluster";

/** How a kernel's large tensors are stored. `f16`: as WGSL's type. `packed`: as halves in u32 words, where the device has no f16. */
export type Storage = "f32" | "f16" | "packed";

/** One file of each prelude axis: the parts of a kernel's text that `override` cannot change. */
export interface Variant {
  /** Values a lane of x, y, residual and sum holds: `Lane` is f32 or vec4f. */
  readonly lane: 1 | 4;
  /** Whether gamma, beta and residual_bias are read a value (`scalar`) or a whole lane (`lane`) at a time. */
  readonly parameter: "scalar" | "lane";
  readonly team: Team;
  /** Storage of what is read as `Source`, and of what is written as `Result`. Planned as f32, the default; plan/storage.ts sets them. */
  readonly source?: Storage;
  readonly result?: Storage;
}

/** Pipeline constants of a kernel as planners say them: numbers, and flags that become 1 or 0. */
export type Flags = Readonly<Record<string, number | boolean>>;

/** Number of workgroups in x, y and z. */
export type Grid = readonly [number, number, number];

/** One dispatch as data. */
export interface Dispatch {
  /** Stem of the kernel's file in shaders/. */
  readonly kernel: string;
  readonly variant: Variant;
  /** Pipeline constants: WORKGROUP (invocations a workgroup) and the kernel's flags. */
  readonly overrides: Readonly<Record<string, number>>;
  /** Values of the kernel's `Params`, by (dotted) name. Fields `<binding>_offset` are filled in when the call is encoded. */
  readonly params: Readonly<Record<string, number>>;
  /** Binding name in WGSL -> role: a tensor of the call (`x`, `gamma`, ...) or a key of the plan's `scratch`. A binding left out is never touched. */
  readonly bindings: Readonly<Record<string, string>>;
  readonly grid: Grid;
}

/** What a call will run, as data: printed by the page and the bench, asserted by tests. */
export interface Plan {
  readonly walk: Walk;
  readonly team: Team;
  readonly dispatches: readonly Dispatch[];
  /** Bytes of each private buffer that lives during the call. */
  readonly scratch: Readonly<Record<string, number>>;
  /** Bytes that the call must move at least, counting a second read of x only where the plan reads it twice from memory. */
  readonly bytesMoved: number;
}
