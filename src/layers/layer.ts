import type { Named } from "../core/safetensors.ts";
import type { GivenTensor } from "../core/stored-tensor.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { loadState, readState, type LoadOptions, type LoadResult, type StateDict, type StateEntry } from "./state.ts";

/** What every layer is: a name, the tensors that training changes, and a state that is saved and loaded. */
export abstract class Layer {
  readonly gpu: Gpu;
  /** The class, as errors name it. */
  protected readonly layer: string;

  protected constructor(gpu: Gpu, layer: string) {
    this.gpu = gpu;
    this.layer = layer;
  }

  /** The tensors that training changes, by name. */
  parameters(): Record<string, Tensor> {
    return {};
  }

  /** @internal What the layer saves and loads. */
  stateEntries(): StateEntry[] {
    return [];
  }

  /**
   * The layer's state under PyTorch's keys, each with `prefix` before it, as everything queued so far leaves it.
   * @throws TensorError, DeviceLostError
   */
  stateDict(options: { prefix?: string } = {}): Promise<StateDict> {
    return readState(this.gpu, `${this.layer}.stateDict`, this.stateEntries(), options.prefix);
  }

  /**
   * Takes a state with PyTorch's keys: an object or a Map of { shape, dtype, data }, as {@link readSafetensors} and `stateDict` give it. All of it or, where anything is wrong, nothing.
   * @throws FormatError that names every missing, unexpected and unfit key; TensorError, DeviceLostError
   */
  loadStateDict(dict: Named<GivenTensor>, options: LoadOptions = {}): LoadResult {
    return loadState(this.gpu, `${this.layer}.loadStateDict`, this.stateEntries(), dict, options);
  }

  /** Frees the layer's own tensors. Twice is fine. */
  destroy(): void {
    for (const tensor of Object.values(this.parameters())) tensor.destroy();
  }
}
