import { fastest, type Entry } from "./measured.ts";
import { peerName } from "./peer-names.ts";
import { ratioOf, type CaseResult, type Results } from "./results.ts";
import { escape, short, text } from "./svg.ts";

/** The scale: from a thousandth of a copy's speed to a little more than all of it. */
const LEAST = 0.001;
const MOST = 1.5;
const TICKS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

const WIDTH = 960;
const LEFT = 330;
const RIGHT = 60;
const TOP = 96;
const STEP = 24;
const BOTTOM = 44;

/** A mark and a colour for each peer, told apart by either; both grounds are readable. */
const MARKS = [
  { className: "a", draw: (x: number, y: number) => `<rect x="${short(x - 4)}" y="${short(y - 4)}" width="8" height="8"/>` },
  { className: "b", draw: (x: number, y: number) => `<path d="M${short(x)} ${short(y - 5)}l5 9h-10z"/>` },
  { className: "c", draw: (x: number, y: number) => `<path d="M${short(x)} ${short(y - 5.5)}l5.5 5.5-5.5 5.5-5.5-5.5z"/>` },
  { className: "d", draw: (x: number, y: number) => `<path d="M${short(x - 4)} ${short(y - 4)}l8 8m0-8l-8 8" class="d stroke"/>` },
] as const;

const STYLE = `
  svg { background: #fff; color: #1b1d21; font: 13px system-ui, sans-serif }
  text { fill: currentColor } .muted { fill: #5a606b } .title { font-size: 17px; font-weight: 600 }
  .grid { stroke: #dfe1e5 } .roof { stroke: #1b1d21; stroke-width: 1.5 } .bar { stroke: #1f5fd6; stroke-width: 2; opacity: .35 }
  .ours { fill: #1f5fd6 } .a { fill: #b45309 } .b { fill: #0f766e } .c { fill: #9d174d } .d { fill: none } .stroke { stroke: #57534e; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    svg { background: #14161a; color: #eceef2 } .muted { fill: #a3aab8 } .grid { stroke: #343944 } .roof { stroke: #eceef2 }
    .bar { stroke: #7fb0ff } .ours { fill: #7fb0ff } .a { fill: #fbbf24 } .b { fill: #5eead4 } .c { fill: #f9a8d4 } .stroke { stroke: #d6d3d1 }
  }`;

/** Where a share of the copy's speed lies, in pixels; the scale is logarithmic, and what lies outside stands at its end. */
export function placeOf(share: number): number {
  const inside = Math.min(MOST, Math.max(LEAST, share));
  return LEFT + ((WIDTH - LEFT - RIGHT) * Math.log(inside / LEAST)) / Math.log(MOST / LEAST);
}

function percent(share: number): string {
  return `${share >= 0.1 ? (share * 100).toFixed(0) : (share * 100).toPrecision(1)} %`;
}

/** The fastest entry of each peer. */
function peersOf({ peerRun }: CaseResult): Entry[] {
  const entries = peerRun?.entries ?? [];
  const names = [...new Set(entries.map(({ name }) => name))].filter((name) => name !== "copy" && name !== "ours");
  return names.map((name) => fastest(entries, name)!);
}

function caseRow(one: CaseResult, y: number, peers: readonly string[]): string {
  const share = 1 / ratioOf(one);
  const marks = peersOf(one).map((entry) => {
    const { className, draw } = MARKS[peers.indexOf(entry.name) % MARKS.length]!;
    const own = fastest(one.peerRun!.entries, "copy")!.median / entry.median;
    return `<g class="${className}"><title>${escape(`${peerName(entry.name)}: ${percent(own)}`)}</title>${draw(placeOf(own), y)}</g>`;
  });
  return [
    text(LEFT - 12, y + 4, one.id, ' text-anchor="end"'),
    `<line class="bar" x1="${LEFT}" x2="${short(placeOf(share))}" y1="${y}" y2="${y}"/>`,
    ...marks,
    `<circle class="ours" cx="${short(placeOf(share))}" cy="${y}" r="6"><title>normgpu: ${percent(share)}</title></circle>`,
    text(WIDTH - 8, y + 4, percent(share), ' text-anchor="end"'),
  ].join("\n  ");
}

function legend(peers: readonly string[]): string {
  let x = LEFT;
  const parts = [`<circle class="ours" cx="${x}" cy="62" r="6"/>`, text(x + 12, 66, "normgpu")];
  x += 92;
  for (const [place, name] of peers.entries()) {
    const { className, draw } = MARKS[place % MARKS.length]!;
    parts.push(`<g class="${className}">${draw(x, 62)}</g>`, text(x + 12, 66, peerName(name)));
    x += 30 + 7.5 * peerName(name).length;
  }
  return parts.join("\n  ");
}

/**
 * An SVG picture: the share of the copy's speed that this library and its peers reach, in the cases that have a target, or in all where none has. Readable on a light and on a dark ground.
 */
export function roofline({ adapter, cases: all }: Pick<Results, "adapter" | "cases">): string {
  const targeted = all.filter(({ tags }) => tags.includes("target"));
  const cases = targeted.length ? targeted : all;
  const peers = [...new Set(cases.flatMap((one) => peersOf(one).map(({ name }) => name)))];
  const height = TOP + STEP * cases.length + BOTTOM;
  const bottom = height - BOTTOM;
  const title = `Share of the speed of a copy, on ${adapter.name}${adapter.software ? " (software adapter)" : ""}`;
  const ticks = TICKS.map((share) => {
    const x = short(placeOf(share));
    const line = `<line class="${share === 1 ? "roof" : "grid"}" x1="${x}" x2="${x}" y1="${TOP - 16}" y2="${bottom}"/>`;
    return line + text(Number(x), bottom + 18, percent(share), ' text-anchor="middle" class="muted"');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(title)}">
  <style>${STYLE}</style>
  <rect width="100%" height="100%" fill="none"/>
  ${text(16, 28, title, ' class="title"')}
  ${text(16, 46, "100 % is the fastest of several vec4 copies of all inputs and outputs, each once, in the same run; the scale is logarithmic", ' class="muted"')}
  ${legend(peers)}
  ${ticks.join("\n  ")}
  ${cases.map((one, place) => caseRow(one, TOP + STEP * place, peers)).join("\n  ")}
</svg>
`;
}
