/** Says which network it is: `version` rises with every change that changes results. */
export const NETWORK = {
  version: 1,
  text: "Digits of 28 × 28; three convolutions 3 × 3 with stride 2 to 8, 16 and 32 channels, each with its norm and ReLU; means over 2 × 2 positions; a dense layer to 10 kinds; softmax cross-entropy; momentum 0.9.",
} as const;
