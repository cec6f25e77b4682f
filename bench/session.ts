import { Gpu, tune } from "../src/index.ts";
import { tuneCaseOf } from "./call.ts";
import { CASES } from "./case-list.ts";
import { idOf, type Case } from "./cases.ts";
import { repeated } from "./contest.ts";
import { exerciseOf } from "./exercise.ts";
import { samples } from "./inputs.ts";
import { measure } from "./measure.ts";
import type { Measured } from "./measured.ts";
import type { Peer } from "./peer.ts";

/** What shaders run on. */
export interface AdapterFacts {
  readonly name: string;
  /** A CPU runs the shaders. */
  readonly software: boolean;
  readonly adapterClass: string;
  /** Smallest and largest subgroup; null where shaders have none. */
  readonly subgroups: readonly [number, number] | null;
  readonly f16: boolean;
}

/** The end of the bench that has the GPU: in a page, or in a process of Node with Dawn. */
export class Session {
  readonly gpu: Gpu;
  readonly #peers: Peer[] = [];

  private constructor(gpu: Gpu) {
    this.gpu = gpu;
  }

  static async open(): Promise<Session> {
    return new Session(await Gpu.open());
  }

  adapter(): AdapterFacts {
    const { vendor, architecture, device, description, software } = this.gpu.adapter;
    const { adapterClass, subgroups, subgroupMinSize, subgroupMaxSize, f16 } = this.gpu.capabilities;
    const name = [...new Set([vendor, architecture, device, description])].filter(Boolean).join(" ");
    return { name, software, adapterClass, subgroups: subgroups ? [subgroupMinSize, subgroupMaxSize] : null, f16 };
  }

  addPeer(peer: Peer): void {
    this.#peers.push(peer);
  }

  /** Measures the case with this id; with `peers`, every peer that was added beside it; with `tuned`, by the plan that the tuner chose. */
  async measure(id: string, { repeats, peers, tuned }: { repeats: number; peers: boolean; tuned: boolean }): Promise<Measured> {
    const one = CASES.find((each) => idOf(each) === id)!;
    if (tuned) for (const part of one.parts.length ? one.parts : [one]) await this.#tune(part);
    const found = await measure(this.gpu, one, {
      effort: repeated(repeats),
      peers: peers ? this.#peers : [],
      prepare: (part) => exerciseOf(part, samples(part.shape)),
    });
    if (this.gpu.isLost) throw new Error(`the device was lost while "${id}" was measured`);
    return found;
  }

  async #tune(one: Case): Promise<void> {
    const { tuned, destroy } = tuneCaseOf(this.gpu, one);
    await tune(this.gpu, [tuned]);
    destroy();
  }
}
