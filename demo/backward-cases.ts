import { batchNormBackward, groupNormBackward, instanceNormBackward, layerNormBackward, rmsNormBackward } from "../src/reference/index.ts";
import { batchNorm, groupNorm, instanceNorm, nd, rows, type Case } from "./cases.ts";

/** The same layer and shape, measured backward. */
function backward(one: Case, expectedBackward: NonNullable<Case["expectedBackward"]>): Case {
  return { ...one, layer: `${one.layer} backward`, expectedBackward };
}

const IMAGES = [8, 64, 56, 56];
const CHANNELS_LAST = [8, 56, 56, 64];
const GROUPED = [8, 256, 28, 28];

function channels(nhwc: boolean): Case[] {
  const layout = nhwc ? "nhwc" : "nchw";
  const shape = nhwc ? CHANNELS_LAST : IMAGES;
  return [
    backward(batchNorm(shape, nhwc, true), (dy, x, { gamma, beta }) => batchNormBackward(dy, x, { training: true, layout, gamma: nd(gamma), beta: nd(beta) })),
    backward(instanceNorm(shape, nhwc), (dy, x, { gamma, beta }) => instanceNormBackward(dy, x, { layout, gamma: nd(gamma), beta: nd(beta) })),
    backward(groupNorm(shape, nhwc, 32), (dy, x, { gamma, beta }) => groupNormBackward(dy, x, { groups: 32, layout, gamma: nd(gamma), beta: nd(beta) })),
  ];
}

function rowsBackward(shape: readonly number[], rms: boolean): Case {
  const [forward, own] = [rows(shape, shape.slice(1), rms, false), shape.slice(1)];
  return backward(forward, (dy, x, { gamma, beta }) =>
    rms
      ? rmsNormBackward(dy, x, { gamma: { data: gamma, shape: own } })
      : layerNormBackward(dy, x, { gamma: { data: gamma, shape: own }, beta: { data: beta, shape: own } }),
  );
}

/** Gradients of x, gamma and beta. */
export const BACKWARD_CASES: readonly Case[] = [
  ...channels(false),
  ...channels(true),
  backward(groupNorm(GROUPED, false, 32), (dy, x, { gamma, beta }) => groupNormBackward(dy, x, { groups: 32, gamma: nd(gamma), beta: nd(beta) })),
  rowsBackward([4096, 768], false),
  rowsBackward([512, 4096], false),
  rowsBackward([4096, 768], true),
];
