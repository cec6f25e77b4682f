import { mean } from "../bench/statistics.ts";
import { text } from "../bench/svg.ts";
import { NORMS } from "../demo/train/norms.ts";
import { below, curve, legend, picture, place, rules, whisker, type Scale, type Spot } from "./panel.ts";
import { batchesOf, CHECKED, normsOf, type ClaimRecord, type Point, type Run } from "./record.ts";
import { finalAccuracy, runsOf } from "./verdict.ts";

const WIDTH = 960;
const LEFT = 60;
const RIGHT = 24;
const TOP = 96;
const BOTTOM = 40;

/** Mean, least and greatest of the curves of several seeds, where more than half of them have a point: a run that diverged ends early. */
export function merged(lines: readonly (readonly Point[])[]): Spot[] {
  const values = new Map<number, number[]>();
  for (const [x, value] of lines.flat()) values.set(x, [...(values.get(x) ?? []), value]);
  return [...values]
    .filter(([, own]) => 2 * own.length > lines.length)
    .toSorted(([a], [b]) => a - b)
    .map(([x, own]) => ({ x, mean: mean(own), low: Math.min(...own), high: Math.max(...own) }));
}

/** Rules of a scale of shares, up to 1: finer on a short one. */
function sharesFrom(least: number): number[] {
  const from = Math.max(0, Math.floor(least * 10) / 10);
  const parts = from >= 0.7 ? 20 : 10;
  return Array.from({ length: Math.round((1 - from) * parts) + 1 }, (_, i) => from + i / parts);
}

/** Each point averaged with its neighbours: losses of a few steps jump. */
export function smoothed(points: readonly Point[]): Point[] {
  return points.map(([x], i) => [x, mean(points.slice(Math.max(0, i - 1), i + 2).map(([, value]) => value))]);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function on({ adapter: { name, software } }: ClaimRecord): string {
  return software ? `${name} (software adapter)` : name;
}

const PANEL = 190;
const GAP = 56;

/** Test accuracy and training loss of every norm over the digits seen: a row of panels for each batch size, all on the same scales. */
export function curves(record: ClaimRecord): string {
  const { runs, samples } = record;
  const [norms, batches] = [normsOf(runs), batchesOf(runs)];
  const half = (WIDTH - LEFT - RIGHT - LEFT) / 2;
  const shares = sharesFrom(Math.min(...runs.flatMap(({ accuracy }) => accuracy.map(([, value]) => value))));
  const most = Math.max(1, ...runs.flatMap(({ loss }) => loss.map(([, value]) => value)));
  const parts = batches.flatMap((batch, row) => {
    const top = TOP + row * (PANEL + GAP) + 20;
    const bottom = top + PANEL;
    const panel = (column: number, ticks: readonly number[], say: (tick: number) => string, what: string, points: (run: Run) => readonly Point[]) => {
      const start = LEFT + column * (half + LEFT);
      const [x, y]: [Scale, Scale] = [{ from: 0, to: samples, at: [start, start + half] }, { from: ticks[0]!, to: ticks.at(-1)!, at: [bottom, top] }]; // prettier-ignore
      const lines = norms.map((norm) => curve(norm, merged(runsOf(runs, [norm, batch]).map(points)), x, y));
      const xTicks = [0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(samples * share));
      return [text(start, top - 8, `Batch ${batch}: ${what}`, ' class="head"'), rules(x, y, ticks, say), below(x, bottom, xTicks), ...lines];
    };
    const ceiling = Math.min(3, Math.ceil(most * 2) / 2);
    const lossTicks = Array.from({ length: 2 * ceiling + 1 }, (_, i) => i / 2);
    return [
      ...panel(0, shares, percent, "test accuracy", ({ accuracy }) => accuracy),
      ...panel(1, lossTicks, String, "training loss", ({ loss }) => smoothed(loss)),
    ];
  });
  const note = `over digits seen; lines: means over seeds, bands: least to greatest; the last accuracy is of all test digits, those before of ${CHECKED}`;
  return picture(WIDTH, TOP + batches.length * (PANEL + GAP), `Accuracy and loss by batch size, on ${on(record)}`, [
    text(16, 48, note, ' class="muted"'),
    legend(norms, NORMS, 16, 70),
    ...parts,
  ]);
}

const HEIGHT = 420;

/** Final test accuracy over the batch size: the graph of the papers. */
export function finals(record: ClaimRecord): string {
  const { runs, samples } = record;
  const [norms, batches] = [normsOf(runs), batchesOf(runs)];
  const ticks = sharesFrom(Math.min(...runs.map(finalAccuracy)));
  const y: Scale = { from: ticks[0]!, to: 1, at: [HEIGHT - BOTTOM, TOP] };
  const x: Scale = { from: -0.5, to: batches.length - 0.5, at: [LEFT, WIDTH - RIGHT] };
  const marks = norms.flatMap((norm, i) => {
    const shift = (i - (norms.length - 1) / 2) * 0.11;
    const spots = batches.flatMap((batch, group) => {
      const values = runsOf(runs, [norm, batch]).map(finalAccuracy);
      return values.length ? [{ batch, x: group + shift, mean: mean(values), low: Math.min(...values), high: Math.max(...values) }] : [];
    });
    const say = ({ batch, mean: centre }: (typeof spots)[number]): string => `${NORMS[norm]}, batch ${batch}: ${(100 * centre).toFixed(1)} %`;
    return [curve(norm, spots.map((spot) => ({ ...spot, low: spot.mean, high: spot.mean })), x, y), ...spots.map((spot) => whisker(norm, spot, place(x, spot.x), y, say(spot)))]; // prettier-ignore
  });
  return picture(WIDTH, HEIGHT, `Test accuracy after ${samples} digits, on ${on(record)}`, [
    text(16, 48, "over batch size; marks: means over seeds, whiskers: least to greatest", ' class="muted"'),
    legend(norms, NORMS, 16, 70),
    rules(x, y, ticks, percent),
    ...batches.map((batch, group) => text(place(x, group), HEIGHT - BOTTOM + 20, `batch ${batch}`, ' text-anchor="middle" class="muted"')),
    ...marks,
  ]);
}
