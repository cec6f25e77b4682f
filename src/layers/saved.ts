import type { Shape } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { statisticsStride, STATISTICS_PLANES, type ForwardRequest } from "../plan/request.ts";

/** What a forward call keeps for its backward call. It owns its statistics and only refers to x. */
export class Saved {
  /** What was normalized: x, or x + residual. */
  readonly x: Tensor;
  /** Mean of each statistic, f32; undefined for RMSNorm. */
  readonly mean: Tensor | undefined;
  /** 1 / sqrt(variance + eps) of each statistic, f32; for RMSNorm 1 / sqrt(mean square + eps). */
  readonly rstd: Tensor;
  /** Biased variance of each statistic, f32; for RMSNorm the mean square. */
  readonly variance: Tensor;
  /** The planes mean, rstd, shift, delta (mean = shift + delta) and variance in one tensor. */
  readonly statistics: Tensor;

  private constructor(x: Tensor, statistics: Tensor, shape: Shape, centered: boolean) {
    const bytes = statisticsStride(sizeOf(shape)) * 4;
    this.x = x;
    this.statistics = statistics;
    this.mean = centered ? statistics.view(0, shape) : undefined;
    this.rstd = statistics.view(bytes, shape);
    this.variance = statistics.view(4 * bytes, shape);
  }

  /** Statistics of `shape` in `reused`, or in a new tensor. */
  static over(gpu: Gpu, x: Tensor, shape: Shape, kind: ForwardRequest["statistics"], reused: Saved | null): Saved {
    const statistics = reused?.statistics ?? gpu.empty([STATISTICS_PLANES, statisticsStride(sizeOf(shape))]);
    return new Saved(x, statistics, shape, kind !== "rms");
  }

  /** Frees the statistics. x stays. */
  destroy(): void {
    this.statistics.destroy();
  }
}
