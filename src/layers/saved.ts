import type { Shape } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { statisticsStride, STATISTICS_PLANES, type ForwardRequest, type ParameterRole } from "../plan/request.ts";

/** Shapes of what is read beside x: all that a plan needs to know of it. */
export interface InputShapes {
  readonly parameters: Readonly<Partial<Record<ParameterRole, Shape>>>;
  readonly residual: Shape | null;
}

/** The call that statistics come from. */
export interface SavedMeaning {
  /** Shape of the statistics. */
  readonly shape: Shape;
  /** Where they come from: x itself, or a mean and a variance that were given (`fixed`). */
  readonly kind: ForwardRequest["statistics"];
  readonly eps: number;
  /** All that they depend on: a backward call must mean the same. */
  readonly words: string;
  /** Shapes of gamma, beta, residual and its bias. */
  readonly inputs: InputShapes;
}

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
  /** The call that made it, by shapes and options. */
  readonly meaning: SavedMeaning;

  private constructor(x: Tensor, statistics: Tensor, meaning: SavedMeaning) {
    const { shape, kind } = meaning;
    const bytes = statisticsStride(sizeOf(shape)) * 4;
    this.x = x;
    this.statistics = statistics;
    this.meaning = meaning;
    this.mean = kind !== "rms" ? statistics.view(0, shape) : undefined;
    this.rstd = statistics.view(bytes, shape);
    this.variance = statistics.view(4 * bytes, shape);
  }

  /** Statistics in `reused`, or in a new tensor. */
  static over(gpu: Gpu, x: Tensor, meaning: SavedMeaning, reused: Pick<Saved, "statistics"> | null): Saved {
    const statistics = reused?.statistics ?? gpu.empty([STATISTICS_PLANES, statisticsStride(sizeOf(meaning.shape))]);
    return new Saved(x, statistics, meaning);
  }

  /** Frees the statistics. x stays. */
  destroy(): void {
    this.statistics.destroy();
  }
}
