import * as ort from "onnxruntime-web/webgpu";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import type { Peer } from "../peer.ts";
import { openRuntime } from "./onnxruntime.ts";

/** The build whose WebGPU kernels are native code. */
export function open(): Promise<Peer> {
  return openRuntime("onnxruntime-web", ort, wasm);
}
