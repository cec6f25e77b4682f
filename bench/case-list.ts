import {
  backward,
  batchNorm,
  groupNorm,
  idOf,
  instanceNorm,
  layerNorm,
  network,
  rmsNorm,
  twinOf,
  weightStandardization,
  type Case,
  type Tag,
} from "./cases.ts";

/** Inputs of a ResNet-50's 3 x 3 convolutions: channels and side of each stage. */
const STAGES = [
  [64, 56],
  [128, 28],
  [256, 14],
  [512, 7],
] as const;

/** The layers over one stage. */
function stage(batch: number, [channels, side]: readonly [number, number], nhwc: boolean): Case[] {
  const shape = nhwc ? [batch, side, side, channels] : [batch, channels, side, side];
  const every = [batchNorm(shape, nhwc, true), batchNorm(shape, nhwc, false), groupNorm(shape, nhwc, 32), instanceNorm(shape, nhwc)];
  return nhwc || batch !== 8 ? every : [...every, layerNorm(shape), rmsNorm(shape)];
}

const HIGH_RESOLUTION = [1, 3, 1024, 2048];
const IMAGES = [8, 64, 56, 56];
const GROUPED = [8, 256, 28, 28];

function overImages(nhwc: boolean): Case[] {
  const shape = nhwc ? [8, 56, 56, 64] : IMAGES;
  return [batchNorm(shape, nhwc, true), instanceNorm(shape, nhwc), groupNorm(shape, nhwc, 32)];
}

/** The main job: the layers over the shapes of real networks, forward, and backward at batch 8. */
const MAIN: readonly Case[] = [
  ...[32, 8, 1].flatMap((batch) => STAGES.flatMap((one) => stage(batch, one, false))),
  ...STAGES.flatMap((one) => stage(8, one, true)),
  batchNorm(HIGH_RESOLUTION, false, true),
  batchNorm(HIGH_RESOLUTION, false, false),
  groupNorm(HIGH_RESOLUTION, false, 3),
  instanceNorm(HIGH_RESOLUTION, false),
  layerNorm(HIGH_RESOLUTION),
  ...[
    [4096, 768],
    [512, 4096],
  ].flatMap((shape) => [layerNorm(shape), rmsNorm(shape), layerNorm(shape, true)]),
  ...[...overImages(false), ...overImages(true), groupNorm(GROUPED, false, 32), layerNorm([4096, 768]), layerNorm([512, 4096]), rmsNorm([4096, 768])].map(
    backward,
  ),
];

/** What each must cost at most, beside a copy. */
const TARGETS: readonly (readonly [number, readonly Case[]])[] = [
  [1.8, [layerNorm([4096, 768]), layerNorm([512, 4096]), layerNorm([64, 65536])]],
  [2.5, [layerNorm([65536, 64])]],
  [1.7, [rmsNorm([512, 4096]), rmsNorm([4096, 768])]],
  [1.7, [layerNorm([4096, 768], true)]],
  [1.2, [batchNorm(IMAGES, false, false), batchNorm([32, 256, 14, 14], false, false)]],
  [1.7, [batchNorm(IMAGES, false, true), batchNorm([32, 256, 14, 14], false, true)]],
  [1.4, [instanceNorm([4, 32, 128, 128], false)]],
  [2.6, [instanceNorm([1, 3, 512, 512], false)]],
  [1.4, [groupNorm(GROUPED, false, 32), groupNorm([1, 512, 64, 64], false, 32)]],
  [1.4, [weightStandardization([512, 2304])]],
  [3.0, [backward(layerNorm([4096, 768]))]],
  [1.7, [backward(groupNorm(GROUPED, false, 32))]],
];

const targeted: readonly Case[] = TARGETS.flatMap(([target, cases]) => cases.map((one) => ({ ...one, target })));

/** A case on NHWC must cost at most this times its twin on NCHW. */
const TWIN_MOST = 1.5;

const twins: readonly Case[] = targeted
  .filter((one) => one.layout === "NCHW")
  .map((one) => ({ ...twinOf(one), target: null, beside: { id: idOf(one), most: TWIN_MOST } }));

/** No neighbour of a case may cost more than this times a byte. */
const NEIGHBOUR_MOST = 2;

function beside(base: Case, neighbours: readonly Case[]): Case[] {
  return neighbours.map((one) => ({ ...one, beside: { id: idOf(base), most: NEIGHBOUR_MOST } }));
}

/** Odd columns, few rows, small and large planes, channels that are no power of two: a plan must not fall off a cliff there. */
const neighbours: readonly Case[] = [
  ...beside(layerNorm([4096, 768]), [layerNorm([4096, 767]), layerNorm([4096, 769]), layerNorm([4095, 768]), layerNorm([4096, 1000]), layerNorm([1024, 2048])]),
  ...beside(layerNorm([512, 4096]), [layerNorm([512, 4095]), layerNorm([512, 4097]), rmsNorm([512, 4095])]),
  ...beside(layerNorm([64, 65536]), [layerNorm([1, 1048576]), layerNorm([2, 1048576]), layerNorm([3, 1048576]), layerNorm([64, 65535])]),
  ...beside(layerNorm([65536, 64]), [layerNorm([65536, 63]), layerNorm([65536, 24]), layerNorm([65536, 16]), layerNorm([65536, 7]), rmsNorm([100000, 5])]),
  ...beside(
    backward(layerNorm([4096, 768])),
    [layerNorm([4096, 767]), layerNorm([3, 1048576]), layerNorm([1024, 2048]), layerNorm([65536, 64]), layerNorm([65536, 7])].map(backward),
  ),
  ...beside(instanceNorm([4, 32, 128, 128], false), [
    instanceNorm([32, 512, 7, 7], false),
    instanceNorm(HIGH_RESOLUTION, false),
    instanceNorm([8, 64, 55, 55], false),
  ]),
  ...[false, true].flatMap((nhwc) => {
    const of = (n: number, c: number, side: number): number[] => (nhwc ? [n, side, side, c] : [n, c, side, side]);
    const channels: [number, number][] = [
      [3, 224],
      [24, 112],
      [1000, 14],
      [2048, 7],
    ];
    return [
      ...beside(
        batchNorm(of(8, 64, 56), nhwc, true),
        channels.map(([c, side]) => batchNorm(of(8, c, side), nhwc, true)),
      ),
      ...beside(
        batchNorm(of(8, 64, 56), nhwc, false),
        channels.map(([c, side]) => batchNorm(of(8, c, side), nhwc, false)),
      ),
      ...beside(groupNorm(of(8, 256, 28), nhwc, 32), [
        groupNorm(of(8, 24, 112), nhwc, 8),
        groupNorm(of(8, 1000, 14), nhwc, 8),
        groupNorm(of(8, 2048, 7), nhwc, 32),
      ]),
      ...beside(backward(batchNorm(of(8, 64, 56), nhwc, true)), [
        backward(batchNorm(of(8, 24, 112), nhwc, true)),
        backward(batchNorm(of(8, 2048, 7), nhwc, true)),
      ]),
    ];
  }),
];

/** The step of a decoder, and the norms of a whole network. */
const latency: readonly Case[] = [rmsNorm([1, 4096], true), network(1, false), network(1, true)];

function tagged(tag: Tag, cases: readonly Case[]): Case[] {
  return cases.map((one) => ({ ...one, tags: [tag] }));
}

/** Every case once, with the tags and bounds of all of its places. */
function merged(cases: readonly Case[]): Case[] {
  const byId = new Map<string, Case>();
  for (const one of cases) {
    const known = byId.get(idOf(one));
    byId.set(
      idOf(one),
      known ? { ...known, tags: [...new Set([...known.tags, ...one.tags])], target: known.target ?? one.target, beside: known.beside ?? one.beside } : one,
    );
  }
  return [...byId.values()];
}

/** Every case that is measured. The page runs those tagged `page`. */
export const CASES: readonly Case[] = merged([
  ...tagged("target", targeted),
  ...tagged("target", twins),
  ...tagged("page", MAIN),
  ...tagged("neighbour", neighbours),
  ...tagged("latency", latency),
]);
