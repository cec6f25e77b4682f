/** Activations that a norm can end with; the position in the list is the number that the shaders know them by (shaders/prelude/activation.wgsl). */
export const ACTIVATIONS = ["none", "relu", "silu", "gelu", "gelu_tanh", "sigmoid", "tanh"] as const;

/** `gelu` is the exact one (with erf), `gelu_tanh` its usual approximation, `silu` is x * sigmoid(x). */
export type Activation = (typeof ACTIVATIONS)[number];
