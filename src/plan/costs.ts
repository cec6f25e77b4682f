import type { AdapterClass } from "./capabilities.ts";

/** What one class of adapter is like, for the model in cost.ts. */
export interface Costs {
  /** Microseconds of a dispatch after another in one pass. */
  readonly dispatch: number;
  /** Bytes a nanosecond from memory. */
  readonly bandwidth: number;
  /** Invocations in flight that fill the machine. */
  readonly width: number;
  /** Workgroups in flight that fill it: a CPU runs one on a thread. */
  readonly units: number;
  /** Nanoseconds of one invocation: for a lane that it loads or stores, to start on a row, and at a barrier; with the machine full. */
  readonly touch: number;
  readonly start: number;
  readonly barrier: number;
  /** Times as long as a touch takes in a kernel with barriers: a CPU keeps each of its invocations as a coroutine. */
  readonly kept: number;
  /** Bytes of a line of the cache. A CPU's invocations run one after another: each has its line to itself. */
  readonly line: number;
}

/**
 * The constants of the model. `software`: measured on SwiftShader with 2 cores. A copy of 4096 x 768 (1.6 million lanes) takes 7.7 ms, LayerNorm with one row an invocation (5 lanes loaded or stored
 * for each) 2.2 copies, with four rows (3.5) 1.6; rows of 64 values 0.6 copies more, for their starts. A workgroup runs on one thread, four invocations at once: one row of 4096 values takes 190 us,
 * four take 220. 3 x 768 by subgroups takes 165 us, of which 150 are the agreement of a workgroup of 128 on their size; sums by clusters of 64 and 256 cost 1.0 and 1.4 us an invocation
 * times four, by trees of 64 0.95; 2 x 65536 by workgroups takes 3.2 ms, twice the time of the same loads without barriers. Those of a full machine are taken over; `width` and `units` are of four threads, for most machines have more cores than two.
 *
 * The others were not measured. Bandwidth and units are those of the middle of a class (a laptop's GPU with 80 GB/s, a card with 800, a phone's with 40), with 128 invocations in flight a unit to keep
 * memory busy with vec4 loads (a unit's share of bandwidth times 600 ns of latency); a touch is 10 instructions, a start 60, a barrier as long as a touch. What counts are their ratios: a plan is
 * chosen, no time is told.
 */
export const COSTS: Readonly<Record<AdapterClass, Costs>> = {
  software: { dispatch: 40, bandwidth: 30, width: 16, units: 4, touch: 74, start: 1400, barrier: 3400, kept: 2, line: 4 },
  integrated: { dispatch: 4, bandwidth: 80, width: 4096, units: 32, touch: 20, start: 120, barrier: 20, kept: 1, line: 64 },
  mobile: { dispatch: 10, bandwidth: 40, width: 2048, units: 16, touch: 30, start: 200, barrier: 40, kept: 1, line: 64 },
  discrete: { dispatch: 3, bandwidth: 800, width: 16_384, units: 128, touch: 10, start: 60, barrier: 10, kept: 1, line: 128 },
  unknown: { dispatch: 3, bandwidth: 800, width: 16_384, units: 128, touch: 10, start: 60, barrier: 10, kept: 1, line: 128 },
};
