/** Every threshold of the planner, with its source. "Measured" means on SwiftShader with 2 cores: docs/decisions.md, "plans for a CPU". */

/** Runs shorter than this are walked as columns: a team along them would have more idle invocations than working ones. */
export const SHORTEST_RUN = 32;

/**
 * Runs of a CPU whose gamma and beta change from value to value, and that repeat at least so often: they are walked as columns too. Measured, GroupNorm on NHWC, time / time of a copy: 8x14x14x1000 in 8 groups
 * 6.3 as runs and 2.7 as columns, 8x7x7x2048 in 32 groups 5.7 and 4.0.
 */
export const COLUMN_RUN = { repeats: 32, values: 256 } as const;

/** Rows that a CPU needs to keep its threads and their 4 lanes busy with an invocation a row. */
export const SOFTWARE_ROWS = 16;

/** Values of a row below which a split into slices costs more than it wins (the second and third dispatch). */
export const SPLIT_MINIMUM = 16384;

/**
 * Short rows that a CPU's invocation takes block by block of columns: how many, columns of a block by the values of a lane, and values of the longest such row. Measured, in copies: rows of 64 values
 * 2.3 against 2.8 four at a time, of 65 2.6 against 3.1, of 128 1.9 against 2.4, of 768 1.6 against 1.8; of 4096 2.0 against 1.6, because rows that are a multiple of 4 kB apart share the sets of a cache.
 */
export const SOFTWARE_BLOCK = { rows: 32, columns: { 1: 16, 4: 4 }, longest: 1023 } as const;

/**
 * Rows that a CPU holds in registers whatever their width: lanes of the longest, values of the longest of which four are unrolled, the fewest rows, and rows that an invocation takes at most. SwiftShader, whose
 * SIMD groups are of 4, compiles 16 lanes in 0.7 s; LLVM behind wider groups takes 5 to 14 s for 9 to 16 lanes, and 1.5 for 4 (lavapipe, measured).
 */
export const NARROW_ROWS = { held: { four: 16, wider: 4 }, together: 8, least: 8192, rows: 128 } as const;

/**
 * Lanes that a CPU sums a step, by the values of a lane: 12.4 against 14.2 ms at 4096 x 768, 16.7 against 21.5 at 4096 x 767 (measured). Sixteen lanes of four values are slower than four: they do not
 * fit the registers.
 */
export const SOFTWARE_STEP = { 1: 16, 4: 4 } as const;

/** Values of a tensor below which a CPU gets one lane a step and one row an invocation: such a call takes half a millisecond, and the longer kernels 20 to 100 ms more to compile (measured). */
export const SOFTWARE_UNROLLED = 65_536;

/** Lanes of a row that `row-plain` sums without losing bits: 32 chains of 32 adds. It compiles in 50 ms where `row-stream` takes 100 (measured). */
export const PLAIN_ROW = 1024;

/** Steps of a row that one chain of adds sums without losing bits: docs/decisions.md, "statistics that the data cannot spoil". */
export const SHORT_ROW = 64;

/** Shortest row whose split into slices is weighed. */
export const SPLIT_LEAST = 2048;

/**
 * By how many times a way must promise to be cheaper that is ready later: a split, with three pipelines to compile, and subgroups on a CPU, after whose self-test calls need another pipeline. Where
 * the model saw them 1.3 times ahead, SwiftShader saw draws (GroupNorm 8 x 2048 x 7 x 7 split; LayerNorm 1 x 4096 by a subgroup).
 */
export const LATE_MARGIN = 1.5;

/**
 * Invocations a workgroup on a CPU where there are many teams. Else a workgroup is one SIMD group, as wide as a subgroup, so that few rows still spread over threads: 4 on SwiftShader and 8 on lavapipe, which a
 * workgroup of 4 leaves half idle (measured on lavapipe: BatchNorm training 8x24x112x112 1.19 copies of 4 and 1.02 of 8, its backward 1.72 and 1.10, GroupNorm 1.55 and 1.08).
 */
export const SOFTWARE_WORKGROUP_MANY = 32;
export const SOFTWARE_MANY_TEAMS = 4096;

/** Teams that keep a device busy. WebGPU tells no count of compute units: 512 workgroups fill a large GPU (research: targets of PyTorch and QuACK). */
export const TARGET_TEAMS = { software: 64, integrated: 128, mobile: 64, discrete: 512, unknown: 512 } as const;

/** Rows of a parameter's gradient that are summed down a column without a shift, where no statistic is summed as a whole. Measured: LayerNorm backward 3x1048576 11.6 and 8.7 copies for this dispatch. */
export const UNSHIFTED_REPEATS = 8;

/** Longest slice that is summed without a merge, for the error of its sums; and the shortest one worth a team of a GPU. */
export const LONGEST_SLICE = 16384;
export const SHORTEST_SLICE = { software: 1024, gpu: 4096 } as const;

/** Rows that a team of a GPU holds in registers: HELD lanes an invocation. */
export const MOST_HELD = 8;

/** Rows of at most this many lanes are taken by one invocation of a GPU: more of a team would idle than work. */
export const INVOCATION_LANES = 2;

/** Invocations of a workgroup that serves a GPU's rows and slices. */
export const GPU_WORKGROUP = { least: 32, most: 256, subgroups: 128 } as const;

/** Rows of a GPU below which long rows are split over workgroups. */
export const GPU_SPLIT_ROWS = 256;

/** Lanes of a plane that one team of the apply kernels normalizes. */
export const APPLY_SPAN = { software: 4096, gpuItems: 8 } as const;

/**
 * Lanes that an invocation of a CPU normalizes at least, as several planes where they are short, and the invocations that are not given up for it. Measured: planes of 49 lanes, time / time of a
 * copy: one an invocation 1.2, two 1.05, four 0.95, eight 0.9.
 */
export const APPLY_LANES = { least: 392, teams: 256 } as const;

/**
 * Planes of a CPU that are read as lanes of the whole tensor, where their length is no multiple of four or they are short: the fewest values that are read four at a time, the most lanes that are held in registers, the
 * most values of a plane that is taken so in a small tensor, the invocations that share the apply, and the lanes that each of them takes. Measured, time / time of a copy, before and after: BatchNorm training 8x64x55x55
 * 3.3 and 1.4; held, InstanceNorm 32x512x7x7 3.7 and 1.9, 64x512x5x5 6.0 and 2.2, 64x512x4x4 9.5 and 1.8, BatchNorm training 64x512x5x5 29 and 2.5, 64x512x3 26 and 4.9.
 */
export const RAGGED = { plane: 4, held: 16, small: 16, teams: 256, lanes: { least: 256, most: 4096 } } as const;

/**
 * The same backward: the shortest plane, which has a lane of its own wherever it starts; the shortest that is not held in registers, whose loop takes four lanes beside the first; and the fewest values of a
 * tensor, below which a call wins less than a millisecond and the kernel takes up to three times as long to compile. Measured, in copies, before and after: InstanceNorm 32x512x7x7 4.6 and 1.9, BatchNorm
 * 8x2048x7x7 4.5 and 3.1, 8x512x13x13 3.3 and 2.4.
 */
export const FLAT_BACKWARD = { plane: 8, looped: 17, tensor: 131_072 } as const;

/**
 * Rows whose planes are ragged are planned as runs from this many values a row, and in the whole tensor; columns that are no multiple of four leave the one dispatch for lanes of several repeats from the same size on. Measured: InstanceNorm 32x512x7x7 is
 * slower as runs (5.1 copies against 4.7), for its 16384 merges.
 */
export const RAGGED_ROWS = { values: 128, tensor: 65536 } as const;

/** Rows of fewer values get their shift from three lanes: as many as an eighth of the row, and the root of its length in lanes, ask for. */
export const FEW_PROBES = 64;

/** Columns (in lanes) that make one dispatch for statistics and apply busy enough. */
export const COLUMN_NORM_TEAMS = { software: 16, gpu: 4096 } as const;

/** Columns in flight that the split column kernels aim for, and the fewest repeats of a slice that pay for its partial. */
export const COLUMN_TEAMS = { software: 64, gpu: 16384 } as const;
export const COLUMN_REPEATS = { moments: 32, apply: 8 } as const;

/** Partials of one statistic from which a GPU merges them by workgroups, not by invocations. */
export const MERGE_WIDE = 32;

/** Partials that one team of a parameter's merge takes where targets are few: more of them are condensed first, so that a parameter of one value has no cliff. */
export const CONDENSED_SPAN = 1024;
export const FEW_TARGETS = 64;

/** Fewest values of a cell whose sums serve statistics and parameters alike: below, the partials (32 bytes a cell) cost more than reading x and dy again. */
export const SMALLEST_CELL = 16;

/** Most partials of one parameter that come from cells: beyond, a walk of its own is better. */
export const MOST_CELLS = 65536;

/** Lanes of each of x, dy, dgamma and dbeta that an invocation of a GPU holds in backward: 16 vec4 in all, and one of gamma (research: QuACK's spills). */
export const BACKWARD_HELD = 4;

/**
 * Rows that share one row of partial gradients: at least `least`, so that partials stay under a tenth of the traffic, at most `most`, one chain of adds. Fewer where there would be fewer
 * teams than `leastTeams`.
 */
export const PARTIAL_ROWS = { least: 13, most: 64, leastTeams: { software: 16, gpu: 64 } } as const;

/**
 * Rows that a CPU holds in registers beside gamma and the sums of their columns: the most lanes, and the fewest values of a tensor for each of them, because a lane takes 25 ms to compile (lavapipe: 0.1 to 0.6 s). Measured, in copies, before and after:
 * LayerNorm backward 262144x3 8.8 and 2.4, 65536x7 4.8 and 1.8, 65536x16 3.6 and 1.5, 65536x64 3.6 and 1.3.
 */
export const NARROW = { held: { four: 16, wider: 8 }, values: 16_384 } as const;

/** Partial gradients of a value that are summed in one stage. */
export const SUMMED_AT_ONCE = { software: 128, gpu: 32 } as const;
