import { sizeOf, type Shape } from "../core/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { AffineParameters, ForwardOptions, ForwardResult, LayerTensors } from "./forward.ts";
import { Norm, type NormConstructorOptions } from "./norm.ts";
import { boundStatistics, weightOfNew, type RunningOptions } from "./running-statistics.ts";
import { countEntry, tensorEntry, type StateEntry } from "./state.ts";

/** What the layers with running statistics are. */
export abstract class RunningNorm extends Norm {
  /** Running mean of each channel. Starts as zeros; null without running statistics. */
  readonly runningMean: Tensor | null;
  /** Running variance of each channel. Starts as ones; null without running statistics. */
  readonly runningVariance: Tensor | null;
  /** True: statistics of what a call is given, which also move the running ones. False: running statistics, where there are any. */
  training = true;
  /** Training calls so far. */
  numBatchesTracked = 0;

  protected constructor(gpu: Gpu, layer: string, channels: Shape, options: NormConstructorOptions, tracks: boolean, affine = true) {
    super(gpu, layer, channels, options, affine);
    this.runningMean = tracks ? gpu.tensor(new Float32Array(sizeOf(channels)), channels) : null;
    this.runningVariance = tracks ? gpu.tensor(new Float32Array(sizeOf(channels)).fill(1), channels) : null;
  }

  override forward(x: Tensor, options: ForwardOptions & AffineParameters = {}): ForwardResult {
    const result = super.forward(x, options);
    // An empty batch has no statistics to count.
    if (this.moves && sizeOf(x.shape) > 0) this.numBatchesTracked++;
    return result;
  }

  /** A call moves the running statistics. */
  protected get moves(): boolean {
    return this.training && this.runningMean !== null;
  }

  /** A call takes statistics of what it is given. */
  protected get usesOwn(): boolean {
    return this.training || this.runningMean === null;
  }

  /** What a call depends on beside options: the weight of the new value where statistics move, else which statistics are used. */
  protected stateWith(options: RunningOptions): number {
    if (this.moves) return weightOfNew(options, this.numBatchesTracked);
    return this.usesOwn ? -1 : -2;
  }

  protected override tensors(): LayerTensors {
    return boundStatistics(this.usesOwn, this.runningMean, this.runningVariance);
  }

  override stateEntries(): StateEntry[] {
    const own = super.stateEntries();
    if (!this.runningMean || !this.runningVariance) return own;
    const count = countEntry(
      "num_batches_tracked",
      () => this.numBatchesTracked,
      (batches) => (this.numBatchesTracked = batches),
    );
    return [...own, tensorEntry("running_mean", this.runningMean), tensorEntry("running_var", this.runningVariance), count];
  }

  override destroy(): void {
    super.destroy();
    this.runningMean?.destroy();
    this.runningVariance?.destroy();
  }
}
