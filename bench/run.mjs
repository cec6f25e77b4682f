// npm run bench -- [--cases REGEX] [--peers] [--adapter swiftshader|default] [--env chromium|dawn] [--tune] [--cold] [--reps N] [--runs N] [--json FILE] [--out DIR]
// Times every case beside copies (and peers) and holds it against the float64 reference. Writes <adapter>.json, .md and .svg into DIR (docs/performance); cases that are not run again keep their
// results. Ends with a status that is not zero where a case failed or is beyond the bound on errors.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, loadavg, type } from "node:os";
import { basename, join, resolve } from "node:path";
import { runnerImport } from "vite";
import { bundle, gzippedBytes } from "../build/bundle.mjs";
import { chromium } from "./chromium.mjs";
import { coldPeers } from "./cold-peers.mjs";
import { coldStart } from "./cold-start.mjs";
import { dawn } from "./dawn.mjs";

/** @typedef {import("./results.ts").Results} Results */
/** @typedef {import("./measured.ts").Measured} Measured */
/** @typedef {import("./cases.ts").Case} Case */
/** @typedef {{ measure(id: string, options: { repeats: number, peers: boolean, tuned: boolean }): Promise<Measured>, close(): Promise<void> }} Bench */
/** @typedef {Bench & { facts: Omit<import("./results.ts").Source, "machine" | "env"> }} Opened */

/** @param {string} file @returns {Promise<any>} */
const load = async (file) => (await runnerImport(join(import.meta.dirname, file))).module;

/** @type {[typeof import("./case-list.ts"), typeof import("./cases.ts"), typeof import("./results.ts"), typeof import("./markdown.ts"), typeof import("./roofline.ts"), typeof import("./options.ts")]} */
const [{ CASES }, { idOf }, report, { markdown, summary }, { roofline }, { parseOptions }] = /** @type {any} */ (
  await Promise.all(["case-list.ts", "cases.ts", "results.ts", "markdown.ts", "roofline.ts", "options.ts"].map(load))
);

/** An adapter as part of a file's name: software adapters by the name that people know them by. @param {string} name */
function slug(name) {
  const known = /swiftshader|llvmpipe/i.exec(name)?.[0];
  return (known ?? name)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

/** @param {string} file @returns {Results | null} */
function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

/** @param {import("./results.ts").CaseResult} one */
function tell(one) {
  const times = (one.peerRun ?? one).entries.map(
    ({ name, variant, median, error }) => `  ${name} ${variant}: ${median.toFixed(3)} ms${error === null ? "" : `, error ${error.toExponential(1)}`}`,
  );
  const refused = (one.peerRun?.refused ?? []).map(({ name, variant, message }) => `  ${name} ${variant}: ${message}`);
  console.log([`${one.id}: ${one.ratios.map((ratio) => ratio.toFixed(2)).join(", ")} copies`, ...times, ...refused].join("\n"));
}

/** Fresh browsers for each figure. */
const COLD_RUNS = 5;

/** Of this library, whole and one layer of it, and with --peers of the peers. @param {import("./options.ts").Options} options @returns {Promise<import("./results.ts").ColdStart[]>} */
async function coldStarts({ peers, adapter }) {
  const own = [];
  for (const [name, names] of [
    ["normgpu", "*"],
    ["normgpu, one layer", "{ Gpu, LayerNorm }"],
  ]) {
    const { median } = await coldStart({ runs: COLD_RUNS, names });
    own.push({ name: name ?? "", ...median, javascriptBytes: gzippedBytes((await bundle(names ?? "*")).code), wasmBytes: 0 });
  }
  const one = CASES.find((each) => idOf(each) === "LayerNorm 4096x768");
  return peers && one ? [...own, ...(await coldPeers({ ...one, shape: [64, 768] }, { runs: COLD_RUNS, adapter }))] : own;
}

/** @param {import("./options.ts").Options} options */
async function main(options) {
  const wanted = options.cold && !options.cases ? [] : report.chosen(CASES, options.cases);
  const open = options.env === "dawn" ? dawn : chromium;
  /** @type {Opened} */
  let bench = await open(options);
  const facts = bench.facts;
  console.log(`bench: ${wanted.length} cases on ${facts.browser}, ${facts.adapter.name}${facts.adapter.software ? " (software adapter)" : ""}`);
  const stem = join(resolve(options.out), `${options.env}-${slug(facts.adapter.name)}`);
  const file = options.json ? resolve(options.json) : `${stem}.json`;
  const before = read(file);
  const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, os: `${type()} ${arch()}` };
  /** @type {Results & { cases: import("./results.ts").CaseResult[], failures: import("./results.ts").Failure[], cold: import("./results.ts").ColdStart[] }} */
  const results = { schema: report.SCHEMA, env: options.env, ...facts, machine, repeats: options.reps, cases: [], failures: [], cold: [] };
  const save = () => {
    const all = report.mergeResults(before, results, CASES);
    mkdirSync(resolve(options.out), { recursive: true });
    writeFileSync(file, `${JSON.stringify(all, null, 1)}\n`);
    writeFileSync(`${stem}.svg`, roofline(all));
    writeFileSync(`${stem}.md`, markdown(all, `${basename(stem)}.svg`));
  };
  save();
  for (const one of wanted) {
    try {
      /** @type {Measured[]} */
      const runs = [];
      for (let run = 0; run < options.runs; run++)
        runs.push(await bench.measure(idOf(one), { repeats: options.reps, peers: options.peers && run === 0, tuned: options.tune }));
      const result = report.caseResult(one, runs, { load: loadavg()[0] ?? NaN, measured: new Date().toISOString(), tuned: options.tune });
      results.cases.push(result);
      tell(result);
    } catch (error) {
      const failed = String(error instanceof Error ? error.message : error).split("\n")[0] ?? "";
      results.failures.push({ id: idOf(one), failed });
      console.error(`${idOf(one)}: ${failed}`);
      // A page that crashed takes the cases after it with it.
      await bench.close();
      bench = await open(options);
    }
    save();
  }
  await bench.close();
  if (options.cold) {
    results.cold.push(...(await coldStarts(options)));
    save();
  }
  const faults = report.faults(results);
  for (const fault of faults) console.error(`FAILED ${fault}`);
  console.log([...summary(results), `wrote ${file}, ${stem}.md and ${stem}.svg`].join("\n"));
  return faults.length ? 1 : 0;
}

try {
  process.exit(await main(parseOptions(process.argv.slice(2))));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
