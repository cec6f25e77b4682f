import { FORWARD_CASES, type ForwardCase } from "./forward-cases.ts";

/** Backward calls beside those of every forward case: what only a backward walk can get wrong. */
export const BACKWARD_CASES: readonly ForwardCase[] = [...FORWARD_CASES];
