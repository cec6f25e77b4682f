/** The libraries that are compared, as people know them. */
export const PEER_NAMES = {
  "onnxruntime-web": "onnxruntime-web",
  "onnxruntime-web-jsep": "onnxruntime-web (JSEP)",
  tfjs: "TensorFlow.js",
  "jax-js": "jax-js",
} as const;

/** A peer's name as people know it. */
export function peerName(name: string): string {
  return (PEER_NAMES as Readonly<Record<string, string>>)[name] ?? name;
}
