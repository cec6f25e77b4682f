import type { WebGpuEncoder, WebGpuPass } from "../core/webgpu-types.ts";

/** Where a call is recorded, when not into a pass and a submit of its own. */
export interface Recording {
  /** A compute pass is opened and ended in this encoder, which the caller submits. */
  encoder?: WebGpuEncoder;
  /** The call is recorded into this compute pass, which the caller ends and submits. */
  pass?: WebGpuPass;
}
