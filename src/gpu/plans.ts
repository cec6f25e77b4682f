import type { Capabilities } from "../plan/capabilities.ts";
import type { Choice, Tunable } from "../plan/choice.ts";
import type { Plan } from "../plan/plan.ts";
import type { Gpu } from "./device.ts";
import { Memory } from "./memory.ts";
import { checkSubgroups } from "./subgroup-check.ts";

const MOST_PLANS = 1024;

/**
 * Plans, remembered by what they depend on. The first that wants subgroups starts their self-test; until it has passed, plans do without, so that no result waits for it and none depends on a
 * driver's word.
 */
export class Plans {
  readonly #gpu: Gpu;
  readonly #memory = new Memory<Plan>(MOST_PLANS);
  /** Keys of plans that were made without subgroups for want of the test's verdict. */
  readonly #waiting = new Set<string>();
  /** What tuning chose for a request, where something was tuned; it is a part of the key under which its plan is remembered. */
  choose: ((asked: Tunable) => Choice | undefined) | null = null;
  /** Another number once plans that were given out are no longer what would be planned: whoever remembers one by other keys asks again. */
  epoch = 0;
  #test: Promise<void> | null = null;
  #passed = false;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** The plan under `key`, made where it is not known. */
  remember(key: string, make: (capabilities: Capabilities) => Plan): Plan {
    return this.#memory.remember(key, () => {
      const { capabilities } = this.#gpu;
      const plan = make(capabilities);
      if (this.#passed || capabilities.subgroupTest !== "untested" || !usesSubgroups(plan)) return plan;
      this.#waiting.add(key);
      this.#test ??= this.#check();
      return make({ ...capabilities, subgroups: false });
    });
  }

  /** Runs the self-test of subgroups, where there are any and it was not started. */
  async testSubgroups(): Promise<void> {
    const { subgroups, subgroupTest } = this.#gpu.capabilities;
    if (subgroups && subgroupTest === "untested") await (this.#test ??= this.#check());
  }

  /** Waits for a self-test that was started. */
  async settled(): Promise<void> {
    await this.#test;
  }

  async #check(): Promise<void> {
    try {
      this.#passed = await checkSubgroups(this.#gpu);
      this.#gpu.judgeSubgroups(this.#passed);
      for (const key of this.#waiting) this.#memory.forget(key);
      this.#waiting.clear();
      this.epoch++;
    } catch {
      // The device is lost: whoever calls next is told.
    }
  }
}

function usesSubgroups({ dispatches }: Plan): boolean {
  return dispatches.some(({ variant }) => variant.team === "subgroup" || variant.team === "cluster");
}
