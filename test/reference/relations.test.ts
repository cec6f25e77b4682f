import fc from "fast-check";
import { expect, test } from "vitest";
import {
  batchNormBackward,
  batchNormForward,
  groupNormBackward,
  groupNormForward,
  instanceNormBackward,
  instanceNormForward,
  layerNormBackward,
  layerNormForward,
  rmsNormBackward,
  type NdArray,
} from "../../src/reference/index.ts";
import { normal } from "../data.ts";

const array = (shape: readonly number[], seed: number, mean = 0): NdArray => ({ data: Float64Array.from(normal(sizeOf(shape), seed, mean)), shape });
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const same = (found: ArrayLike<number>, wanted: ArrayLike<number>, bound = 1e-12): void => {
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) expect(Math.abs(found[i]! - wanted[i]!)).toBeLessThanOrEqual(bound * Math.max(1, Math.abs(wanted[i]!)));
};

/** [N, C, L] as [N, L, C]. */
function channelsLast({ data, shape }: NdArray): NdArray {
  const [n, c, l] = shape as [number, number, number];
  return {
    data: Float64Array.from({ length: n * c * l }, (_, i) => data[(Math.floor(i / (l * c)) * c + (i % c)) * l + (Math.floor(i / c) % l)]!),
    shape: [n, l, c],
  };
}

/** Where an element of `shape` lies along each axis. */
function placeOf(index: number, shape: readonly number[]): number[] {
  return shape.map((extent, axis) => Math.floor(index / sizeOf(shape.slice(axis + 1))) % extent);
}

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
const shapesWithAxes = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes: fc.shuffledSubarray([...shape.keys()]),
    broadcast: fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
  }),
);

test("LayerNorm over any axes in any order is what the definition says, element by element", () => {
  fc.assert(
    fc.property(shapesWithAxes, ({ shape, axes, broadcast }) => {
      const x = array(shape, 1, 2);
      const gamma = array(
        axes.map((axis) => shape[axis]!),
        2,
      );
      const beta = array(
        shape.map((extent, axis) => (broadcast[axis] ? 1 : extent)),
        3,
      );
      const { y } = layerNormForward(x, { axes, gamma, beta, parameterLayout: "axes", eps: 0.01 });
      const at = (parameter: NdArray, place: readonly number[]): number =>
        parameter.data[place.reduce((index, p, axis) => index * parameter.shape[axis]! + Math.min(p, parameter.shape[axis]! - 1), 0)]!;
      const places = Array.from(x.data, (_, i) => placeOf(i, shape));
      // A shape that fits both readings is laid out in the order of `axes`, as asked.
      const betaInOrder = beta.shape.length === axes.length && beta.shape.every((extent, i) => extent === shape[axes[i]!]);
      const wanted = places.map((place, i) => {
        const mates = places.flatMap((other, j) => (other.every((p, axis) => axes.includes(axis) || p === place[axis]) ? [x.data[j]!] : []));
        const mean = mates.reduce((a, b) => a + b, 0) / mates.length;
        const variance = mates.reduce((a, b) => a + (b - mean) ** 2, 0) / mates.length;
        const ordered = axes.map((axis) => place[axis]!);
        return ((x.data[i]! - mean) / Math.sqrt(variance + 0.01)) * at(gamma, ordered) + at(beta, betaInOrder ? ordered : place);
      });
      same(y, wanted);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("channels last is channels first, moved: GroupNorm, InstanceNorm and BatchNorm, forward and backward", () => {
  const x = array([3, 6, 5], 1, 2);
  const dy = array([3, 6, 5], 2);
  const [last, dyLast] = [channelsLast(x), channelsLast(dy)];
  const args = { gamma: array([6], 3, 1), beta: array([6], 4), residualBias: array([6], 5), activation: "silu" as const };
  const check = (
    first: { y: Float64Array },
    firstGradients: { dx: Float64Array; dgamma?: NdArray },
    moved: { y: Float64Array },
    movedGradients: { dx: Float64Array; dgamma?: NdArray },
  ): void => {
    same(moved.y, channelsLast({ data: first.y, shape: x.shape }).data);
    same(movedGradients.dx, channelsLast({ data: firstGradients.dx, shape: x.shape }).data);
    same(movedGradients.dgamma!.data, firstGradients.dgamma!.data);
  };
  const nhwc = { ...args, layout: "nhwc" } as const;
  const groups = { groups: 2 };
  check(
    groupNormForward(x, { ...args, ...groups }),
    groupNormBackward(dy, x, { ...args, ...groups }),
    groupNormForward(last, { ...nhwc, ...groups }),
    groupNormBackward(dyLast, last, { ...nhwc, ...groups }),
  );
  check(instanceNormForward(x, args), instanceNormBackward(dy, x, args), instanceNormForward(last, nhwc), instanceNormBackward(dyLast, last, nhwc));
  const training = { training: true };
  check(
    batchNormForward(x, { ...args, ...training }),
    batchNormBackward(dy, x, { ...args, ...training }),
    batchNormForward(last, { ...nhwc, ...training }),
    batchNormBackward(dyLast, last, { ...nhwc, ...training }),
  );
});

test("groups of one channel are instances, one group is a layer, and BatchNorm of one sample is InstanceNorm", () => {
  const x = array([3, 6, 5], 1, 2);
  const dy = array([3, 6, 5], 2);
  const args = { gamma: array([6, 1], 3, 1), beta: array([6, 1], 4) };
  same(groupNormForward(x, { ...args, groups: 6 }).y, instanceNormForward(x, args).y);
  same(groupNormBackward(dy, x, { ...args, groups: 6 }).dx, instanceNormBackward(dy, x, args).dx);
  same(groupNormForward(x, { ...args, groups: 1 }).y, layerNormForward(x, { ...args, axes: [1, 2] }).y);
  same(groupNormBackward(dy, x, { ...args, groups: 1 }).dx, layerNormBackward(dy, x, { ...args, axes: [1, 2] }).dx);
  const one = array([1, 6, 5], 5);
  same(batchNormForward(one, { ...args, training: true }).y, instanceNormForward(one, args).y);
});

test("eval with the batch's own statistics gives the training output, and InstanceNorm's eval is BatchNorm's", () => {
  const x = array([4, 3, 5], 1, 2);
  const { y, mean, variance } = batchNormForward(x, { training: true });
  same(batchNormForward(x, { training: false, mean, variance }).y, y);
  same(instanceNormForward(x, { training: false, mean, variance }).y, y);
  same(instanceNormBackward(x, x, { training: false, mean, variance }).dvariance!, batchNormBackward(x, x, { training: false, mean, variance }).dvariance!);
});

// With eps 0 a centred layer's output knows neither the level nor the scale of x: sum dx = 0 and sum dx * xhat = 0 in every statistic.
const dyOf = array([4, 6, 5], 2);
const xOf = array([4, 6, 5], 1, 3);
const group = (place: readonly number[]): number => place[0]! * 2 + Math.floor(place[1]! / 3);
const IDENTITIES: readonly [name: string, y: Float64Array, dx: Float64Array, statisticOf: (place: readonly number[]) => number][] = [
  ["LayerNorm", layerNormForward(xOf, { eps: 0 }).y, layerNormBackward(dyOf, xOf, { eps: 0 }).dx, ([n, c]) => n! * 6 + c!],
  ["GroupNorm", groupNormForward(xOf, { eps: 0, groups: 2 }).y, groupNormBackward(dyOf, xOf, { eps: 0, groups: 2 }).dx, group],
  ["InstanceNorm", instanceNormForward(xOf, { eps: 0 }).y, instanceNormBackward(dyOf, xOf, { eps: 0 }).dx, ([n, c]) => n! * 6 + c!],
  ["BatchNorm", batchNormForward(xOf, { eps: 0, training: true }).y, batchNormBackward(dyOf, xOf, { eps: 0, training: true }).dx, ([, c]) => c!],
];

test.each(IDENTITIES)("%s: dx vanishes along 1 and along xhat, and is not 0", (_, y, dx, statisticOf) => {
  const level = new Map<number, number>();
  const scale = new Map<number, number>();
  dx.forEach((value, i) => {
    const s = statisticOf(placeOf(i, xOf.shape));
    level.set(s, (level.get(s) ?? 0) + value);
    scale.set(s, (scale.get(s) ?? 0) + value * y[i]!);
  });
  for (const total of [...level.values(), ...scale.values()]) expect(Math.abs(total)).toBeLessThan(1e-12);
  expect(Math.max(...dx.map(Math.abs))).toBeGreaterThan(0.1);
});

test("RMSNorm knows no scale: dx vanishes along x, and not along 1", () => {
  const { dx } = rmsNormBackward(dyOf, xOf, { eps: 0, axes: [0, 1, 2] });
  expect(Math.abs(dx.reduce((total, value, i) => total + value * xOf.data[i]!, 0))).toBeLessThan(1e-12);
  expect(Math.abs(dx.reduce((total, value) => total + value, 0))).toBeGreaterThan(0.01);
});
