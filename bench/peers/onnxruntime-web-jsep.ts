import * as ort from "onnxruntime-web";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.jsep.wasm?url";
import type { Peer } from "../peer.ts";
import { openRuntime } from "./onnxruntime.ts";

/** The default build: its WebGPU kernels (JSEP) are written in TypeScript. */
export function open(): Promise<Peer> {
  return openRuntime("onnxruntime-web-jsep", ort, wasm);
}
