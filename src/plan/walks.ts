import { planColumns } from "./column-plan.ts";
import { planFlatBackward } from "./flat-backward-plan.ts";
import { flatApply, isFlat, isRaggedRows, planFlatRows } from "./flat-plan.ts";
import { fixedStatisticsDispatch, runningSamplesDispatch } from "./merge-plan.ts";
import { cellSums } from "./gradient-cells.ts";
import { planNarrow } from "./narrow-plan.ts";
import { planFeatures, planRowBackward, planSegments } from "./row-backward-plan.ts";
import { blockWay, planPlain, planRows } from "./row-plan.ts";

// What a layer can be planned with beside what serves every view: runs, and the general kernels of gradients. A planner takes these as values, so that a program holds the walks of its own layers and
// no others. A way whose walk is not there is no choice; only `fixed` and `samples` must be there where a request asks for them.

/** Walks of a forward call. */
export interface ForwardWalks {
  /** A part of the key that a plan is remembered under. */
  readonly name: string;
  readonly rows?: typeof planRows;
  /** Kernels for rows along which gamma and beta lie: of small tensors, many short ones, and many that fit in registers. */
  readonly plain?: typeof planPlain;
  readonly block?: typeof blockWay;
  readonly narrow?: typeof planNarrow;
  /** Kernels that take planes as lanes of the whole tensor: as rows, and as the apply of runs; whether short planes are runs for it, and rows are worth to be cut for it. */
  readonly flat?: {
    readonly rows: typeof planFlatRows;
    readonly apply: typeof flatApply;
    readonly fits: typeof isFlat;
    readonly runs: typeof isRaggedRows;
  };
  readonly columns?: typeof planColumns;
  /** For statistics that are `fixed`. */
  readonly fixed?: typeof fixedStatisticsDispatch;
  /** For running statistics that move towards `samples`. */
  readonly samples?: typeof runningSamplesDispatch;
}

/** Walks of a backward call: fused kernels of rows, for gamma and beta along a row, and for those that are the same within a segment of it. */
export interface BackwardWalks {
  readonly name: string;
  readonly rows?: typeof planRowBackward;
  readonly features?: typeof planFeatures;
  readonly segments?: typeof planSegments;
  /** Planes as lanes of the whole tensor. */
  readonly planes?: typeof planFlatBackward;
  /** Sums that serve statistics and parameters alike, where gamma and beta stay the same along reduced axes. */
  readonly cells?: typeof cellSums;
}

const flat = { rows: planFlatRows, apply: flatApply, fits: isFlat, runs: isRaggedRows };

/** Over any axes, with gamma and beta along them: LayerNorm and RMSNorm. */
export const FEATURES: ForwardWalks = { name: "features", rows: planRows, plain: planPlain, block: blockWay, narrow: planNarrow, columns: planColumns };
/** Over positions, or groups of channels and positions. */
export const PLANES: ForwardWalks = { name: "planes", rows: planRows, flat, columns: planColumns };
/** Likewise, each sample by itself, with running statistics. */
export const SAMPLES: ForwardWalks = {
  name: "samples",
  rows: planRows,
  plain: planPlain,
  flat,
  columns: planColumns,
  fixed: fixedStatisticsDispatch,
  samples: runningSamplesDispatch,
};
/** Of each channel over the batch: no rows. */
export const CHANNELS: ForwardWalks = { name: "channels", flat, columns: planColumns, fixed: fixedStatisticsDispatch };
/** Over any axes, with gamma and beta that are the same along them, or none: MeanVarianceNorm, and weights. */
export const ANY: ForwardWalks = { name: "any", rows: planRows, plain: planPlain, flat, columns: planColumns };

export const FEATURE_GRADIENTS: BackwardWalks = { name: "features", rows: planRowBackward, features: planFeatures };
export const ROW_GRADIENTS: BackwardWalks = {
  name: "rows",
  rows: planRowBackward,
  features: planFeatures,
  segments: planSegments,
  planes: planFlatBackward,
  cells: cellSums,
};
export const CHANNEL_GRADIENTS: BackwardWalks = { name: "channels", planes: planFlatBackward, cells: cellSums };
