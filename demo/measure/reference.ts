import type { Case } from "../../bench/cases.ts";
import type { Outputs } from "../../bench/error.ts";
import type { Exercise } from "../../bench/exercise.ts";
import type { Inputs } from "../../bench/inputs.ts";
import type { Answer, Message, Question } from "./reference-worker.ts";

/** The float64 reference in a thread of its own: some cases take it a second, and the page answers meanwhile. */
export class Reference {
  readonly #worker = new Worker(new URL("./reference-worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<number, { done: (result: never) => void; fail: (error: Error) => void }>();
  #asked = 0;
  /** Why the thread answers no more. */
  #fault: Error | null = null;

  constructor() {
    this.#worker.addEventListener("message", ({ data: { id, result, failed } }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (failed === undefined) waiting?.done(result as never);
      else waiting?.fail(new Error(`the reference: ${failed}`));
    });
    this.#worker.addEventListener("error", ({ message }) => {
      const fault = new Error(`the reference's worker did not start (${message || "its file was not found"})`);
      this.#fault = fault;
      for (const { fail } of this.#waiting.values()) fail(fault);
      this.#waiting.clear();
    });
  }

  /** Inputs of a case, and who judges what comes out of it. */
  async prepare(one: Case, seed: number): Promise<Exercise> {
    const id = this.#asked + 1;
    const inputs = await this.#ask<Inputs>({ kind: "prepare", one, seed });
    return {
      inputs,
      judge: (outputs) =>
        this.#ask<Outputs<number>>(
          { kind: "judge", id, outputs },
          Object.values(outputs).map(({ buffer }) => buffer as ArrayBuffer),
        ),
    };
  }

  /** Lets go of the cases before. */
  async forget(): Promise<void> {
    if (!this.#fault) await this.#ask({ kind: "forget" });
  }

  /** Ends the thread, and with it what it computes. */
  close(): void {
    this.#worker.terminate();
  }

  #ask<Result>(question: Question, moved: Transferable[] = []): Promise<Result> {
    const id = ++this.#asked;
    if (this.#fault) return Promise.reject(this.#fault);
    return new Promise<Result>((done, fail) => {
      this.#waiting.set(id, { done, fail });
      this.#worker.postMessage({ id, question } satisfies Message, moved);
    });
  }
}
