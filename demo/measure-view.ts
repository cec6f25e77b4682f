import { instanceNorm, NormgpuError, type Gpu } from "../src/index.ts";
import { CASES } from "../bench/case-list.ts";
import { casesMatching, type Case } from "../bench/cases.ts";
import { measure } from "../bench/measure.ts";
import { featureMaps, pixel, rowsOfDigits } from "./digits.ts";
import { cells, isWrong, resultOf, table, type Report, type Result } from "./report.ts";
import { adapterName, type DeviceState } from "./shell/device.ts";
import { element } from "./shell/element.ts";
import type { Shell, View } from "./shell/view.ts";

declare global {
  interface Window {
    /** Set by build/start.mjs in the browser that it controls. */
    __progress?: (text: string) => void;
    __report?: (report: Report) => void;
  }
}

/** Lets the page paint and answer between two pieces of work. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function tell(text: string): void {
  element("status").textContent = text;
  window.__progress?.(text);
}

function showDevice(gpu: Gpu): void {
  element("adapter").textContent = adapterName(gpu) + (gpu.adapter.software ? " (software adapter)" : "");
  const { subgroups, subgroupMinSize, subgroupMaxSize, f16, timestamps, maxBindingBytes } = gpu.capabilities;
  const size = subgroupMinSize === subgroupMaxSize ? subgroupMinSize : `${subgroupMinSize} to ${subgroupMaxSize}`;
  element("facts").textContent = [
    gpu.adapter.software ? "no GPU: a CPU runs the shaders" : "GPU",
    subgroups ? `subgroups of ${size}` : "no subgroups",
    f16 ? "f16" : "no f16",
    timestamps ? "timestamps" : "no timestamps",
    `bindings up to ${Math.round(maxBindingBytes / 2 ** 20)} MiB`,
  ].join(" · ");
}

const SHOWN = 4;
const SIDE = 28;

/** Draws values of [SHOWN, 1, 28, 28], -1.5 black and 3 white for normalized ones. */
function draw(canvas: HTMLCanvasElement, values: ArrayLike<number>, low: number, high: number): void {
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(canvas.width, canvas.height);
  for (let y = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++) {
      const [digit, column, row] = [Math.floor(x / 58), Math.floor((x % 58) / 2), Math.floor(y / 2)];
      const inside = column < SIDE && row < SIDE;
      const value = inside ? (values[(digit * SIDE + row) * SIDE + column]! - low) / (high - low) : 0;
      image.data.set([value * 255, value * 255, value * 255, 255], (y * canvas.width + x) * 4);
    }
  }
  context.putImageData(image, 0, 0);
}

async function showDigits(gpu: Gpu): Promise<void> {
  const data = new Float32Array(SHOWN * SIDE * SIDE).map(
    (_, i) => pixel(1 + 2 * Math.floor(i / 784), Math.floor((i % 784) / SIDE), i % SIDE) / 2 ** Math.floor(i / 784),
  );
  draw(element<HTMLCanvasElement>("before"), data, 0, 1);
  const x = gpu.tensor(data, [SHOWN, 1, SIDE, SIDE]);
  const { y } = instanceNorm(gpu, x, { saved: false });
  draw(element<HTMLCanvasElement>("after"), await y.read(), -0.5, 2.5);
  x.destroy();
  y.destroy();
}

const LABELS = ["", "", "", "ms", "GB/s", "of copy", "error"];

function showRow(result: Result): void {
  const row = document.createElement("tr");
  cells(result).forEach((text, column) => {
    const cell = document.createElement(column === 0 ? "th" : "td");
    cell.textContent = text;
    if (column === 0) (cell as HTMLTableCellElement).scope = "row";
    if (LABELS[column]) cell.dataset["label"] = LABELS[column]!;
    if (column === 1) cell.className = "shape";
    if (column === 2) cell.className = "plan";
    if (column === 3 || column === 4 || column === 6) cell.className = "number";
    if (column === 5) showShare(cell, text, result.shareOfCopy);
    if (column === 6 && isWrong(result)) cell.classList.add("bad");
    row.append(cell);
  });
  element("rows").append(row);
}

function showShare(cell: HTMLElement, text: string, share: number): void {
  cell.className = "share";
  cell.style.setProperty("--share", String(Math.min(1, share)));
  const label = document.createElement("span");
  label.textContent = text;
  cell.replaceChildren(document.createElement("i"), label);
}

/** The cases of the main job, or those of the whole list whose text matches the query's `cases`. */
function chosenCases(): readonly Case[] {
  const wanted = new URLSearchParams(location.search).get("cases");
  return wanted ? casesMatching(CASES, wanted) : CASES.filter(({ tags }) => tags.includes("page"));
}

/** Digits in the shape of a case's x. */
function digitsFor({ shape, layout }: Case): Float32Array {
  return layout === "rows" ? rowsOfDigits(shape) : featureMaps(shape, layout === "NHWC");
}

const REPEATS = 5;

async function runAll(gpu: Gpu): Promise<Result[]> {
  const chosen = chosenCases();
  const bar = element<HTMLProgressElement>("progress");
  const results: Result[] = [];
  element("rows").replaceChildren();
  bar.max = Math.max(1, chosen.length);
  for (const [i, one] of chosen.entries()) {
    tell(`${i + 1} of ${chosen.length}: ${one.layer} ${one.shape.join("×")} ${one.layout}`);
    await pause();
    const result = resultOf(one, await measure(gpu, one, { repeats: REPEATS, peers: [], xOf: digitsFor, pause }));
    results.push(result);
    showRow(result);
    bar.value = i + 1;
  }
  const wrong = results.filter(isWrong).length;
  tell(wrong ? `${wrong} of ${results.length} results are beyond the bound.` : `All ${results.length} results are within the bound.`);
  return results;
}

let gpu: Gpu | null = null;
let isRunning = false;

async function run(): Promise<Result[]> {
  const button = element<HTMLButtonElement>("run");
  button.disabled = true;
  isRunning = true;
  try {
    return await runAll(gpu!);
  } finally {
    isRunning = false;
    button.disabled = !gpu || gpu.isLost;
  }
}

/** Takes the device that there is: a button that runs on it, or a word about why there is none. */
async function follow(state: DeviceState): Promise<void> {
  gpu = state.kind === "ready" ? state.gpu : null;
  element<HTMLButtonElement>("run").disabled = !gpu || isRunning;
  if (gpu) {
    showDevice(gpu);
    element("status").textContent = "Nothing has run yet.";
    await showDigits(gpu);
    if (new URLSearchParams(location.search).has("run")) await runForCommand(gpu);
    return;
  }
  if (state.kind === "opening") return;
  element("adapter").textContent = state.kind === "lost" ? "the device is lost" : "no WebGPU";
  element("facts").textContent = "";
  showError((state as Extract<DeviceState, { fact: string }>).fact);
}

/** The run of build/start.mjs. */
async function runForCommand(used: Gpu): Promise<void> {
  const results = await run();
  window.__report?.({ adapter: adapterName(used), software: used.adapter.software, table: table(results), failed: results.filter(isWrong).length });
}

function showError(error: unknown): void {
  const text = error instanceof NormgpuError ? error.message : String(error);
  tell(text);
  window.__report?.({ adapter: "", software: false, table: [], failed: 1, error: text });
}

/** Measure: the layers over the shapes of real networks, each held against the reference and timed beside a copy. */
export function openMeasure({ device, remember }: Shell): View {
  element("run").addEventListener("click", () => void run().catch(showError));
  device.watch((state) => void follow(state).catch(showError));
  return { open: () => remember(new URLSearchParams()), close: () => {} };
}
