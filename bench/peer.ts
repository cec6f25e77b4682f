import type { Case } from "./cases.ts";
import type { Outputs } from "./error.ts";
import type { Inputs } from "./inputs.ts";

/** Another library that is measured beside this one, on a device of its own. */
export interface Peer {
  readonly name: string;
  /** Every way that it has to write a case; its inputs are on the GPU. Empty where it has none. */
  prepare(one: Case, inputs: Inputs): Promise<Prepared>;
}

export interface Prepared {
  readonly ways: readonly Way[];
  /** Ways that the library refused, with its words. */
  readonly refused: readonly { readonly variant: string; readonly message: string }[];
  destroy(): void | Promise<void>;
}

/** One way to write a case with a peer. */
export interface Way {
  readonly variant: string;
  /** Queues a call; outputs stay on the GPU until they are freed. */
  run(): unknown;
  fence(results: readonly unknown[]): Promise<unknown>;
  read(result: unknown): Promise<Outputs<Float32Array>>;
  free(result: unknown): void;
}
